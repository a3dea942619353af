"""Alarms of the platform itself: who raises them, and where they are kept."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from iot_maint.domain.alarms import Alarm
from iot_maint.domain.platform_alarms import PlatformAlarm, PlatformAlarmKind, StoredPlatformAlarm
from iot_maint.domain.queries import AlarmQuery, Page, PageRequest


class PlatformAlarms(Protocol):
    """What stands on this worker.  May be told from any thread, as often as one likes; waits for no database."""

    def raise_alarm(self, kind: PlatformAlarmKind, detail: str) -> None:
        """It stands from now on; of one that stands already only the detail is replaced."""
        ...

    def clear(self, kind: PlatformAlarmKind) -> None:
        """It stands no longer; nothing happens when it did not."""
        ...

    def standing(self) -> Sequence[PlatformAlarm]: ...


class PlatformAlarmRepository(Protocol):
    """Platform alarms of all workers, within one transaction."""

    def standing(self, worker: str | None = None) -> list[PlatformAlarm]:
        """Those of one worker, or of all; the longest standing first."""
        ...

    def save_standing(self, alarm: PlatformAlarm) -> None:
        """It stands: the one row of (worker, kind) that does, new or with a new detail."""
        ...

    def save_cleared(self, alarm: PlatformAlarm, cleared_at: datetime) -> None:
        """It stood until then, and is kept once, whether or not it was saved while it stood."""
        ...

    def get(self, alarm_id: int) -> StoredPlatformAlarm | None: ...

    def acknowledge(self, alarm_id: int, at: datetime, by: str) -> None: ...

    def add_note(self, alarm_id: int, at: datetime, by: str, note: str) -> None: ...

    def notes(self, alarm_id: int) -> list[tuple[datetime, str, str]]:
        """(when, who, what), oldest first."""
        ...


class AlarmList(Protocol):
    """Alarms of equipment and of the platform as one list, within one transaction."""

    def page(self, query: AlarmQuery, request: PageRequest) -> Page[Alarm | StoredPlatformAlarm]: ...
