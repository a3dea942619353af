"""The shape of an equipment type's TOML file.  Strict: what is not named here is an error."""

from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from iot_maint.catalog.scalars import (
    Code,
    Dates,
    Duration,
    EquipmentCode,
    Hours,
    Name,
    ParameterName,
    Positive,
    Window,
    Words,
    read_basis,
    read_limit,
    read_plain_text,
)

Severities = Literal["warning", "critical"]
SIGNALS = ("baseline", "rate", "starts", "share", "duration", "sequence", "sibling", "parent", "when")
Urgency = Annotated[int, Field(ge=1, le=4)]


class Table(BaseModel):
    """A TOML table with known keys."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    @model_validator(mode="before")
    @classmethod
    def refuse_unknown_keys(cls, table: object) -> object:
        """Say what is allowed, which pydantic's own message does not."""
        allowed = [field.alias or name for name, field in cls.model_fields.items()]
        unknown = [key for key in table if key not in allowed] if isinstance(table, dict) else []
        if unknown:
            context = {"key": unknown[0], "allowed": ", ".join(allowed)}
            raise PydanticCustomError("unknown_key", "unknown key; allowed: {allowed}", context)
        return table


class TextTable(Table):
    """A text in both languages."""

    zh: Words
    en: Words


PlainText = Annotated[TextTable, BeforeValidator(read_plain_text)]


class LimitTable(Table):
    """An absolute or a relative limit."""

    value: float | None = None
    parameter: ParameterName | None = None
    times: float = 1.0
    plus: float = 0.0


class BasisTable(Table):
    """Without a standard it is an engineering default."""

    standard: Words | None = None


LimitSpec = Annotated[LimitTable, BeforeValidator(read_limit)]
BasisSpec = Annotated[BasisTable, BeforeValidator(read_basis)]


class MetricTable(Table):
    """`[metrics.<name>]`: comes every `interval`, or with something that `occurs`."""

    name: TextTable
    unit: str
    interval: Positive | None = None
    occurs: Literal["trip", "cycle", "stop", "test", "event"] | None = None
    kind: Literal["number", "boolean", "counter", "enum"] = "number"
    normal: PlainText | None = None
    minimum: float | None = Field(default=None, alias="min")
    maximum: float | None = Field(default=None, alias="max")
    max_step: Annotated[float, Field(gt=0)] | None = None
    steady: bool = False
    no_data: Positive | None = None
    stuck: Positive | None = None
    sentinels: list[float] = []
    members: list[Words] = []
    kinds: list[Name] = []

    @model_validator(mode="after")
    def _comes_one_way(self) -> Self:
        if (self.interval is None) == (self.occurs is None):
            raise ValueError('needs either interval = "60s" or occurs = "trip", not both')
        if self.interval is None and (self.no_data is not None or self.stuck is not None):
            raise ValueError("no_data and stuck need an interval: what comes with something that occurs is never due")
        if self.interval is not None and self.no_data is not None and self.no_data <= self.interval:
            raise ValueError("no_data must be longer than the interval, or every reading is missed before it comes")
        if self.stuck is not None and self.kind != "number":
            raise ValueError("stuck is of a number: states stay the same")
        return self


class BaselineTable(Table):
    """`baseline = { … }`: the limit is in per cent of the equipment's own base."""

    days: Annotated[int, Field(ge=1, le=60)] = 30
    learn: Annotated[int, Field(ge=1)] = 7
    hold: bool = False

    @model_validator(mode="after")
    def _learns_in_time(self) -> Self:
        if self.learn > self.days:
            raise ValueError(f"learn = {self.learn} must be at most days = {self.days}")
        return self


class WindowTable(Table):
    """`rate = { … }`: the limit is a change per hour; `starts = { … }`: a number per hour."""

    window: Window


class RangeTable(Table):
    """`share = { … }` and `duration = { … }`: what lies outside the range is counted."""

    window: Window
    above: float | None = None
    below: float | None = None

    @model_validator(mode="after")
    def _has_an_outside(self) -> Self:
        if self.above is None and self.below is None:
            raise ValueError("needs above, below, or both: what lies beyond them is counted")
        if self.above is not None and self.below is not None and self.below > self.above:
            raise ValueError(f"below = {self.below:g} must not be more than above = {self.above:g}")
        return self


class ShareTable(RangeTable):
    """The limit is a share of the window's readings, in per cent, of `at_least` so many."""

    at_least: Annotated[int, Field(ge=1)] = 20


