"""Scores on their way to the telemetry store, for the annotations and curves of dashboards.

They can be computed again from the telemetry: nothing waits for them, and beyond a bound the oldest are dropped.
"""

from collections import deque
from collections.abc import Sequence
from threading import Lock

from iot_maint.domain.errors import StoreRefused
from iot_maint.domain.ports import Meter, TelemetryStore
from iot_maint.domain.telemetry import Point
from iot_maint.services.scoring.scorer import Scored

MEASUREMENT = "anomaly"
KEPT = 100_000  # scores; a thousand pieces of equipment say that much in eight hours
_WRITE_POINTS = 5_000


class ScoreKeeper:
    """`take` from the decide path, which never waits; `flush` from a thread of its own."""

    def __init__(self, store: TelemetryStore, meter: Meter, kept: int = KEPT) -> None:
        self._store = store
        self._meter = meter
        self._kept = kept
        self._waiting: deque[Scored] = deque()
        self._count = 0
        self._lock = Lock()

    def take(self, scores: Sequence[Scored]) -> None:
        """Keep these until the next `flush`; beyond the bound the oldest are dropped, and counted."""
        with self._lock:
            self._waiting.extend(scores)
            self._count += sum(map(len, scores))
            dropped = self._drop_oldest()
        if dropped:
            self._meter.count("scores_dropped", dropped)

    def flush(self) -> None:
        """Write what waits.  `StoreUnavailable` leaves it for the next time; what the store refuses is dropped."""
        while chunk := self._next():
            points = [point for one in chunk for point in _points(one)]
            try:
                self._store.write(points)
            except StoreRefused:
                self._meter.count("scores_dropped", len(points))
                raise
            except BaseException:
                self._put_back(chunk)
                raise
            self._meter.count("scores_stored", len(points))

    def _next(self) -> list[Scored]:
        chunk: list[Scored] = []
        with self._lock:
            room = _WRITE_POINTS
            while self._waiting and room > 0:
                chunk.append(self._waiting.popleft())
                room -= len(chunk[-1])
            self._count -= sum(map(len, chunk))
        return chunk

    def _put_back(self, chunk: Sequence[Scored]) -> None:
        with self._lock:
            self._waiting.extendleft(reversed(chunk))
            self._count += sum(map(len, chunk))
            dropped = self._drop_oldest()
        if dropped:
            self._meter.count("scores_dropped", dropped)

    def _drop_oldest(self) -> int:
        """The lock is held."""
        dropped = 0
        while self._count - dropped > self._kept:
            dropped += len(self._waiting.popleft())
        self._count -= dropped
        return dropped


def _points(scored: Scored) -> list[Point]:
    tags = {"site": scored.site, "equipment": scored.equipment, "detector": scored.detector}
    return [
        Point(measurement=MEASUREMENT, tags=tags, at_ms=at_ms, fields={"score": score, "top_metric": top})
        for at_ms, score, top in zip(scored.at_ms, scored.scores, scored.top_metrics, strict=True)
    ]
