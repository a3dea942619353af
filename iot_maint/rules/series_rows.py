"""What is remembered of many series, a row each in arrays: as `Series` of `rules.state`, for all of them at once."""

from collections.abc import Iterator

import numpy as np

from iot_maint.domain.columns import Floats, Integers
from iot_maint.rules.quiet import Calm
from iot_maint.rules.state import RECENT, Series

NEVER_MS = -(2**62)
_ROOM = 256


class SeriesRows:
    """One row a series: the band in which it is quiet and until when, and what it remembers."""

    def __init__(self) -> None:
        self._used = 0
        self._free: list[int] = []
        self.lowest: Floats = np.empty(0)
        self.highest: Floats = np.empty(0)
        self.never: Floats = np.empty(0)
        self.until_ms: Integers = np.empty(0, dtype=np.int64)
        self.slow_after_ms: Floats = np.empty(0)
        self.last_ms: Integers = np.empty(0, dtype=np.int64)
        self.slow_gaps: Integers = np.empty(0, dtype=np.int64)
        self.count: Integers = np.empty(0, dtype=np.int64)
        self.recent_at: Integers = np.empty((0, RECENT), dtype=np.int64)
        self.recent: Floats = np.empty((0, RECENT))
        self.mark: Integers = np.empty(0, dtype=np.int64)  # scratch

    def take(self) -> int:
        """A row that nobody uses."""
        if self._free:
            return self._free.pop()
        if self._used == len(self.count):
            for name, array in vars(self).items():
                if isinstance(array, np.ndarray):
                    grown = np.zeros((max(2 * len(array), _ROOM), *array.shape[1:]), dtype=array.dtype)
                    grown[: len(array)] = array
                    setattr(self, name, grown)
        self._used += 1
        return self._used - 1

    def give_back(self, row: int) -> None:
        """Nobody uses it any longer."""
        self._free.append(row)

    def write(self, row: int, calm: Calm, slow_after_ms: int | None) -> None:
        """The band of a series without any readings."""
        self.lowest[row], self.highest[row], self.never[row] = calm.band
        self.until_ms[row] = calm.until_ms
        self.slow_after_ms[row] = np.inf if slow_after_ms is None else slow_after_ms
        self.last_ms[row], self.slow_gaps[row], self.count[row] = NEVER_MS, 0, 0

    def remember(self, row: int, series: Series) -> None:
        """Its readings, as they were remembered elsewhere."""
        kept = series.recent[-RECENT:]
        self.recent_at[row, : len(kept)] = [at_ms for at_ms, _ in kept]
        self.recent[row, : len(kept)] = [value for _, value in kept]
        self.count[row], self.slow_gaps[row] = len(kept), series.slow_gaps
        self.last_ms[row] = kept[-1][0]

    def series(self, rows: Integers) -> Iterator[Series]:
        """What each row remembers; all have readings."""
        counts, slow_gaps = self.count[rows].tolist(), self.slow_gaps[rows].tolist()
        times, values = self.recent_at[rows].tolist(), self.recent[rows].tolist()
        for count, slow, at_ms, recent in zip(counts, slow_gaps, times, values, strict=True):
            readings = tuple(zip(at_ms, recent, strict=True))
            oldest = count % RECENT
            yield Series(readings[oldest:] + readings[:oldest] if count > RECENT else readings[:count], slow)
