"""The API part."""

from collections.abc import Callable, Mapping

from iot_maint.api.app import create_app
from iot_maint.api.context import ApiContext
from iot_maint.api.server import HttpServer
from iot_maint.bootstrap.bounded_check import BoundedCheck
from iot_maint.bootstrap.ingesting import broker_address
from iot_maint.bootstrap.installation import Installation
from iot_maint.bootstrap.standing import StandingEverywhere
from iot_maint.domain.errors import StoreUnavailable
from iot_maint.ingest.service import IngestService

Check = Callable[[], None]


def make_server(installation: Installation, more_checks: Mapping[str, Check]) -> HttpServer:
    """The HTTP server of the installation; `more_checks` are those of other parts in this process."""
    settings = installation.settings
    context = ApiContext(
        database=installation.database,
        telemetry=installation.telemetry,
        catalog=installation.catalog,
        clock=installation.clock,
        meters=installation.meter.registry,
        zone=settings.zone,
        language=settings.language,
        late_after=settings.late_after,
        channels=installation.channels,
        checks={
            "database": BoundedCheck(installation.database.check),
            "telemetry": BoundedCheck(installation.telemetry.check),
            **more_checks,
        },
        standing_here=installation.platform.standing,
        standing_everywhere=StandingEverywhere(installation.database),
        clock_setting=settings.clock,
        review=settings.review,
    )
    host, port = settings.bind
    return HttpServer(create_app(context), host, port)


def ingest_checks(installation: Installation, ingest: IngestService) -> Mapping[str, Check]:
    """Whether the ingest part of this process is connected and whole."""
    address = broker_address(installation)

    def broker() -> None:
        if not ingest.connected:
            raise StoreUnavailable(f"no connection to the broker at {address}; trying on")

    def threads() -> None:
        if dead := ingest.dead_threads():
            raise StoreUnavailable(f"thread {', '.join(dead)} died; restart the service")

    return {"broker": broker, "ingest": threads}
