"""The quality of one equipment's data as an answer."""

from pydantic import Field

from iot_maint.api.models.common import Answer, Instant


class FlawModel(Answer):
    """What is wrong."""

    flaw: str = Field(examples=["frozen"])
    label: str = Field(examples=["数值冻结"])


class MetricQualityModel(Answer):
    """Of one metric, since the report before; `completeness` over at least ten of its intervals."""

    metric: str = Field(examples=["vib_rms"])
    label: str = Field(examples=["振动速度有效值"])
    unit: str = Field(examples=["mm/s"])
    interval_s: float | None = Field(examples=[60])
    completeness: float | None = Field(examples=[0.99])
    out_of_range: int
    jumps: int
    frozen_s: float | None
    silent: bool
    flaws: list[FlawModel]


class QualityModel(Answer):
    """The newest report; `at` is null before there was one.  A positive skew is a clock that is ahead."""

    equipment: str
    at: Instant | None
    completeness: float | None
    lag_p95_s: float | None
    clock_skew_s: float | None
    refused_ahead: int
    flaws: list[FlawModel]
    metrics: list[MetricQualityModel]
