"""What stands on one worker, in memory, and the way of it into the database whenever that answers."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from iot_maint.domain.platform_alarms import PlatformAlarm, PlatformAlarmKind
from iot_maint.domain.ports import Clock, Database, Meter

log = logging.getLogger(__name__)

# Of real time.  What an earlier process left standing and nobody of this one has found again by then has gone.
INHERITED_S = 60.0
# Alarms that came and went while the database was away: each stood for seconds at least, so these are hours.
_ENDED_KEPT = 1000


class PlatformBoard:
    """`PlatformAlarms` of one worker; `save` brings the database after them.

    The first `save` takes over what an earlier process of this worker left standing: what is raised again goes on as
    the same alarm, what is cleared, or not found again for a minute, is cleared there too.
    """

    def __init__(
        self, *, worker: str, clock: Clock, meter: Meter, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._worker = worker
        self._clock = clock
        self._meter = meter
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._standing: dict[PlatformAlarmKind, PlatformAlarm] = {}
        # Not yet in the database: of those that stand the kinds, of those that ended the whole story.
        self._changed: set[PlatformAlarmKind] = set()
        self._ended: deque[tuple[PlatformAlarm, datetime]] = deque(maxlen=_ENDED_KEPT)
        self._found_well: set[PlatformAlarmKind] = set()
        self._inherited: set[PlatformAlarmKind] = set()
        self._inherited_until: float | None = None  # unknown before the database was read
        for kind in PlatformAlarmKind:
            self._show(kind)

    def raise_alarm(self, kind: PlatformAlarmKind, detail: str) -> None:
        """It stands from now on; of one that stands already only the detail is replaced."""
        with self._lock:
            self._inherited.discard(kind)
            known = self._standing.get(kind)
            if known is not None and known.detail == detail:
                return
            if known is None:
                log.warning("platform alarm %s: %s", kind.value, detail)
            since = self._clock.now() if known is None else known.since
            self._standing[kind] = PlatformAlarm(kind=kind, detail=detail, since=since, worker=self._worker)
            self._changed.add(kind)
            self._show(kind)

    def clear(self, kind: PlatformAlarmKind) -> None:
        """It stands no longer; nothing happens when it did not."""
        if kind not in self._standing and kind in self._found_well:
            return  # told with every batch that all is well: no lock for that
        with self._lock:
            self._found_well.add(kind)
            self._end(kind)

    def standing(self) -> Sequence[PlatformAlarm]:
        """The longest standing first."""
        with self._lock:
            return sorted(self._standing.values(), key=lambda alarm: (alarm.since, alarm.kind))

    def save(self, database: Database) -> None:
        """One transaction, if anything changed; `StoreUnavailable` to be called again, and nothing is forgotten."""
        if self._inherited_until is None:
            self._take_over(database)
        elif self._inherited and self._monotonic() >= self._inherited_until:
            self._let_go_of_inherited()
        with self._lock:
            ended = tuple(self._ended)
            changed = [self._standing[kind] for kind in sorted(self._changed)]
        if not ended and not changed:
            return
        with database.transaction() as repositories:
            for alarm, cleared_at in ended:
                repositories.platform_alarms.save_cleared(alarm, cleared_at)
            for alarm in changed:
                repositories.platform_alarms.save_standing(alarm)
        with self._lock:
            for one in ended:
                if self._ended and self._ended[0] is one:
                    self._ended.popleft()
            # One that changed again meanwhile is saved the next time.
            self._changed -= {alarm.kind for alarm in changed if self._standing.get(alarm.kind) is alarm}

    def _take_over(self, database: Database) -> None:
        with database.reading() as repositories:
            found = repositories.platform_alarms.standing(self._worker)
        with self._lock:
            self._inherited_until = self._monotonic() + INHERITED_S
            for alarm in found:
                known = self._standing.get(alarm.kind)
                if known is not None:
                    self._standing[alarm.kind] = replace(known, since=alarm.since)
                elif alarm.kind in self._found_well:
                    self._note_end(alarm)
                else:
                    self._standing[alarm.kind] = alarm
                    self._inherited.add(alarm.kind)
                    self._show(alarm.kind)

    def _let_go_of_inherited(self) -> None:
        with self._lock:
            for kind in self._inherited.copy():
                self._end(kind)

    def _end(self, kind: PlatformAlarmKind) -> None:
        alarm = self._standing.pop(kind, None)
        if alarm is None:
            return
        self._changed.discard(kind)
        self._inherited.discard(kind)
        self._note_end(alarm)
        self._show(kind)

    def _note_end(self, alarm: PlatformAlarm) -> None:
        ended_at = self._clock.now()
        self._ended.append((alarm, ended_at))
        log.info("platform alarm %s is over after %.0f s", alarm.kind.value, (ended_at - alarm.since).total_seconds())

    def _show(self, kind: PlatformAlarmKind) -> None:
        self._meter.set("platform_alarm", 1.0 if kind in self._standing else 0.0, kind=kind.value)
