"""Whether the service lives, whether what it needs is ready, and its counters.  None of it asks for a token."""

from collections.abc import Callable, Sequence

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from iot_maint.api.context import ApiContext, Context
from iot_maint.api.models.health import AliveModel, ReadyModel
from iot_maint.domain.errors import MaintError
from iot_maint.domain.json_value import JsonObject
from iot_maint.domain.platform_alarms import PlatformAlarm
from iot_maint.services.documents import standing_document
from iot_maint.services.quantities import say_instant

router = APIRouter(tags=["service"])


@router.get("/healthz", response_model=AliveModel, operation_id="is_alive")
def is_alive() -> JsonObject:
    """The process answers."""
    return {"status": "alive"}


@router.get(
    "/readyz",
    response_model=ReadyModel,
    operation_id="is_ready",
    responses={503: {"model": ReadyModel, "description": "A dependency is not ready, or an alarm stops data."}},
)
def is_ready(context: Context, response: Response) -> JsonObject:
    """Each dependency by name: `ok`, or what is wrong with it; and the alarms of the platform itself."""
    checks = {name: _ask(check) for name, check in context.checks.items()}
    here = context.standing_here()
    ready = all(said == "ok" for said in checks.values()) and not any(alarm.kind.stops_data for alarm in here)
    response.status_code = 200 if ready else 503
    standing = [standing_document(alarm, context.language, context.zone) for alarm in _everywhere(context, here)]
    return {
        "status": "ready" if ready else "not ready",
        "checks": checks,
        "platform_alarms": standing,
        "clock": _clock(context),
    }


@router.get(
    "/metrics",
    operation_id="read_metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
def read_metrics(context: Context) -> Response:
    """The service's own counters, for Prometheus; they name no equipment."""
    return Response(generate_latest(context.meters), media_type=CONTENT_TYPE_LATEST)


def _ask(check: Callable[[], None]) -> str:
    try:
        check()
    except MaintError as error:
        return str(error)
    return "ok"


def _everywhere(context: ApiContext, here: Sequence[PlatformAlarm]) -> list[PlatformAlarm]:
    """Of this process as they stand now, of others as they were saved."""
    known = {(alarm.worker, alarm.kind) for alarm in here}
    return [*here, *(one for one in context.standing_everywhere() if (one.worker, one.kind) not in known)]


def _clock(context: ApiContext) -> JsonObject | None:
    if context.clock_setting == "system":
        return None
    return {"setting": context.clock_setting, "now": say_instant(context.clock.now(), context.zone)}
