"""The fleet's stored history as the forecasts read it: hourly medians, of what the devices had sent by then."""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from datetime import timedelta

import numpy as np

from firmware_sim.fleet import DeviceRun, FleetRun
from iot_maint.domain.columns import Floats, Integers
from iot_maint.domain.queries import SeriesQuery, SeriesSample, Statistic

_HOUR = timedelta(hours=1)
_HOUR_MS = 3_600_000


class FleetStore:
    """A `SeriesReader` over a run: windows of an hour alone, medians or means, gated or not."""

    def __init__(self, run: FleetRun) -> None:
        self._devices: Mapping[str, DeviceRun] = {device.code: device for device in run.devices}
        self._known: dict[tuple[str, tuple[str, ...], Statistic, str | None], tuple[list[int], list[SeriesSample]]] = {}

    def read_series(self, query: SeriesQuery) -> list[SeriesSample]:
        """Samples in the order of time; `ValueError` for windows that are no hours."""
        if query.every != _HOUR:
            raise ValueError(f"the fleet's history is read by the hour, not by {query.every}")
        key = (query.equipment, tuple(query.metrics), query.statistic, query.gate)
        if key not in self._known:
            self._known[key] = self._whole(query)
        starts, samples = self._known[key]
        # Whole hours alone: of the one that has begun the fleet's arrays know the end already.
        return samples[bisect_left(starts, query.start_ms) : bisect_right(starts, query.end_ms - _HOUR_MS)]

    def _whole(self, query: SeriesQuery) -> tuple[list[int], list[SeriesSample]]:
        """All hours of the run, worked out once: the daily jobs ask for nearly the same again and again."""
        device = self._devices[query.equipment]
        samples: list[SeriesSample] = []
        for metric in query.metrics:
            if metric not in device.metrics or (query.gate is not None and query.gate not in device.metrics):
                continue
            starts, values = self._hours(device, metric, query.statistic, query.gate)
            found = zip(starts.tolist(), values.tolist(), strict=True)
            samples += [SeriesSample(metric=metric, at_ms=at_ms, value=value) for at_ms, value in found]
        samples.sort(key=lambda sample: sample.at_ms)
        return [sample.at_ms for sample in samples], samples

    def _hours(self, device: DeviceRun, metric: str, statistic: Statistic, gate: str | None) -> tuple[Integers, Floats]:
        """(starts, values) of all hours with any value."""
        values = device.values[:, device.metrics.index(metric)]
        if gate is not None:
            values = np.where(device.values[:, device.metrics.index(gate)] > 0, values, np.nan)
        return _by_hour(device.at_ms, values, statistic)


def _by_hour(at_ms: Integers, values: Floats, statistic: Statistic) -> tuple[Integers, Floats]:
    known = ~np.isnan(values)
    hours, begins = np.unique(at_ms[known] // _HOUR_MS, return_index=True)
    pieces = np.split(values[known], begins[1:]) if len(hours) else []
    choose = np.median if statistic is Statistic.MEDIAN else np.mean
    return hours * _HOUR_MS, np.array([float(choose(piece)) for piece in pieces])
