"""How often rules and models were right, as answers."""

from pydantic import Field

from iot_maint.api.models.common import Answer, Instant
from iot_maint.domain.sources import Source
from iot_maint.domain.verdicts import Verdict
from iot_maint.rules.periods import Every
from iot_maint.services.feedback.precision import By


class LeadTimeModel(Answer):
    """From the alarm to the failure, else to the first arrival or the end of the work; real faults alone; seconds."""

    orders: int = Field(description="So many real faults.", examples=[5])
    failures: int = Field(description="Of them, those with a recorded failure.", examples=[2])
    q1_s: float = Field(examples=[86_400])
    median_s: float = Field(examples=[172_800])
    q3_s: float = Field(examples=[432_000])


class TallyModel(Answer):
    """Ended preventive orders, counted.  Definitions: docs/feedback.md."""

    closed: int = Field(description="Closed or cancelled.", examples=[12])
    judged: int = Field(description="With a verdict.", examples=[8])
    unjudged: int = Field(examples=[4])
    confirmed: int = Field(examples=[5])
    false: int = Field(examples=[3])
    wrong_mode: int = Field(description="Confirmed, but it was another fault mode.", examples=[1])
    verdicts: dict[Verdict, int]
    precision: float | None = Field(description="confirmed ÷ (confirmed + false).", examples=[0.625])
    precision_low: float | None = Field(description="Wilson's 95 % interval.", examples=[0.3057])
    precision_high: float | None = Field(examples=[0.8632])
    coverage: float | None = Field(description="judged ÷ closed.", examples=[0.6667])
    lead_time: LeadTimeModel | None


class PrecisionModel(TallyModel):
    """One key in one period [from, to)."""

    key: str = Field(examples=["pump.vib_rms_warning"])
    label: str = Field(examples=["振动速度有效值（警告）"])
    source: Source | None = Field(description="Who spoke, when counted by rule.")
    from_: Instant = Field(alias="from")
    to: Instant


class PrecisionPageModel(Answer):
    """By key, then by time; a period without an ended order has no row."""

    by: By
    every: Every | None
    from_: Instant = Field(alias="from")
    to: Instant
    items: list[PrecisionModel]
    next_cursor: str | None
