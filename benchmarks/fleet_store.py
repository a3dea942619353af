"""The fleet's stored history as the forecasts read it: hourly medians, of what the devices had sent by then."""

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
        self._known: dict[tuple[str, str, Statistic, str | None], tuple[Integers, Floats]] = {}

    def read_series(self, query: SeriesQuery) -> list[SeriesSample]:
        """Samples in the order of time; `ValueError` for windows that are no hours."""
        if query.every != _HOUR:
            raise ValueError(f"the fleet's history is read by the hour, not by {query.every}")
        device = self._devices[query.equipment]
        samples = []
        for metric in query.metrics:
            if metric not in device.metrics or (query.gate is not None and query.gate not in device.metrics):
                continue
            starts, values = self._hours(device, metric, query.statistic, query.gate)
            # Whole hours alone: of the one that has begun the fleet's arrays know the end already.
            asked = (starts >= query.start_ms) & (starts + _HOUR_MS <= query.end_ms)
            found = zip(starts[asked].tolist(), values[asked].tolist(), strict=True)
            samples += [SeriesSample(metric=metric, at_ms=at_ms, value=value) for at_ms, value in found]
        return sorted(samples, key=lambda sample: sample.at_ms)

    def _hours(self, device: DeviceRun, metric: str, statistic: Statistic, gate: str | None) -> tuple[Integers, Floats]:
        """(starts, values) of all hours with any value, worked out once."""
        key = (device.code, metric, statistic, gate)
        if key not in self._known:
            values = device.values[:, device.metrics.index(metric)]
            if gate is not None:
                values = np.where(device.values[:, device.metrics.index(gate)] > 0, values, np.nan)
            self._known[key] = _by_hour(device.at_ms, values, statistic)
        return self._known[key]


def _by_hour(at_ms: Integers, values: Floats, statistic: Statistic) -> tuple[Integers, Floats]:
    known = ~np.isnan(values)
    hours, begins = np.unique(at_ms[known] // _HOUR_MS, return_index=True)
    pieces = np.split(values[known], begins[1:]) if len(hours) else []
    choose = np.median if statistic is Statistic.MEDIAN else np.mean
    return hours * _HOUR_MS, np.array([float(choose(piece)) for piece in pieces])
