"""What the kinds share that judge each metric against a baseline of its own: following one, and how far is usual."""

import importlib
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from iot_maint.domain.columns import Floats
from iot_maint.models.conditioning import MEAN_OF, Conditioned, Conditioning

QUANTILE = 0.75  # of the healthy residual that the scale is taken from: a quarter of history may be disturbed
NORMAL_QUANTILE = 1.1503493803760079  # the same of a standard normal's absolute value
WANDER = 1.5  # power of (wander / noise) by which a scale grows


def known_levels(levels: Conditioned) -> Iterator[tuple[int, NDArray[np.bool_], Floats]]:
    """Of each metric with any level: its number, in which of the n rows it has one (n,), and these levels."""
    for metric in range(levels.level.shape[-1]):
        known = ~np.isnan(levels.level[:, 0, metric])
        if known.any():
            yield metric, known, levels.level[known, 0, metric]


def largest_of(residuals: Floats) -> Floats:
    """Of each row of (n, m) residuals the largest known one; rows without any are left out."""
    seen = ~np.isnan(residuals).all(axis=1)
    return np.asarray(np.nanmax(residuals[seen], axis=1)) if seen.any() else np.zeros(0)


def usual_departure(apart: Floats, usual: Conditioning, metric: int) -> float:
    """The scale of one metric by its healthy distances (n,) from a baseline.

    A metric that wanders (ambient temperature) says less by moving than one that only rustles (flow): its scale grows
    with how much more it wandered than its noise explains.
    """
    floor = float(usual.floor[0, metric])
    spread = max(float(np.quantile(apart, QUANTILE)) / NORMAL_QUANTILE, floor)
    noise = max(float(usual.rustle[0, metric]) / np.sqrt(MEAN_OF), floor)
    return float(spread * max(1.0, spread / noise) ** WANDER)


def followed(level: Floats, slowness: float) -> tuple[Floats, float]:
    """The baseline before each row, and the one after the last; it begins at the median of the first rows."""
    # Loaded now: whoever only ingests must not carry scipy.
    lfilter = importlib.import_module("scipy.signal").lfilter
    share = 1.0 / (slowness + 1.0)
    start = float(np.median(level[: 2 * MEAN_OF]))
    after, _ = lfilter([share], [1.0, share - 1.0], level, zi=[(1.0 - share) * start])
    return np.concatenate([[start], after[:-1]]), float(after[-1])
