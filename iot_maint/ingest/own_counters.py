"""The service's own counters in the telemetry store: one point every 15 seconds, for the data-quality board."""

import threading
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Self

from iot_maint.domain.errors import MaintError
from iot_maint.domain.instants import epoch_ms
from iot_maint.domain.platform_alarms import PlatformAlarmKind
from iot_maint.domain.ports import Clock, TelemetryStore
from iot_maint.domain.telemetry import Point
from iot_maint.ingest.decoders.values import Dropped
from iot_maint.ingest.quiet_log import quiet_logger
from iot_maint.metering import COUNTERS, GAUGES, PrometheusMeter, Sample

logger = quiet_logger(__name__)

MEASUREMENT = "ingest"
REPORT_EVERY = timedelta(seconds=15)  # of real time
_STOP_WITHIN_S = 5.0
OTHER = "other"

REJECTED = frozenset(
    {
        "ahead",
        "bad_timestamp",
        "bad_topic",
        "internal_error",
        "no_values",
        "not_json",
        "not_line_protocol",
        "not_sparkplug",
        "not_utf8",
        "register_unread",
        "site_mismatch",
        "store_refused",
        "too_deep",
        "too_large",
        "too_many_metrics",
        "too_many_unregistered",
        "too_many_values",
        "too_old",
        "unkeepable",
        "unknown_alias",
        "wrong_identity",
        "wrong_shape",
    }
)
DROPPED = frozenset({*(reason.value for reason in Dropped), "text"})
STORES = frozenset({"database", "spool", "telemetry"})
PLATFORM_ALARMS = frozenset(kind.value for kind in PlatformAlarmKind)
# Counters and gauges with a field of their own for each of these labels: a closed set, so that the fields stay few.
BY_LABEL: Mapping[str, frozenset[str]] = {
    "messages_rejected": REJECTED,
    "values_dropped": DROPPED,
    "store_failures": STORES,
    "platform_alarm": PLATFORM_ALARMS,
}
# Counted by the jobs part, which may be another process.
_NOT_OURS = frozenset({"deliveries", "outbox_depth"})
_OURS = tuple(name for name in (*COUNTERS, *GAUGES) if name not in _NOT_OURS)


def flatten(samples: Iterable[Sample]) -> dict[str, float]:
    """Fields by name: every counter's total, and `messages_rejected_not_json` for each label that occurred."""
    fields = defaultdict[str, float](float, dict.fromkeys(_OURS, 0.0))
    for name, labels, value in samples:
        if name in _NOT_OURS:
            continue
        fields[name] += value
        if name in BY_LABEL:
            label = labels[0] if labels[0] in BY_LABEL[name] else OTHER
            fields[f"{name}_{label}"] += value
    return dict(fields)


class CounterReporter:
    """Reports within `with`, in a thread of its own; a report that fails is logged and forgotten."""

    def __init__(
        self,
        *,
        store: TelemetryStore,
        meter: PrometheusMeter,
        clock: Clock,
        tags: Mapping[str, str],
        every: timedelta = REPORT_EVERY,
    ) -> None:
        self._store = store
        self._meter = meter
        self._clock = clock
        self._tags = dict(tags)
        self._every_s = every.total_seconds()
        self._reported: Point | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="own-counters", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        # A store that does not answer must not hold up the end of the process.
        self._thread.join(_STOP_WITHIN_S)

    def report(self) -> None:
        """Write how the counters stand now."""
        point = self._point(epoch_ms(self._clock.now()), flatten(self._meter.samples()))
        points = [point]
        if self._reported is not None and (begun := point.fields.keys() - self._reported.fields.keys()):
            # A label that occurred for the first time was at 0 until then: without that, its first increase is lost.
            points.insert(0, self._point(self._reported.at_ms, dict.fromkeys(sorted(begun), 0.0)))
        self._reported = point
        try:
            self._store.write(points)
        except MaintError as error:
            logger.warning("the service's own counters were not stored: %s", error)

    def _point(self, at_ms: int, fields: dict[str, float]) -> Point:
        return Point(measurement=MEASUREMENT, tags=self._tags, at_ms=at_ms, fields={**fields})

    def _run(self) -> None:
        while True:
            try:
                self.report()
            except Exception:
                logger.exception("cannot report the service's own counters")
            if self._stop.wait(self._every_s):
                return
