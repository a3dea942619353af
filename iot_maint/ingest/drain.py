"""From the spool to the telemetry store: in order, as often as it takes, and deleted only when nobody needs it."""

import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import msgspec
import numpy as np

from iot_maint.domain.columns import TelemetryColumns
from iot_maint.domain.errors import MaintError, StoreRefused, StoreUnavailable
from iot_maint.domain.instants import epoch_ms
from iot_maint.domain.platform_alarms import PlatformAlarmKind
from iot_maint.domain.point_columns import PointColumns
from iot_maint.domain.ports import Clock, Meter, PlatformAlarms, Spool, TelemetryStore
from iot_maint.domain.telemetry import Batch, DeadLetter, Point, Telemetry
from iot_maint.ingest.backoff import Backoff
from iot_maint.ingest.decoders.names import printable
from iot_maint.ingest.progress import Progress
from iot_maint.ingest.quiet_log import quiet_logger
from iot_maint.services.absence import Absence

logger = quiet_logger(__name__)

READ_BATCHES = 100
WRITE_POINTS = 5000
IDLE_S = 0.5
# Dashboards do not mind a quarter of a second; a write, a commit and a deletion for every few messages cost a core.
GATHER_S = 0.25
SLOW_S = 30.0  # between tries of what a person has to mend
REPORT_S = 2.0
# The store read the data and will never take it: one bad point among good ones, or a body that is too long.
_BAD_DATA = frozenset({400, 413, 422})


