"""The figures of the data's quality in the telemetry store, every few minutes."""

import threading
from collections.abc import Callable, Sequence
from datetime import timedelta

from iot_maint.domain.errors import MaintError
from iot_maint.domain.instants import epoch_ms
from iot_maint.domain.ports import Clock, TelemetryStore
from iot_maint.domain.telemetry import Point
from iot_maint.ingest.quiet_log import quiet_logger

logger = quiet_logger(__name__)

REPORT_EVERY = timedelta(minutes=5)  # of real time
_WRITE_POINTS = 1000


class QualityReporter:
    """Reports in a thread of its own; a report that fails is logged and forgotten."""

    def __init__(
        self,
        *,
        points: Callable[[int], Sequence[Point]],
        store: TelemetryStore,
        clock: Clock,
        every: timedelta = REPORT_EVERY,
    ) -> None:
        self._points = points
        self._store = store
        self._clock = clock
        self._every_s = every.total_seconds()

    def run(self, stop: threading.Event) -> None:
        """Until `stop` is set."""
        while not stop.wait(self._every_s):
            try:
                self.report()
            except MaintError as error:
                logger.warning("the quality of the data was not stored: %s", error)
            except Exception:
                logger.exception("cannot report the quality of the data")

    def report(self) -> None:
        """Write how it stands now."""
        points = self._points(epoch_ms(self._clock.now()))
        for start in range(0, len(points), _WRITE_POINTS):
            self._store.write(points[start : start + _WRITE_POINTS])
