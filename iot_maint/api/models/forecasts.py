"""Forecasts as answers."""

from datetime import date

from pydantic import Field

from iot_maint.api.models.common import Answer, Instant
from iot_maint.domain.catalog import Comparison, Severity


class ForecastModel(Answer):
    """One day's forecast of one fault mode, by the metric that reaches its limit first."""

    day: date = Field(description="The site's day; one forecast each.")
    fault_mode: str = Field(examples=["PMP-BEAR"])
    fault_mode_label: str = Field(examples=["轴承劣化"])
    standing: bool = Field(description="Made on the last day that was looked at: the growth is seen now.")
    made_at: Instant
    rule: str = Field(examples=["pump.vib_rms_critical"])
    metric: str = Field(description="The culprit.", examples=["vib_rms"])
    metric_label: str = Field(examples=["振动速度有效值"])
    unit: str | None = Field(examples=["mm/s"])
    comparison: Comparison
    severity: Severity
    basis: str = Field(examples=["engineering default"])
    limit: float = Field(examples=[8.5])
    healthy: float = Field(description="Where the metric stood before it grew.", examples=[2.1])
    level: float = Field(description="Where it stands now.", examples=[4.4])
    indicator: float = Field(description="How far of the way from healthy to the limit, 1 at the limit.")
    since: Instant = Field(description="About when the growth began.")
    p10: Instant = Field(description="The limit is reached by then with 10 % probability.")
    p50: Instant
    p90: Instant
    confidence: float = Field(description="That it grows at all, 0–1.")
    also: list[str] = Field(description="Further metrics of the fault mode that grow.")


class ForecastsModel(Answer):
    """Forecasts of one piece of equipment, the newest first."""

    equipment: str
    looked_at: date | None = Field(description="The last day for which it was looked at; null: never.")
    items: list[ForecastModel]
