"""An equipment type as data: its metrics, limits, fault modes, maintenance plans and spares."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum

from iot_maint.domain.schedules import Calendar, Schedule
from iot_maint.domain.signals import Composite, Sequence, Signal, SignalKind

UNREGISTERED = "unregistered"
DATA_QUALITY = "data_quality"
RESERVED_MEASUREMENTS = frozenset({UNREGISTERED, "work_order_event", "anomaly", "ingest", DATA_QUALITY})
RUNNING = "running"
LEAD_TIME = timedelta(days=7)  # an engineering default
SENSOR_SILENT, GATEWAY_SILENT = "SENSOR-SILENT", "GATEWAY-SILENT"  # of every type: catalog/common.toml


class Language(StrEnum):
    """The languages that every text exists in."""

    ZH_CN = "zh-CN"
    EN = "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """One text in both languages."""

    zh: str
    en: str

    def of(self, language: Language) -> str:
        """The text in that language."""
        return self.zh if language is Language.ZH_CN else self.en


class Severity(StrEnum):
    """How bad a crossed limit is."""

    WARNING = "warning"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """Larger is worse."""
        return 1 if self is Severity.CRITICAL else 0


class MetricKind(StrEnum):
    """What a metric's number means; stored as a float in every case."""

    NUMBER = "number"
    BOOLEAN = "boolean"
    COUNTER = "counter"
    ENUM = "enum"


class Occurs(StrEnum):
    """What a metric comes with, when it does not come by the clock."""

    TRIP = "trip"
    CYCLE = "cycle"
    STOP = "stop"
    TEST = "test"
    EVENT = "event"


class Comparison(StrEnum):
    """Which side of its limit a value must be on, strictly, to count as crossing."""

    ABOVE = "above"
    BELOW = "below"
    IS = "is"


