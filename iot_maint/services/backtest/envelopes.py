"""The shape of long series for a plot: the lowest and the highest value of each of a few hundred equal spans."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from iot_maint.domain.columns import Floats, Integers
from iot_maint.domain.history import HistoryRows

BUCKETS = 720


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """Of one metric: `lowest` and `highest` (b,) by span, NaN where there is no value."""

    lowest: Floats
    highest: Floats


class Envelopes:
    """Grow slice by slice over [start_ms, end_ms)."""

    def __init__(self, start_ms: int, end_ms: int, buckets: int = BUCKETS) -> None:
        self._start_ms = start_ms
        self._width_ms = max(1, -(-(end_ms - start_ms) // buckets))
        self._buckets = buckets
        self._of: dict[tuple[str, str], Envelope] = {}

    def see(self, equipment: str, rows: HistoryRows) -> None:
        """More rows of one piece of equipment."""
        bucket = (rows.at_ms - self._start_ms) // self._width_ms
        for column, metric in enumerate(rows.metrics):
            envelope = self._of.get((equipment, metric))
            if envelope is None:
                envelope = self._of[equipment, metric] = Envelope(
                    lowest=np.full(self._buckets, np.inf), highest=np.full(self._buckets, -np.inf)
                )
            self._grow(envelope, bucket, rows.values[:, column])

    def _grow(self, envelope: Envelope, bucket: Integers, values: Floats) -> None:
        there = ~np.isnan(values)
        bucket, values = bucket[there], values[there]
        if not len(bucket):
            return
        starts = np.flatnonzero(np.concatenate([[True], bucket[1:] != bucket[:-1]]))
        of = bucket[starts]
        envelope.lowest[of] = np.minimum(envelope.lowest[of], np.minimum.reduceat(values, starts))
        envelope.highest[of] = np.maximum(envelope.highest[of], np.maximum.reduceat(values, starts))

    @property
    def envelopes(self) -> Mapping[tuple[str, str], Envelope]:
        """By (equipment, metric)."""
        return {
            key: Envelope(
                lowest=np.where(np.isfinite(one.lowest), one.lowest, np.nan),
                highest=np.where(np.isfinite(one.highest), one.highest, np.nan),
            )
            for key, one in self._of.items()
        }
