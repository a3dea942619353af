"""Stored telemetry of one piece of equipment as a table: a row an instant, a column a metric."""

from dataclasses import dataclass

import numpy as np

from iot_maint.domain.columns import Floats, Integers


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryRows:
    """n rows of m metrics: `at_ms` (n,) ascending without repeats, `values` (n, m), NaN where a metric has none."""

    metrics: tuple[str, ...]
    at_ms: Integers
    values: Floats

    def __len__(self) -> int:
        return len(self.at_ms)


@dataclass(frozen=True, slots=True, kw_only=True)
class HistorySpan:
    """The first and the last instant at which anything rests."""

    first_ms: int
    last_ms: int


def rows_of_series(metrics: tuple[str, ...], series: list[tuple[Integers, Floats]]) -> HistoryRows:
    """One table of a series (instants ascending, values) a metric; of metrics without any value there is no column."""
    present = [number for number, (at_ms, _) in enumerate(series) if len(at_ms)]
    metrics, series = tuple(metrics[number] for number in present), [series[number] for number in present]
    times = [at_ms for at_ms, _ in series]
    if (
        times
        and all(len(one) == len(times[0]) for one in times)
        and all(np.array_equal(one, times[0]) for one in times)
    ):
        return HistoryRows(metrics=metrics, at_ms=times[0], values=np.column_stack([values for _, values in series]))
    at_ms = np.unique(np.concatenate(times)) if times else np.zeros(0, dtype=np.int64)
    values: Floats = np.full((len(at_ms), len(metrics)), np.nan)
    for column, (own_ms, own) in enumerate(series):
        values[np.searchsorted(at_ms, own_ms), column] = own
    return HistoryRows(metrics=metrics, at_ms=at_ms, values=values)
