"""What the API is given by whoever starts it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Depends, Request
from prometheus_client import CollectorRegistry

from iot_maint.domain.catalog import Catalog, Language
from iot_maint.domain.feedback import DEFAULT_REVIEW, ReviewPolicy
from iot_maint.domain.outbox import Channel
from iot_maint.domain.platform_alarms import PlatformAlarm
from iot_maint.domain.ports import Clock, Database, TelemetryStore
from iot_maint.services.ordering import OrderDesk


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiContext:
    """Ports, catalog and the settings that matter here.

    `checks` are the dependencies of `/readyz` by name; each raises `MaintError` while its dependency is not ready.
    `standing_here` are the platform alarms of this process, `standing_everywhere` those that the database knows.
    `review` says when a rule asks for review.  `clock_setting` is the setting as written, shown when it is not
    `system`.  `meters` is what `/metrics` shows.
    """

    database: Database
    telemetry: TelemetryStore
    catalog: Catalog
    clock: Clock
    meters: CollectorRegistry
    zone: ZoneInfo
    language: Language
    late_after: timedelta
    channels: Sequence[Channel]
    checks: Mapping[str, Callable[[], None]]
    standing_here: Callable[[], Sequence[PlatformAlarm]]
    standing_everywhere: Callable[[], Sequence[PlatformAlarm]]
    clock_setting: str = "system"
    review: ReviewPolicy = DEFAULT_REVIEW

    @property
    def desk(self) -> OrderDesk:
        """Where alarm events become order events."""
        return OrderDesk(catalog=self.catalog, clock=self.clock, site_zone=self.zone, channels=self.channels)


def context_of(request: Request) -> ApiContext:
    """The context that the app was created with."""
    context: ApiContext = request.app.state.context
    return context


Context = Annotated[ApiContext, Depends(context_of)]
