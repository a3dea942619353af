"""Telemetry as answers."""

from pydantic import Field

from iot_maint.api.models.common import Answer, Instant
from iot_maint.api.models.orders import ReadingModel


class SeriesModel(Answer):
    """One metric's values in time order."""

    metric: str = Field(examples=["vib_rms"])
    label: str = Field(examples=["振动速度有效值"])
    unit: str | None = Field(examples=["mm/s"])
    points: list[ReadingModel]
    complete: bool = Field(description="False when the limit cut the series off.")


class TelemetryModel(Answer):
    """Series of one piece of equipment in [from, to); without `metric` the newest value of each."""

    equipment: str
    from_: Instant | None = Field(alias="from")
    to: Instant | None
    series: list[SeriesModel]
