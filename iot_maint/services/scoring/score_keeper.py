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
        self._waiting: deque[Scored] = deque(maxlen=kept)
        self._lock = Lock()

    def take(self, scores: Sequence[Scored]) -> None:
        """Keep these until the next `flush`; beyond the bound the oldest are dropped, and counted."""
        with self._lock:
            room = (self._waiting.maxlen or 0) - len(self._waiting)
            self._waiting.extend(scores)
        if len(scores) > room:
            self._meter.count("scores_dropped", len(scores) - room)

    def flush(self) -> None:
        """Write what waits.  `StoreUnavailable` leaves it for the next time; what the store refuses is dropped."""
        while True:
            with self._lock:
                chunk = [self._waiting.popleft() for _ in range(min(len(self._waiting), _WRITE_POINTS))]
            if not chunk:
                return
            try:
                self._store.write([_point(one) for one in chunk])
            except StoreRefused:
                self._meter.count("scores_dropped", len(chunk))
                raise
            except BaseException:
                self._put_back(chunk)
                raise
            self._meter.count("scores_stored", len(chunk))

    def _put_back(self, chunk: Sequence[Scored]) -> None:
        with self._lock:
            room = (self._waiting.maxlen or 0) - len(self._waiting)
            self._waiting.extendleft(reversed(chunk[max(len(chunk) - room, 0) :]))
        if len(chunk) > room:
            self._meter.count("scores_dropped", len(chunk) - room)


def _point(scored: Scored) -> Point:
    return Point(
        measurement=MEASUREMENT,
        tags={"site": scored.site, "equipment": scored.equipment, "detector": scored.detector},
        at_ms=scored.row.at_ms,
        fields={"score": scored.row.score, "top_metric": scored.top_metric},
    )
