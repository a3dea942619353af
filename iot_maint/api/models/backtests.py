"""Backtests as they are asked for, and as they are answered."""

from typing import Annotated

from pydantic import ConfigDict, Field

from iot_maint.api.models.common import Answer, Asked, Code, Instant, InstantBody
from iot_maint.api.models.rules import MONTH_S, Finite, LimitModel
from iot_maint.domain.backtests import BacktestRequest, BacktestStatus, GivenFault, WishedLimit
from iot_maint.domain.catalog import Severity
from iot_maint.domain.findings import FindingKind

# `from` is a word of Python's: its member is written as it is named outside.
_AS_NAMED = ConfigDict(frozen=True, extra="forbid", serialize_by_alias=True)


class WishedLimitModel(Asked):
    """What the second setting changes about a rule; with a limit alone, the clear limit moves by the same span."""

    limit: Finite | None = None
    clear_limit: Finite | None = None
    for_s: Annotated[float, Field(ge=0, le=MONTH_S)] | None = None


class GivenFaultModel(Asked):
    """A fault that you know of; without a fault mode any alarm of the equipment finds it."""

    equipment: Code
    fault_mode: Code | None = None
    onset: InstantBody
    failure: InstantBody


class BacktestWishModel(Asked):
    """What is to be tried: through the live decide path, on stored telemetry, as if the rules were promoted."""

    rules: Annotated[list[Code], Field(max_length=100)] = Field(
        default=[], examples=[["pump.vib_*"]], description="May be left out where `models` are named."
    )
    models: Annotated[list[Code], Field(max_length=1000)] = Field(
        default=[],
        examples=[["champion"]],
        description="Ids, or a status: the newest of that status of each equipment. One an equipment.",
    )
    from_: InstantBody = Field(alias="from", examples=["2026-01-01T00:00:00+08:00"])
    to: InstantBody = Field(examples=["2026-04-01T00:00:00+08:00"], description="Not included.")
    equipment: Annotated[list[Code], Field(max_length=1000)] = Field(default=[], description="Empty: all.")
    changes: Annotated[dict[Code, WishedLimitModel], Field(max_length=100)] = Field(
        default={}, description="By rule id or `model.<detector>`: a second setting beside the one that stands."
    )
    faults: Annotated[list[GivenFaultModel], Field(max_length=1000)] = Field(
        default=[], description="Beside those of the orders that people have done."
    )
    wish: Annotated[float, Field(gt=0, le=1000, allow_inf_nan=False)] | None = Field(
        default=None,
        description="False alarms per device-month, for which a limit is suggested (one rule or detector).",
    )

    @property
    def request(self) -> BacktestRequest:
        """In the domain's words."""
        return BacktestRequest(
            rules=self.rules,
            models=self.models,
            start=self.from_,
            end=self.to,
            equipment=self.equipment,
            changes={
                rule: WishedLimit(limit=one.limit, clear_limit=one.clear_limit, for_s=one.for_s)
                for rule, one in self.changes.items()
            },
            faults=[
                GivenFault(
                    equipment=one.equipment, fault_mode=one.fault_mode or "", onset=one.onset, failure=one.failure
                )
                for one in self.faults
            ],
            wish=self.wish,
        )


class FiguresModel(Answer):
    """All equipment together.  The bound holds with 95 % confidence; `undecided` are of orders without a verdict."""

    alarms: int
    false_alarms: int
    undecided: int
    device_months: float
    false_per_device_month: float | None
    false_per_device_month_at_most: float | None
    share_in_alarm: float
    faults: int
    faults_found: int
    median_lead_s: float | None


class FaultFoundModel(Answer):
    """A known fault, and the first alarm that found it; `source` is `file` for a given one, else the order."""

    equipment: str
    fault_mode: str | None
    onset: Instant
    failure: Instant
    source: str
    found_at: Instant | None
    rules: list[str]
    lead_s: float | None


class EpisodeModel(Answer):
    """One alarm; null: it stands at the end."""

    site: str
    equipment: str
    fault_mode: str
    onset_at: Instant
    raised_at: Instant
    cleared_at: Instant | None
    severity: Severity
    rules: list[str]
    false: bool
    undecided: bool


class SaidOrderModel(Answer):
    """An order as it would have been opened, and what it would have said."""

    number: str
    site: str
    equipment: str
    fault_mode: str
    severity: Severity
    urgency: int
    onset_at: Instant
    raised_at: Instant
    text: str


class FindingModel(Answer):
    """What one rule saw."""

    kind: FindingKind
    equipment: str
    fault_mode: str
    rule: str
    severity: Severity
    onset_at: Instant
    at: Instant
    metric: str
    limit: float
    clear_limit: float
    dwell_s: float
    value: float | None


class EquipmentFiguresModel(Answer):
    """What one piece of equipment came to."""

    site: str
    equipment: str
    messages: int
    first_at: Instant
    last_at: Instant
    device_months: float
    alarms: int
    false_alarms: int
    undecided: int
    share_in_alarm: float


class SettingModel(Answer):
    """One setting.  Of long lists the first 200; the totals count all."""

    label: str = Field(examples=["as it stands"], description="`as it stands` or `changed`.")
    figures: FiguresModel
    faults: list[FaultFoundModel]
    episodes: list[EpisodeModel]
    episodes_total: int
    orders: list[SaidOrderModel]
    orders_total: int
    findings: list[FindingModel]
    findings_total: int
    equipment: list[EquipmentFiguresModel]


class SuggestionModel(Answer):
    """The most sensitive limit that kept the wish on this history; `shown`: the history is long enough to say so."""

    rule: str
    wish: float
    limit: LimitModel | None
    shift: float | None
    false_alarms: int | None
    device_months: float
    false_per_device_month_at_most: float | None
    shown: bool
    device_months_needed: float


class ResultModel(Answer):
    """What came of it; the document that `iot-maint backtest --json` prints."""

    model_config = _AS_NAMED

    format: int
    rules: list[str]
    from_: Instant = Field(alias="from")
    to: Instant
    settings: list[SettingModel]
    suggestion: SuggestionModel | None


class BacktestModel(Answer):
    """A requested backtest."""

    model_config = _AS_NAMED

    id: int
    status: BacktestStatus
    progress: float = Field(description="The share that is done.")
    rules: list[str]
    from_: Instant = Field(alias="from")
    to: Instant
    asked_at: Instant
    asked_by: str
    started_at: Instant | None
    finished_at: Instant | None
    error: str | None


class BacktestResultModel(BacktestModel):
    """With its result, once it is done."""

    result: ResultModel | None


class DroppedModel(Answer):
    """It is forgotten."""

    id: int
