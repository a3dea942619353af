"""The shape of an equipment type's TOML file.  Strict: what is not named here is an error."""

from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from iot_maint.catalog.scalars import (
    Code,
    Duration,
    Name,
    ParameterName,
    Positive,
    Words,
    read_basis,
    read_limit,
    read_plain_text,
)

Severities = Literal["warning", "critical"]
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
    sentinels: list[float] = []
    members: list[Words] = []
    kinds: list[Name] = []

    @model_validator(mode="after")
    def _comes_one_way(self) -> Self:
        if (self.interval is None) == (self.occurs is None):
            raise ValueError('needs either interval = "60s" or occurs = "trip", not both')
        return self


class RuleTable(Table):
    """`[rules.<key>]`: one limit on one side; `kinds` defaults to the metric's."""

    metric: str
    above: LimitSpec | None = None
    below: LimitSpec | None = None
    is_: bool | None = Field(default=None, alias="is")
    clear: LimitSpec | None = None
    for_: Duration | None = Field(default=None, alias="for")
    occurrences: int | None = None
    max_gap: Positive | None = None
    severity: Severities
    urgency: int | None = Field(default=None, ge=1, le=4)
    fault_mode: str
    gated: bool = False
    kinds: list[Name] = []
    basis: BasisSpec

    @model_validator(mode="after")
    def _has_one_limit_and_one_patience(self) -> Self:
        if sum(limit is not None for limit in (self.above, self.below, self.is_)) != 1:
            raise ValueError("needs a limit: exactly one of above, below, is (or list it under [waiting])")
        if (self.clear is None) == (self.is_ is None):
            raise ValueError("above and below need a clear limit, is has none")
        if (self.for_ is None) == (self.occurrences is None):
            raise ValueError('needs either for = "10m" or occurrences = 5, not both')
        return self


class WaitingTable(Table):
    """`[waiting.<key>]`: a limit whose kind of rule does not run yet."""

    metric: str
    limit: TextTable
    severity: Severities
    fault_mode: str
    needs: Literal["baseline", "window", "sibling", "sequence"]
    kinds: list[Name] = []
    basis: BasisSpec


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


class ParameterTable(Table):
    """`[parameters.<name>]`: what a relative limit refers to."""

    name: TextTable
    unit: str


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


class CommonTable(Table):
    """What every type has beside its own: the whole of `common.toml`."""

    schema_version: Literal[1] = Field(alias="schema")
    fault_modes: dict[Code, FaultModeTable]
    spares: dict[Name, TextTable] = {}
    trades: dict[Name, TextTable]


class TypeTable(Table):
    """The whole file."""

    schema_version: Literal[1] = Field(alias="schema")
    type_name: Name = Field(alias="type")
    name: TextTable
    settle: Duration
    kinds: dict[Name, TextTable] = {}
    parameters: dict[ParameterName, ParameterTable] = {}
    metrics: dict[Name, MetricTable]
    rules: dict[Name, RuleTable] = {}
    waiting: dict[Name, WaitingTable] = {}
    fault_modes: dict[Code, FaultModeTable] = {}
    spares: dict[Name, TextTable] = {}
    trades: dict[Name, TextTable] = {}
    plans: dict[Name, PlanTable] = {}
