"""Alarms of the platform itself: no equipment is at fault, no order follows, and one stands per (worker, kind)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from iot_maint.domain.alarms import AlarmStatus, alarm_status
from iot_maint.domain.catalog import Severity


class PlatformAlarmKind(StrEnum):
    """What is wrong."""

    BROKER_AWAY = "broker_away"
    TELEMETRY_STORE_AWAY = "telemetry_store_away"
    # It answers, and says no to us: a token, a permission or a bucket that a person has to mend.
    TELEMETRY_STORE_REFUSES = "telemetry_store_refuses"
    DATABASE_AWAY = "database_away"
    SPOOL_NEARLY_FULL = "spool_nearly_full"
    SPOOL_FULL = "spool_full"
    CLOCK_WRONG = "clock_wrong"
    # The broker is there, but most gateways fell silent at once.
    NOTHING_HEARD = "nothing_heard"

    @property
    def stops_data(self) -> bool:
        """Whether telemetry comes in, is judged or is stored no longer while it stands."""
        return self in _STOP_DATA

    @property
    def severity(self) -> Severity:
        """Nearly is a warning."""
        return Severity.WARNING if self is PlatformAlarmKind.SPOOL_NEARLY_FULL else Severity.CRITICAL


_STOP_DATA = frozenset(
    {
        PlatformAlarmKind.BROKER_AWAY,
        PlatformAlarmKind.TELEMETRY_STORE_AWAY,
        PlatformAlarmKind.TELEMETRY_STORE_REFUSES,
        PlatformAlarmKind.DATABASE_AWAY,
        PlatformAlarmKind.SPOOL_FULL,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformAlarm:
    """One that stands, or stood.  `detail` is one line: the other side's own words where it said any."""

    kind: PlatformAlarmKind
    detail: str
    since: datetime
    worker: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPlatformAlarm:
    """A platform alarm as the database keeps it.  No alarm of equipment has its `id`."""

    id: int
    alarm: PlatformAlarm
    cleared_at: datetime | None = None
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None

    @property
    def status(self) -> AlarmStatus:
        """As that of any alarm."""
        return alarm_status(self.cleared_at, self.acknowledged_at)
