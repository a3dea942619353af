"""How often rules and models were right, as answers."""

from pydantic import Field

from iot_maint.api.models.common import Answer, Instant
from iot_maint.domain.feedback import Advice
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


class RelativeLimitModel(Answer):
    """Relative to a parameter of the equipment: parameter × times + plus."""

    parameter: str = Field(examples=["setpoint"])
    times: float
    plus: float


class SuggestionModel(Answer):
    """A limit that would have served better, as `PUT /equipment/{code}/limits/{rule_key}` takes it."""

    limit: float | RelativeLimitModel = Field(examples=[85])
    avoided: int = Field(description="False orders that it would have spared.", examples=[5])
    remaining: int = Field(description="False orders that it would not have spared.", examples=[1])
    kept: int = Field(description="Right orders, all of which it would have raised too.", examples=[3])


class ReviewedEquipmentModel(Answer):
    """A piece of equipment on which the source was judged."""

    code: str = Field(examples=["P-01"])
    confirmed: int
    false: int


class ReviewModel(TallyModel):
    """A rule, detector or forecast that was wrong too often lately; its orders that ended in [from, to) are counted."""

    rule: str = Field(examples=["pump.bearing_temp_warning"])
    label: str = Field(examples=["轴承温度（警告）"])
    source: Source
    since: Instant = Field(description="The end of the order with which its share of right ones became too low.")
    from_: Instant = Field(alias="from")
    to: Instant
    text: str = Field(examples=["近 90 天判定 8 张工单，3 张属实，精确率 37.5 %，低于 50 %，请复核"])
    equipment: list[ReviewedEquipmentModel] = Field(description="Those with the most false orders, 20 at most.")
    advice: Advice
    advice_text: str = Field(examples=["建议限值 85：5 张不属实工单中可避免 5 张，3 张属实工单全部保留"])
    suggestion: SuggestionModel | None


class ReviewsModel(Answer):
    """Everything that asks for review now: of `judged` orders or more, less than `below` were right."""

    below: float = Field(examples=[0.5])
    judged: int = Field(examples=[5])
    items: list[ReviewModel]