class DurationTable(RangeTable):
    """The limit is in seconds of the window; of a boolean, write above = 0: it holds while true."""


class SequenceTable(Table):
    """`sequence = { … }`: the limit is in seconds since `after` became true, as long as `until` is not."""

    after: Words
    until: Words


class ComparingTable(Table):
    """`sibling = { … }`, `parent = { … }`: the limit is a difference to their value, or per cent of it."""

    measure: Literal["difference", "percent"] = Field(default="difference", alias="as")
    fresh: Window = timedelta(minutes=10)


class ScheduleTable(Table):
    """`[schedules.<name>]`: it holds while everything that is given does."""

    hours: Hours | None = None
    days: list[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]] = []
    months: list[Annotated[int, Field(ge=1, le=12)]] = []
    holidays: Literal["only", "never"] | None = None
    dates: list[Dates] = []


class YearTable(Table):
    """`[years.<year>]` of holidays.toml."""

    official: bool
    days_off: list[Dates]
    workdays: list[Dates] = []


class HolidaysTable(Table):
    """The whole of holidays.toml."""

    schema_version: Literal[1] = Field(alias="schema")
    years: dict[Annotated[str, Field(pattern=r"^\d{4}$")], YearTable]


class DuringTable(Table):
    """`[rules.<key>.during.<schedule>]`: other limits while that schedule holds; the first that holds counts."""

    above: LimitSpec | None = None
    below: LimitSpec | None = None
    clear: LimitSpec


class RuleTable(Table):
    """`[rules.<key>]`: one limit on one side, over the metric or a signal of it; `kinds` defaults to the metric's.

    With `equipment` it is for these codes alone.
    """

    metric: str | None = None
    baseline: BaselineTable | None = None
    rate: WindowTable | None = None
    starts: WindowTable | None = None
    share: ShareTable | None = None
    duration: DurationTable | None = None
    sequence: SequenceTable | None = None
    sibling: ComparingTable | None = None
    parent: ComparingTable | None = None
    when: Words | None = None
    within: Window | None = None
    during: dict[Name, DuringTable] = {}
    only: list[Name] = []
    never: list[Name] = []
    above: LimitSpec | None = None
    below: LimitSpec | None = None
    is_: bool | None = Field(default=None, alias="is")
    clear: LimitSpec | None = None
    clear_above: LimitSpec | None = None
    clear_below: LimitSpec | None = None
    for_: Duration | None = Field(default=None, alias="for")
    occurrences: int | None = None
    max_gap: Positive | None = None
    severity: Severities
    urgency: int | None = Field(default=None, ge=1, le=4)
    fault_mode: str
    gated: bool = False
    shadow: bool = False
    kinds: list[Name] = []
    equipment: Annotated[list[EquipmentCode], Field(min_length=1)] | None = None
    basis: BasisSpec

    @model_validator(mode="after")
    def _has_one_limit_and_one_patience(self) -> Self:
        if self.is_two_sided:
            self._check_both_sides()
        elif sum(limit is not None for limit in (self.above, self.below, self.is_)) != 1:
            raise ValueError("needs a limit: exactly one of above, below, is; or above and below for both sides")
        elif self.clear_above is not None or self.clear_below is not None:
            raise ValueError("clear_above and clear_below are of a rule with above and below; write clear")
        elif (self.clear is None) == (self.is_ is None):
            raise ValueError("above and below need a clear limit, is has none")
        if (self.for_ is None) == (self.occurrences is None):
            raise ValueError('needs either for = "10m" or occurrences = 5, not both')
        return self

    @property
    def is_two_sided(self) -> bool:
        """Then it stands for two rules, `<key>_high` and `<key>_low`."""
        return self.above is not None and self.below is not None and self.is_ is None

    def keys(self, written: str) -> tuple[str, ...]:
        """Of the rules that it stands for, where the file writes it under that key."""
        return (f"{written}_high", f"{written}_low") if self.is_two_sided else (written,)

    def _check_both_sides(self) -> None:
        if self.clear_above is None or self.clear_below is None or self.clear is not None:
            raise ValueError("both sides (above and below) need clear_above and clear_below instead of clear")
        if self.during:
            raise ValueError("a rule with both sides has no during; write two rules")

    @model_validator(mode="after")
    def _is_of_one_kind(self) -> Self:
        named = [kind for kind in SIGNALS if getattr(self, kind) is not None]
        if len(named) > 1:
            raise ValueError(f"{' and '.join(named)} are two kinds of rule: write two rules")
        if self.metric is None and self.when is None:
            raise ValueError("needs a metric; only a combination of rules (when) is of none")
        if self.within is not None and self.when is None:
            raise ValueError("within belongs to when")
        if self.when is not None and self.is_ is not True:
            raise ValueError("a combination of rules (when) needs is = true")
        for name, other in self.during.items():
            if (other.above is None) != (self.above is None) or (other.below is None) != (self.below is None):
                raise ValueError(f"during.{name} needs a limit on the side of the rule's own")
        return self


