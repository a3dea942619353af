"""Rows of one piece of equipment on the scale of its fleet: how far from its own middle, in its own spreads."""

from dataclasses import dataclass

import numpy as np

from iot_maint.domain.columns import Floats
from iot_maint.models.detector import Recipe, Rows

# Of a normal distribution, the median distance from the middle times this is its standard deviation.
_SIGMAS_A_MEDIAN = 1.4826
# A metric that hardly moves is no reason to divide by nothing: a thousandth of its size is its least spread.
_LEAST_SHARE = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class Placing:
    """`center` and `spread` (m,), in the order of the rows' metrics; a gate stays as it is (0 and 1)."""

    metrics: tuple[str, ...]
    center: Floats
    spread: Floats

    def place(self, rows: Rows) -> Rows:
        """The rows on the fleet's scale; `ValueError` for rows of other metrics."""
        if rows.metrics != self.metrics:
            raise ValueError(f"rows of {', '.join(rows.metrics)}, placed are {', '.join(self.metrics)}")
        return Rows(metrics=rows.metrics, at_ms=rows.at_ms, values=(rows.values - self.center) / self.spread)


def learn_placing(rows: Rows, recipe: Recipe) -> Placing:
    """Median and spread of each metric while the equipment runs, where that is known; else of all its rows.

    A metric without any value stays where it is: none of its values will be there to be placed.
    """
    values = rows.values
    if recipe.gate is not None and recipe.gate in rows.metrics:
        running = values[:, rows.metrics.index(recipe.gate)] != 0
        values = values[running] if running.any() else values
    center, spread = np.zeros(len(rows.metrics)), np.ones(len(rows.metrics))
    for column, metric in enumerate(rows.metrics):
        known = values[:, column][~np.isnan(values[:, column])]
        if metric == recipe.gate or len(known) == 0:
            continue
        center[column] = np.median(known)
        typical = _SIGMAS_A_MEDIAN * np.median(np.abs(known - center[column]))
        spread[column] = max(typical, _LEAST_SHARE * abs(center[column])) or 1.0
    return Placing(metrics=rows.metrics, center=center, spread=spread)