class Drain:
    """Follows the spool by number.  After a restart it begins with the oldest batch there: to rewrite is harmless."""

    def __init__(
        self,
        *,
        spool: Spool,
        store: TelemetryStore,
        to_points: Callable[[TelemetryColumns], Sequence[Sequence[Point]]],
        progress: Progress,
        clock: Clock,
        meter: Meter,
        platform: PlatformAlarms,
        backoff: Backoff,
        report_stored: Callable[[int], None],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`report_stored` hears every few seconds up to when (epoch ms of reception) all is stored."""
        self._spool = spool
        self._store = store
        self._to_points = to_points
        self._progress = progress
        self._clock = clock
        self._meter = meter
        self._platform = platform
        self._absence = Absence(platform, PlatformAlarmKind.TELEMETRY_STORE_AWAY, monotonic=monotonic)
        self._backoff = backoff
        self._report_stored = report_stored
        self._monotonic = monotonic
        self._lags = False
        self._deleted = 0
        self._reported_ms = 0
        self._reported_at = monotonic() - REPORT_S

    def run(self, stop: threading.Event) -> None:
        """Move until `stop` is set; what is left then stays in the spool."""
        while not stop.is_set():
            try:
                moved = self.step()
            except StoreUnavailable as error:
                self._meter.count("store_failures", store="telemetry")
                logger.warning("storing waits: %s", error)
                _let_go(error)
                stop.wait(self._backoff.next_s(error.retry_after))
            except MaintError as error:
                self._meter.count("store_failures", store="telemetry")
                logger.error("storing stands still until somebody mends this: %s", error)
                _let_go(error)
                stop.wait(SLOW_S)
            except Exception:
                logger.exception("storing failed")
                stop.wait(SLOW_S)
            else:
                self._backoff.reset()
                if moved == 0:
                    self._progress.wait_beyond(self._progress.stored, IDLE_S)
                if not self._lags:
                    stop.wait(GATHER_S)

    def step(self) -> int:
        """Store the next batches, and let go of those that nobody needs; how many were stored."""
        received_through_ms = self._progress.received_through_ms
        batches = self._spool.read_after(self._progress.stored, READ_BATCHES)
        # As many as one write takes, or as one reading: more will be waiting already.
        messages = sum(len(batch.telemetry) for batch in batches)
        self._lags = messages >= WRITE_POINTS or len(batches) == READ_BATCHES
        if batches:
            oldest, newest = batches[0], batches[-1]
            # Before the store is asked: while it is away, what waits must be seen to grow.
            self._note_waiting(oldest.number - 1, oldest.received_at_ms)
            self._store_batches(batches)
            self._meter.count("batches_stored", len(batches))
            self._progress.stored = newest.number
            # Of the same millisecond more may follow.
            received_through_ms = newest.received_at_ms - 1
            self._note_waiting(newest.number, newest.received_at_ms)
        else:
            self._meter.set("spool_batches", 0)
            self._meter.set("spool_age_s", 0)
        self._progress.stored_through_ms = max(self._progress.stored_through_ms, received_through_ms)
        self._dispose()
        self._report()
        return len(batches)

    def _note_waiting(self, after: int, since_ms: int) -> None:
        """Batches beyond `after` wait, the first of them received at `since_ms` or a little later."""
        waiting = max(self._progress.spooled - after, 0)
        age_ms = max(epoch_ms(self._clock.now()) - since_ms, 0)
        self._meter.set("spool_batches", waiting)
        self._meter.set("spool_age_s", age_ms / 1000 if waiting else 0)

    def _store_batches(self, batches: Sequence[Batch]) -> None:
        dead: list[DeadLetter] = []
        telemetry = TelemetryColumns.joined([TelemetryColumns.of(batch.telemetry) for batch in batches])
        for points in self._render(telemetry, dead):
            for start in range(0, len(points), WRITE_POINTS):
                self._write(points[start : start + WRITE_POINTS], dead)
        if dead:
            self._spool.add_dead_letters(dead)
            for reason, amount in Counter(letter.reason for letter in dead).items():
                self._meter.count("messages_rejected", amount, reason=reason)

    def _render(self, telemetry: TelemetryColumns, dead: list[DeadLetter]) -> Sequence[Sequence[Point]]:
        """Points of the telemetry; what makes our own code fail is cornered and becomes a dead letter."""
        try:
            return self._to_points(telemetry)
        except MaintError:
            raise
        except Exception as error:
            if len(telemetry) > 1:
                half = len(telemetry) // 2
                first, second = (TelemetryColumns.of(part) for part in (telemetry[:half], telemetry[half:]))
                return [*self._render(first, dead), *self._render(second, dead)]
            logger.exception("cannot make a point of telemetry of equipment %s", telemetry[0].equipment)
            dead.append(_letter_of_telemetry(telemetry[0], "internal_error", type(error).__name__))
            return []

    def _write(self, points: Sequence[Point], dead: list[DeadLetter]) -> None:
        """Store the points; halve what is refused until the bad ones are alone, and keep those with its words."""
        try:
            with self._absence.watching():
                self._store.write(points)
        except StoreRefused as error:
            if error.status not in _BAD_DATA:
                self._platform.raise_alarm(PlatformAlarmKind.TELEMETRY_STORE_REFUSES, str(error))
                raise
            if len(points) > 1:
                half = len(points) // 2
                self._write(points[:half], dead)
                self._write(points[half:], dead)
            else:
                logger.warning("the telemetry store refuses a point: %s", error)
                dead.append(_letter_of_point(points[0], "store_refused", f"{error.status}: {error}"))
        else:
            self._platform.clear(PlatformAlarmKind.TELEMETRY_STORE_REFUSES)
            for measurement, amount in _count_measurements(points).items():
                self._meter.count("points_stored", amount, measurement=measurement)

    def _dispose(self) -> None:
        through = self._progress.disposable
        if through > self._deleted:
            self._spool.delete_through(through)
            self._deleted = through

    def _report(self) -> None:
        now = self._monotonic()
        through_ms = self._progress.stored_through_ms
        if through_ms <= self._reported_ms or now - self._reported_at < REPORT_S:
            return
        self._reported_at = now
        try:
            self._report_stored(through_ms)
        except StoreUnavailable as error:
            # Only transfers wait for it.  Storing must not wait for every try: a locked database takes 10 s to say so.
            self._reported_at = self._monotonic() + SLOW_S
            logger.warning("cannot note how far telemetry is stored: %s", error)
        else:
            self._reported_ms = through_ms


def _let_go(error: BaseException | None) -> None:
    """An error remembers what its functions held, and urllib3's are circles: what was to be written would stay in
    memory, try after try, until garbage is searched for, which is rare here."""
    while error is not None:
        traceback.clear_frames(error.__traceback__)
        error = error.__cause__ or error.__context__


def _count_measurements(points: Sequence[Point]) -> Mapping[str, int]:
    if not isinstance(points, PointColumns):
        return Counter(point.measurement for point in points)
    counts: Counter[str] = Counter()
    used = points.telemetry.origin_of[points.start : points.stop]
    for head, amount in zip(points.heads, np.bincount(used, minlength=len(points.heads)).tolist(), strict=True):
        if amount:
            counts[head.measurement] += amount
    return counts


def _letter_of_telemetry(telemetry: Telemetry, reason: str, detail: str) -> DeadLetter:
    values: dict[str, float | str] = {**telemetry.values, **telemetry.texts}
    return _letter(telemetry.site, telemetry.equipment, telemetry.at_ms, values, reason, detail)


def _letter_of_point(point: Point, reason: str, detail: str) -> DeadLetter:
    return _letter(point.tags["site"], point.tags["equipment"], point.at_ms, point.fields, reason, detail)


def _letter(
    site: str, equipment: str, at_ms: int, values: Mapping[str, float | str], reason: str, detail: str
) -> DeadLetter:
    """The part that failed, written as its device could have sent it, so that it can be replayed once mended."""
    return DeadLetter(
        topic=f"iot/v1/{site}/{equipment}/telemetry",
        payload=msgspec.json.encode({"ts": at_ms, "values": values}),
        reason=reason,
        detail=printable(detail, 1000),
        received_at_ms=at_ms,
    )
