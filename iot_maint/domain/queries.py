"""What lists can be asked for: filters, a page, and a time span of telemetry."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from iot_maint.domain.alarms import AlarmStatus
from iot_maint.domain.catalog import Severity
from iot_maint.domain.columns import Floats
from iot_maint.domain.equipment import EquipmentStatus
from iot_maint.domain.verdicts import Verdict
from iot_maint.domain.work_orders import WorkOrderStatus

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRequest:
    """At most `limit` rows after `cursor` (opaque, from the page before), by `sort` (`-` in front: descending)."""

    limit: int = 50
    cursor: str | None = None
    sort: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """Some rows, and the cursor of the next ones (`None`: that was all)."""

    items: Sequence[T]
    next_cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EquipmentQuery:
    """Filters; `None` filters nothing.  `text` is searched in code and name."""

    site: str | None = None
    type: str | None = None
    kind: str | None = None
    status: EquipmentStatus | None = None
    parent: str | None = None
    gateway: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmQuery:
    """Filters; `None` filters nothing.  Of alarms of the platform `fault_mode` is the kind."""

    site: str | None = None
    equipment: str | None = None
    fault_mode: str | None = None
    status: AlarmStatus | None = None
    severity: Severity | None = None
    platform: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkOrderQuery:
    """Filters; `None` filters nothing.  `statuses` empty: any; `opened_*` bound `opened_at`, half open.

    `verdicts` and `unjudged` (preventive orders that ended without one) add up; empty and false: any.
    """

    site: str | None = None
    equipment: str | None = None
    fault_mode: str | None = None
    statuses: frozenset[WorkOrderStatus] = frozenset()
    urgency: int | None = None
    verdicts: frozenset[Verdict] = frozenset()
    unjudged: bool = False
    opened_from: datetime | None = None
    opened_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesQuery:
    """Metrics of one piece of equipment in [start_ms, end_ms), raw or as means over `every`; at most `limit` each."""

    measurement: str
    equipment: str
    metrics: Sequence[str]
    start_ms: int
    end_ms: int
    every: timedelta | None = None
    limit: int = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesSample:
    """One value of one metric at one instant."""

    metric: str
    at_ms: int
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BinnedMetric:
    """A metric whose values beyond `minimum` and `maximum` cannot be, and are left out of every mean."""

    name: str
    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BinQuery:
    """Means of metrics of one piece of equipment over the bins of [start_ms, end_ms), both on the edge of a bin."""

    measurement: str
    equipment: str
    metrics: Sequence[BinnedMetric]
    start_ms: int
    end_ms: int
    bin_ms: int

    def __post_init__(self) -> None:
        if self.start_ms % self.bin_ms or self.end_ms % self.bin_ms or self.end_ms < self.start_ms:
            raise ValueError(f"[{self.start_ms}, {self.end_ms}) does not lie on the edges of bins of {self.bin_ms} ms")

    @property
    def bins(self) -> int:
        """How many there are."""
        return (self.end_ms - self.start_ms) // self.bin_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Bins:
    """`values` (n, m): bin by bin from `start_ms`, in the order of the asked metrics; NaN where nothing was."""

    start_ms: int
    bin_ms: int
    values: Floats