class BasisKind(StrEnum):
    """Where a limit comes from; the last one is never the catalog's."""

    STANDARD = "standard"
    ENGINEERING_DEFAULT = "engineering default"
    OWN_LIMIT = "own limit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """The source of a limit: a standard with its number, or an engineering default to be tuned per site."""

    kind: BasisKind
    reference: str = ""

    def __str__(self) -> str:
        return self.reference or self.kind.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """An absolute limit (`value`), or one relative to a named parameter: `parameter × times + plus`."""

    value: float | None = None
    parameter: str | None = None
    times: float = 1.0
    plus: float = 0.0

    def resolve(self, parameters: Mapping[str, float]) -> float | None:
        """The limit in the metric's unit; `None` when the equipment lacks the parameter."""
        if self.parameter is None:
            return self.value
        base = parameters.get(self.parameter)
        return None if base is None else round(base * self.times + self.plus, 9)


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A named, unit-bearing signal.  Comes every `interval`, or with something that `occurs`; never both.

    A value below `minimum` or above `maximum` cannot be: it is stored and counted, and is no evidence of anything.
    Two readings in a row do not differ by more than `max_step`; of a `steady` metric to stay the same is normal.
    It is missed after `no_data_after` and counts as frozen after `stuck_after`; by the settings where there are none.
    """

    name: str
    label: Text
    unit: str
    kind: MetricKind
    interval: timedelta | None
    occurs: Occurs | None
    normal: Text | None
    minimum: float | None
    maximum: float | None
    sentinels: frozenset[float]
    members: tuple[str, ...]
    kinds: frozenset[str]
    max_step: float | None = None
    steady: bool = False
    no_data_after: timedelta | None = None
    stuck_after: timedelta | None = None

    @property
    def counts_occurrences(self) -> bool:
        """Per trip, cycle, stop or test: a rule counts values in a row instead of time."""
        return self.occurs is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitDuring:
    """Another limit, and its clear limit, while a schedule of that name holds."""

    schedule: str
    limit: Limit
    clear_limit: Limit


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdRule:
    """A limit on one metric, or on a `signal` that is made of its readings.

    Raised when the value stood strictly beyond `limit` for `for_duration` (or `occurrences` times in a row); cleared
    strictly beyond `clear_limit` on the other side, so a value hovering at the limit does not flap.  For `is` rules
    the limit is 0.0 or 1.0 and any other value clears.
    """

    id: str
    key: str
    metric: str
    comparison: Comparison
    limit: Limit
    clear_limit: Limit
    for_duration: timedelta
    occurrences: int
    severity: Severity
    fault_mode: str
    kinds: frozenset[str]
    gated: bool
    max_gap: timedelta | None
    basis: Basis
    urgency: int | None = None  # instead of the fault mode's for this severity: one symptom may not wait
    signal: Signal | None = None
    shadow: bool = False  # recorded, never ordered, until somebody promotes it
    during: tuple[LimitDuring, ...] = ()  # the first whose schedule holds, instead of `limit`
    only: tuple[str, ...] = ()  # schedules of which one must hold, or the rule does not look
    never: tuple[str, ...] = ()  # schedules during which it does not look
    side_of: str | None = None  # the key of the two-sided rule of which it is one side
    equipment: frozenset[str] = frozenset()  # only for these codes; empty: for all of its kinds

    @property
    def written_key(self) -> str:
        """Under which key its file writes it."""
        return self.side_of or self.key

    def is_for(self, code: str, kind: str | None) -> bool:
        """Whether it is declared for equipment of that code and kind."""
        return (not self.kinds or kind in self.kinds) and (not self.equipment or code in self.equipment)

    @property
    def signal_kind(self) -> SignalKind:
        """The kind of rule that it is."""
        return SignalKind.THRESHOLD if self.signal is None else self.signal.kind

    def judged(self, metric: Metric) -> Metric:
        """What the limit stands over, as a metric: `metric` itself, or the signal, in its unit and of any size.

        A sequence and a composite go by the clock, whatever their metric comes with.
        """
        signal = self.signal
        if signal is None:
            return metric
        by_the_clock = isinstance(signal, Sequence | Composite)
        return replace(
            metric,
            unit=signal.unit(metric.unit),
            kind=MetricKind.BOOLEAN if isinstance(signal, Composite) else MetricKind.NUMBER,
            interval=None if by_the_clock else metric.interval,
            occurs=None if by_the_clock else metric.occurs,
            minimum=None,
            maximum=None,
            members=(),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DerivedMetric:
    """A metric that no device sends: `expression` over those that devices send, and the equipment's parameters."""

    metric: Metric
    expression: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Spare:
    """A spare part that a repair is likely to need."""

    code: str
    label: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultMode:
    """A way to fail, and what to do about it: the texts of a work order.

    `lead_time`: until spares and people are there; `drivers`: metrics (load, weather) that move its symptoms while
    nothing wears.
    """

    code: str
    label: Text
    cause: Text
    action: Text
    trade: str
    urgency: Mapping[Severity, int]
    spares: tuple[str, ...]
    lead_time: timedelta = LEAD_TIME
    drivers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """A fault that others follow from, on the same equipment and on all that hangs on it.

    `explains` are (type, fault mode), the latter None for all of the type.  A symptom began at most `before` the cause
    did, for it may be seen first, and at most `settle` after the cause was over.
    """

    fault_mode: str
    explains: frozenset[tuple[str, str | None]]
    before: timedelta
    settle: timedelta

    def may_explain(self, equipment_type: str, fault_mode: str) -> bool:
        """Whether such a fault may be a symptom of this one."""
        return not self.explains.isdisjoint({(equipment_type, fault_mode), (equipment_type, None)})


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanTemplate:
    """A preventive-maintenance plan: every `every_days` at the latest, or every `every_hours` of `meter`."""

    key: str
    label: Text
    items: Text
    every_days: int | None
    meter: str | None
    every_hours: float | None
    before: Text | None
    kinds: frozenset[str]
    basis: Basis


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A value of one piece of equipment that limits may refer to: `setpoint`, `nameplate.*`, `site.*`."""

    name: str
    label: Text
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectorSpec:
    """What the detectors of a type look at, of each kind what exists there.

    `metrics` are watched and may be culprits; `drivers` only explain them; while `gate` is 0 the equipment stands.
    `bin`: between rows, each the mean of what came in it.  `default` is the detector that `auto` means.
    An alarm is raised once the score was above `limit` for `dwell`, and clears below `clear`; both on the one scale.
    """

    metrics: tuple[str, ...]
    drivers: tuple[str, ...]
    gate: str | None
    bin: timedelta
    default: str | None = None
    # Chosen on the simulated fleet: one healthy row in a hundred thousand, for longer than a start or a shower.
    limit: float = 5.0
    clear: float = 3.0
    dwell: timedelta = timedelta(hours=1)

    @property
    def dwell_rows(self) -> int:
        """How many rows the dwell is, at least one."""
        return max(math.ceil(self.dwell / self.bin), 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class EquipmentType:
    """Everything the product knows of one type; its name is also its measurement."""

    name: str
    label: Text
    kinds: Mapping[str, Text]
    settle: timedelta
    metrics: Mapping[str, Metric]
    parameters: Mapping[str, Parameter]
    derived: Mapping[str, DerivedMetric]
    schedules: Mapping[str, Schedule]
    rules: Mapping[str, ThresholdRule]
    fault_modes: Mapping[str, FaultMode]
    spares: Mapping[str, Spare]
    trades: Mapping[str, Text]
    plans: Mapping[str, PlanTemplate]
    detector: DetectorSpec | None = None
    causes: Mapping[str, Cause] = field(default_factory=dict)
    calendar: Calendar = field(default_factory=Calendar)

    def metric_of(self, name: str) -> Metric | None:
        """The metric of that name, sent or derived; None when there is none."""
        derived = self.derived.get(name)
        return self.metrics.get(name) if derived is None else derived.metric


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceLevel:
    """The deadlines of one urgency, counted from the order's opening; absent ones do not exist.

    `plan`: how long work that a forecast asks for may wait for a maintenance window.
    """

    urgency: int
    label: Text
    dispatch: timedelta | None = None
    acknowledge: timedelta | None = None
    arrive: timedelta | None = None
    finish: timedelta | None = None
    plan: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """All equipment types, and the service-level profile in force (urgency → deadlines)."""

    types: Mapping[str, EquipmentType]
    service_levels: Mapping[int, ServiceLevel]
    calendar: Calendar = field(default_factory=Calendar)
