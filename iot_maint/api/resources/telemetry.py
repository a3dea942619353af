"""Telemetry of one piece of equipment, from the telemetry store."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from iot_maint.api.callers import require
from iot_maint.api.context import Context
from iot_maint.api.languages import ReaderLanguage
from iot_maint.api.models.common import PRINTABLE
from iot_maint.api.models.telemetry import TelemetryModel
from iot_maint.api.parameters import CodePath, InstantQuery
from iot_maint.api.resources.equipment import known
from iot_maint.domain.catalog import UNREGISTERED
from iot_maint.domain.errors import InvalidInput
from iot_maint.domain.instants import epoch_ms
from iot_maint.domain.json_value import JsonObject
from iot_maint.domain.queries import SeriesQuery
from iot_maint.domain.tokens import Scope
from iot_maint.services.quantities import say_instant
from iot_maint.services.series import last_document, series_document
from iot_maint.settings import parse_span

DEFAULT_SPAN = timedelta(days=1)
MAX_METRICS = 20
MAX_POINTS = 5_000

router = APIRouter(prefix="/equipment/{code}", tags=["equipment"], dependencies=[Depends(require(Scope.READ))])

MetricName = Annotated[str, Field(min_length=1, max_length=128, pattern=PRINTABLE)]


@router.get("/telemetry", response_model=TelemetryModel, operation_id="get_telemetry")
def get_telemetry(
    context: Context,
    language: ReaderLanguage,
    code: CodePath,
    metric: Annotated[
        list[MetricName] | None, Query(max_length=MAX_METRICS, description="Repeat it for several.")
    ] = None,
    from_: Annotated[InstantQuery, Query(alias="from", description="Default: a day before `to`.")] = None,
    to: Annotated[InstantQuery, Query(description="Default: now.")] = None,
    every: Annotated[
        str | None,
        Query(pattern=r"^[1-9]\d{0,5}(s|m|h|d)$", description="Means over that span, such as 5m; none: raw values."),
    ] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_POINTS, description="At most that many points of each metric.")] = 1_000,
) -> JsonObject:
    """Series of the asked metrics, oldest first; without `metric` the newest value of each."""
    with context.database.reading() as repositories:
        equipment = known(repositories, code)
    measurement = equipment.type if equipment.registered else UNREGISTERED
    equipment_type = context.catalog.types.get(measurement)
    metrics: Sequence[str] = list(dict.fromkeys(metric or ()))
    if not metrics:
        last = context.telemetry.read_last(measurement, code)
        series = [last_document(last[name], equipment_type, language, context.zone) for name in sorted(last)]
        return {"equipment": code, "from": None, "to": None, "series": series}
    until = to if to is not None else context.clock.now()
    since = from_ if from_ is not None else until - DEFAULT_SPAN
    if since >= until:
        raise InvalidInput("from", "must be before `to`")
    query = SeriesQuery(
        measurement=measurement,
        equipment=code,
        metrics=metrics,
        start_ms=epoch_ms(since),
        end_ms=epoch_ms(until),
        every=_span(every) if every is not None else None,
        limit=limit,
    )
    samples = context.telemetry.read_series(query)
    return {
        "equipment": code,
        "from": say_instant(since, context.zone),
        "to": say_instant(until, context.zone),
        "series": [
            series_document(name, samples, equipment_type, language, context.zone, limit=limit) for name in metrics
        ],
    }


def _span(text: str) -> timedelta:
    span = parse_span(text)
    assert isinstance(span, timedelta)
    return span