class UrgencyTable(Table):
    """The urgency of an order, by the severity of its alarm; 1 is the most urgent."""

    warning: Urgency
    critical: Urgency


class FaultModeTable(Table):
    """`[fault_modes.<CODE>]`."""

    name: TextTable
    cause: TextTable
    action: TextTable
    trade: str
    urgency: UrgencyTable
    spares: list[Name] = []
    lead_time: Positive | None = None
    drivers: list[Name] = []


class CauseTable(Table):
    """`[causes.<CODE>]`: what a fault of this type explains on its own equipment and all that hangs on it."""

    explains: Annotated[
        list[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*/(\*|[A-Z][A-Z0-9-]*)$")]], Field(min_length=1)
    ]
    before: Duration
    settle: Duration


class ParameterTable(Table):
    """`[parameters.<name>]`: what a relative limit refers to."""

    name: TextTable
    unit: str


class DerivedTable(Table):
    """`[derived.<name>]`: a metric that is worked out from others."""

    name: TextTable
    unit: str
    expression: Words
    kind: Literal["number", "boolean"] = "number"
    normal: PlainText | None = None
    minimum: float | None = Field(default=None, alias="min")
    maximum: float | None = Field(default=None, alias="max")
    kinds: list[Name] = []


class PlanTable(Table):
    """`[plans.<key>]`: by calendar, by meter, or whichever comes first."""

    name: TextTable
    items: TextTable
    every: Positive | None = None
    meter: str | None = None
    every_hours: Annotated[float, Field(gt=0)] | None = None
    before: TextTable | None = None
    kinds: list[Name] = []
    basis: BasisSpec

    @model_validator(mode="after")
    def _comes_due(self) -> Self:
        if self.every is None and self.meter is None:
            raise ValueError('needs every = "30d", or meter and every_hours, or both')
        if (self.meter is None) != (self.every_hours is None):
            raise ValueError("meter and every_hours belong together")
        if self.every is not None and self.every % timedelta(days=1):
            raise ValueError("every must be whole days")
        return self


class DetectorTable(Table):
    """`[detector]`: what is watched, what explains it, what tells running from standing; `bin` between rows.

    `limit`, `clear` and `dwell` are those of the models that are trained; absent ones are the product's.
    """

    metrics: Annotated[list[str], Field(min_length=1)]
    drivers: list[str] = []
    gate: str | None = None
    bin_: Positive = Field(alias="bin")
    default: Name | None = None
    limit: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    clear: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    dwell: Duration | None = None


class CommonTable(Table):
    """What every type has beside its own: the whole of `common.toml`."""

    schema_version: Literal[1] = Field(alias="schema")
    fault_modes: dict[Code, FaultModeTable]
    spares: dict[Name, TextTable] = {}
    trades: dict[Name, TextTable]


class AdditionTable(Table):
    """The whole of a file that adds rules, and what they name, to a type of another file."""

    schema_version: Literal[1] = Field(alias="schema")
    extends: Name
    derived: dict[Name, DerivedTable] = {}
    schedules: dict[Name, ScheduleTable] = {}
    rules: dict[Name, RuleTable] = {}


class TypeTable(Table):
    """The whole file."""

    schema_version: Literal[1] = Field(alias="schema")
    type_name: Name = Field(alias="type")
    name: TextTable
    settle: Duration
    kinds: dict[Name, TextTable] = {}
    parameters: dict[ParameterName, ParameterTable] = {}
    metrics: dict[Name, MetricTable]
    derived: dict[Name, DerivedTable] = {}
    schedules: dict[Name, ScheduleTable] = {}
    rules: dict[Name, RuleTable] = {}
    fault_modes: dict[Code, FaultModeTable] = {}
    spares: dict[Name, TextTable] = {}
    trades: dict[Name, TextTable] = {}
    plans: dict[Name, PlanTable] = {}
    detector: DetectorTable | None = None
    causes: dict[Code, CauseTable] = {}
