"""An alarm stands per (equipment, fault mode) from its first contributing rule to the last one's clearing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from iot_maint.domain.catalog import Severity
from iot_maint.domain.findings import Finding


class AlarmEventKind(StrEnum):
    """What happened to an alarm."""

    RAISED = "raised"
    JOINED = "joined"
    WORSENED = "worsened"
    EASED = "eased"
    CLEARED = "cleared"


class AlarmStatus(StrEnum):
    """Derived from cleared × acknowledged; never stored."""

    ACTIVE = "active"
    ACKNOWLEDGED = "acknowledged"
    CLEARED_UNACKNOWLEDGED = "cleared_unacknowledged"
    CLEARED = "cleared"


def alarm_status(cleared_at: datetime | None, acknowledged_at: datetime | None) -> AlarmStatus:
    """The status that follows from both."""
    if cleared_at is None:
        return AlarmStatus.ACTIVE if acknowledged_at is None else AlarmStatus.ACKNOWLEDGED
    return AlarmStatus.CLEARED_UNACKNOWLEDGED if acknowledged_at is None else AlarmStatus.CLEARED


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmKey:
    """The identity of an alarm, for ever.

    `shadow`: of a source that is only watched; it never becomes an order.  `model`: of which model that the registry
    has in shadow, each of which has alarms of its own.
    """

    equipment: str
    fault_mode: str
    raised_at: datetime
    shadow: bool = False
    model: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flapping:
    """It comes and goes: raised so often from `since` on, up to the event that says so."""

    since: datetime
    count: int


class Wait(StrEnum):
    """What must be over before an alarm gets an order of its own."""

    CAUSE = "cause"
    LOCKOUT = "lockout"


@dataclass(frozen=True, slots=True, kw_only=True)
class CauseOf:
    """The alarm under which a symptom hangs, and that one's newest order, if it has one."""

    alarm: int
    equipment: str
    equipment_name: str
    equipment_type: str
    fault_mode: str
    order: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmEvent:
    """One step in an alarm's life.  Its identity is (key, kind, finding.rule, finding.at): saving it twice is once.

    `severity` is the worst standing after the event (for `cleared`: the last one).
    """

    kind: AlarmEventKind
    key: AlarmKey
    site: str
    onset_at: datetime
    severity: Severity
    finding: Finding
    flapping: Flapping | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """An alarm as stored.  `rules` are those that ever contributed; `orders` the one order used per severity.

    `locked_out`: it was raised while its equipment was under repair.  `waits_for` is what holds its order back still.
    """

    id: int
    key: AlarmKey
    site: str
    severity: Severity
    onset_at: datetime
    rules: tuple[str, ...]
    cleared_at: datetime | None = None
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None
    orders: Mapping[Severity, str] = field(default_factory=dict)
    cause: CauseOf | None = None
    locked_out: bool = False
    waits_for: Wait | None = None
    flapping: Flapping | None = None

    @property
    def status(self) -> AlarmStatus:
        """Active, acknowledged, cleared but never acknowledged, or cleared."""
        return alarm_status(self.cleared_at, self.acknowledged_at)
