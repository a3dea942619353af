"""Rules as answers, and limits as they are set."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from iot_maint.api.models.common import Answer, Asked, Code, Instant
from iot_maint.api.models.feedback import ReviewModel
from iot_maint.domain.catalog import Comparison, Limit, Severity
from iot_maint.domain.signals import SignalKind
from iot_maint.rules.applicability import RuleStanding

Finite = Annotated[float, Field(allow_inf_nan=False)]
MONTH_S = 30 * 86_400


class LimitModel(Answer):
    """Absolute (`value`), or relative to a parameter of the equipment: parameter × times + plus."""

    value: float | None = Field(default=None, examples=[80])
    parameter: str | None = Field(default=None, examples=["setpoint"])
    times: float | None = None
    plus: float | None = None


class SignalModel(Answer):
    """What the limit stands over: the value itself (`threshold`), or what is made of it."""

    kind: SignalKind = Field(examples=["baseline"])
    kind_label: str = Field(examples=["相对自身基线的偏差"])
    text: str = Field(examples=["相对自身基线的偏差（30 天日中位数的中位数，前 30 天后保持）"])
    window_s: float | None = None
    learn_days: int | None = None


class DuringModel(Answer):
    """Another limit while a schedule holds."""

    schedule: str = Field(examples=["night"])
    limit: LimitModel
    clear_limit: LimitModel


class RuleModel(Answer):
    """A rule as the catalog declares it."""

    id: str = Field(examples=["pump.bearing_temp_warning"])
    type: str = Field(examples=["pump"])
    key: str = Field(examples=["bearing_temp_warning"])
    state: str = Field(description="`running`: every kind of rule runs.")
    metric: str = Field(examples=["bearing_temp"])
    metric_label: str
    unit: str | None = Field(description="Of the limit: the metric's, or the signal's.")
    signal: SignalModel
    severity: Severity
    severity_label: str
    fault_mode: str
    fault_mode_label: str
    kinds: list[str] = Field(description="Only for these kinds; empty: for all.")
    equipment: list[str] = Field(description="Only for these codes; empty: for all.")
    basis: str
    basis_label: str
    comparison: Comparison | None = None
    limit: LimitModel | None = None
    clear_limit: LimitModel | None = None
    dwell_s: float | None = None
    occurrences: int | None = None
    gated: bool | None = Field(default=None, description="Looks only while the equipment runs.")
    review: ReviewModel | None = Field(default=None, description="Why it asks for review; null: it does not.")
    shadow: bool | None = Field(default=None, description="Declared in shadow: recorded, never ordered.")
    during: list[DuringModel] = Field(default=[], description="Other limits by schedule; the first that holds counts.")
    only: list[str] = Field(default=[], description="Schedules of which one must hold, or the rule does not look.")
    never: list[str] = Field(default=[], description="Schedules during which it does not look.")


class ActiveModel(Answer):
    """The numbers that hold for one piece of equipment."""

    limit: float
    clear_limit: float
    dwell_s: float
    occurrences: int
    max_gap_s: float | None
    shadow: bool = Field(default=False, description="In shadow here: recorded, never ordered, until promoted.")


class RuleStandingModel(RuleModel):
    """A rule as it stands for one piece of equipment."""

    standing: RuleStanding
    standing_label: str = Field(examples=["未运行：缺少参数 setpoint（出口压力设定值）"])
    detail: str
    active: ActiveModel | None = Field(description="Null where the rule does not run.")


class RuleStandingsModel(Answer):
    """Every declared rule of the equipment's type."""

    items: list[RuleStandingModel]


class RulesModel(Answer):
    """All declared rules of the filters."""

    items: list[RuleModel]


class GivenLimitModel(Asked):
    """Relative to a parameter of the equipment: parameter × times + plus."""

    parameter: Code = Field(examples=["setpoint"])
    times: Finite = 1.0
    plus: Finite = 0.0


class LimitWishModel(Asked):
    """What is wanted of a rule on one piece of equipment; what is not named is the catalog's.

    With a limit alone, the clear limit moves by the same span.
    """

    limit: Finite | GivenLimitModel | None = Field(default=None, examples=[75])
    clear_limit: Finite | GivenLimitModel | None = Field(default=None, examples=[74])
    for_s: Annotated[float, Field(ge=0, le=MONTH_S)] | None = Field(default=None, examples=[600])
    enabled: bool = True

    @property
    def for_duration(self) -> timedelta | None:
        """The dwell as a span."""
        return timedelta(seconds=self.for_s) if self.for_s is not None else None


class OverrideModel(Answer):
    """A limit of one's own; nulls keep the catalog's value."""

    rule_key: str
    limit: LimitModel | None
    clear_limit: LimitModel | None
    for_s: float | None
    enabled: bool


class LimitStateModel(Answer):
    """The limit of one's own in force for a rule (null: the catalog's holds)."""

    equipment: str
    rule_key: str
    override: OverrideModel | None


class LimitChangeModel(Answer):
    """Who changed a limit, when, from what to what."""

    rule_key: str
    changed_at: Instant
    changed_by: str
    old: OverrideModel | None
    new: OverrideModel | None


def limit_of(given: float | GivenLimitModel | None) -> Limit | None:
    """The domain's word for a given limit."""
    if isinstance(given, GivenLimitModel):
        return Limit(parameter=given.parameter, times=given.times, plus=given.plus)
    return None if given is None else Limit(value=float(given))
