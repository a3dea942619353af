"""What the listener heard, as figures of each piece of equipment: one point every few minutes in `data_quality`.

Fields of the equipment, and `{metric}.{figure}` of each metric; what is fine is left out: a metric's figure that the
newest point does not hold is 0.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta

import numpy as np

from iot_maint.domain.catalog import DATA_QUALITY
from iot_maint.domain.equipment import EquipmentStatus, Monitored
from iot_maint.domain.ports import Meter
from iot_maint.domain.telemetry import Point
from iot_maint.rules.silence_state import EQUIPMENT, GATEWAY, SENSOR, SilenceState
from iot_maint.services.quality.listener import Listener
from iot_maint.services.quality.slots import LAGS, NOBODY, Flags

COMPLETE = 0.9  # below it a series counts as incomplete
SKEWED_S = 60.0
_WINDOW_INTERVALS = 10  # a share of fewer expected readings says little
_SOME_LAGS = 8


class QualityReport:
    """Makes the points, and begins to count anew."""

    def __init__(
        self,
        *,
        listener: Listener,
        meter: Meter,
        frozen_after: timedelta,
        standing: Callable[[], Mapping[str, SilenceState]],
    ) -> None:
        """`standing`: by equipment, the silences that stand."""
        self._listener = listener
        self._meter = meter
        self._frozen_ms = round(frozen_after.total_seconds() * 1000)
        self._standing = standing
        self._counting_from_ms = np.zeros(0, dtype=np.int64)
        self._completeness = np.zeros(0, dtype=np.float64)

    def points(self, now_ms: int) -> list[Point]:
        """As of that instant of the service's clock, of all equipment in service that was ever heard."""
        standing = dict(self._standing())
        with self._listener.lock:
            frozen = self._frozen()
            completeness = self._count_complete(now_ms)
            points = list(self._points(now_ms, standing, frozen, completeness))
            series, equipment = self._listener.series, self._listener.equipment
            series.out_of_range[:] = series.jumps[:] = equipment.ahead[:] = 0
        self._meter.set("frozen_series", int(frozen.sum()))
        self._meter.set("incomplete_series", int((completeness < COMPLETE).sum()))
        self._meter.set(
            "skewed_equipment", sum(abs(float(point.fields.get("skew_s", 0))) > SKEWED_S for point in points)
        )
        return points

    def _frozen(self) -> Flags:
        """Unchanged for too long; what reads 0, stands, or is steady by nature, may."""
        series, equipment = self._listener.series, self._listener.equipment
        many = len(series)
        stands = series.value[equipment.running[series.equipment[:many]]] == 0
        own = series.stuck_ms[:many]
        frozen_ms = np.where(own > 0, own, self._frozen_ms)
        unchanged = series.at_ms[:many] - series.unchanged_since_ms[:many] >= frozen_ms
        moving = series.may_freeze[:many] & (series.value[:many] != 0) & ~(series.gated[:many] & stands)
        frozen: Flags = unchanged & moving & self._in_service()[series.equipment[:many]]
        frozen[NOBODY] = False
        return frozen

    def _count_complete(self, now_ms: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """Readings by those expected, of the last whole window of each series; NaN before its first is over.

        One reading may be on its way.
        """
        series = self._listener.series
        many, known = len(series), len(self._counting_from_ms)
        if many > known:
            # What came before the first report of a series was counted from nobody knows when.
            self._counting_from_ms = np.concatenate([self._counting_from_ms, np.full(many - known, now_ms)])
            series.readings[known:many] = 0
            self._completeness = np.concatenate([self._completeness, np.full(many - known, np.nan)])
        interval = series.interval_ms[:many]
        elapsed = now_ms - self._counting_from_ms
        over = (interval > 0) & (elapsed >= _WINDOW_INTERVALS * interval)
        expected = np.maximum(elapsed[over] // interval[over] - 1, 1)
        self._completeness[over] = np.minimum(series.readings[:many][over] / expected, 1.0)
        self._counting_from_ms[over] = now_ms
        series.readings[:many][over] = 0
        return np.where(self._in_service()[series.equipment[:many]], self._completeness, np.nan)

    def _in_service(self) -> Flags:
        monitored = self._listener.equipment.monitored
        return np.array([one is not None and _in_service(one) for one in monitored], dtype=np.bool_)

    def _points(
        self,
        now_ms: int,
        standing: Mapping[str, SilenceState],
        frozen: Flags,
        completeness: np.ndarray[tuple[int], np.dtype[np.float64]],
    ) -> Iterator[Point]:
        table, series = self._listener.equipment, self._listener.series
        many = len(series)
        by_equipment = np.argsort(series.equipment[:many], kind="stable")
        edges = np.searchsorted(series.equipment[:many][by_equipment], np.arange(len(table) + 1))
        silent_gateways = {state.gateway for state in standing.values() if GATEWAY in state.evidence}
        for slot, monitored in enumerate(table.monitored):
            if monitored is None or not _in_service(monitored) or not table.heard_ms[slot]:
                continue
            numbers = by_equipment[edges[slot] : edges[slot + 1]]
            silences = (standing.get(monitored.equipment.code) or SilenceState()).evidence
            cut_off = (monitored.equipment.gateway or monitored.equipment.code) in silent_gateways
            fields: dict[str, float | str] = dict(
                self._figures(slot, numbers, frozen, completeness, len(silences) or int(cut_off))
            )
            for number in numbers.tolist():
                metric = series.names[number][1]
                named = {
                    "completeness": float(completeness[number]),
                    "out_of_range": float(series.out_of_range[number]),
                    "jumps": float(series.jumps[number]),
                    "frozen_s": float(series.at_ms[number] - series.unchanged_since_ms[number]) / 1000
                    if frozen[number]
                    else 0.0,
                    "silent": float(SENSOR + metric in silences or EQUIPMENT in silences or cut_off),
                }
                fields |= {
                    f"{metric}.{name}": value
                    for name, value in named.items()
                    if (value != 0 or name == "completeness") and not np.isnan(value)
                }
            tags = {"site": monitored.equipment.site, "equipment": monitored.equipment.code}
            yield Point(measurement=DATA_QUALITY, tags=tags, at_ms=now_ms, fields=fields)

    def _figures(
        self,
        slot: int,
        numbers: np.ndarray[tuple[int], np.dtype[np.int64]],
        frozen: Flags,
        completeness: np.ndarray[tuple[int], np.dtype[np.float64]],
        silent: int,
    ) -> Iterator[tuple[str, float]]:
        table, series = self._listener.equipment, self._listener.series
        shares = completeness[numbers]
        shares = shares[~np.isnan(shares)]
        if len(shares):
            yield "completeness", float(shares.mean())
        lags = np.sort(table.lags[slot, : min(int(table.lag_count[slot]), LAGS)]) / 1000
        if len(lags) >= _SOME_LAGS:
            yield "lag_p95_s", float(lags[int(0.95 * (len(lags) - 1) + 0.5)])
        if table.is_ahead[slot]:
            yield "skew_s", float(table.ahead_by_ms[slot]) / 1000
        elif len(lags) >= _SOME_LAGS:
            # What came fastest was on its way the least: the rest of its lag is the clock's.
            yield "skew_s", -float(lags[len(lags) // 4])
        yield "ahead", float(table.ahead[slot])
        yield "out_of_range", float(series.out_of_range[numbers].sum())
        yield "jumps", float(series.jumps[numbers].sum())
        yield "frozen", float(frozen[numbers].sum())
        yield "silent", float(silent)


def _in_service(monitored: Monitored) -> bool:
    return monitored.equipment.status is EquipmentStatus.IN_SERVICE and monitored.equipment.merged_into is None
