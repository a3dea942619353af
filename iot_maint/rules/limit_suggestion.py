"""A limit that would have spared the false alarms and kept the real ones, by how far each value went."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from iot_maint.domain.catalog import Comparison

_GAP = 0.1  # of the value, where no real fault bounds the limit from the other side
_NEAREST, _FARTHEST = 0.1, 0.5  # of the gap: somewhat beyond the false ones, and well before the real ones
_LARGEST = 1e100  # the arithmetic below overflows before the numbers do
_COARSEST, _FINEST = -6, 9  # decimals: from millions to billionths


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A limit that `avoided` false peaks do not pass; the `remaining` false ones and all `kept` real ones do."""

    limit: float
    avoided: int
    remaining: int
    kept: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NoLimitParts:
    """Real faults went no further than false ones: a limit that spares all the false would lose `lost` of `real`."""

    limit: float
    avoided: int
    lost: int
    real: int


def suggest_limit(
    comparison: Comparison, real_peaks: Sequence[float], false_peaks: Sequence[float]
) -> Suggestion | NoLimitParts | None:
    """From the farthest value of each order; None without a false one, or where a limit has no sides (`is`).

    None also where a peak is a broken sensor's largest number: no limit is found on such a scale.

    Of the first half of the gap between false and real peaks the roundest number is taken.  A real alarm is never
    given up for a false one.
    """
    if comparison is Comparison.IS or not false_peaks:
        return None
    sign = 1.0 if comparison is Comparison.ABOVE else -1.0
    real, false = sorted(sign * peak for peak in real_peaks), sorted(sign * peak for peak in false_peaks)
    if not all(abs(peak) <= _LARGEST for peak in (*real, *false)):
        return None
    nearest = real[0] if real else math.inf
    avoidable = [peak for peak in false if peak < nearest]
    if not avoidable:
        lost = sum(peak <= false[-1] for peak in real)
        return NoLimitParts(limit=sign * false[-1], avoided=len(false), lost=lost, real=len(real))
    farthest = avoidable[-1]
    gap = nearest - farthest if real else _GAP * abs(farthest)
    return Suggestion(
        limit=sign * _roundest(farthest + _NEAREST * gap, farthest + _FARTHEST * gap) + 0.0,
        avoided=len(avoidable),
        remaining=len(false) - len(avoidable),
        kept=len(real),
    )


def _roundest(low: float, high: float) -> float:
    """The number with the fewest decimals in [low, high]."""
    for decimals in range(_COARSEST, _FINEST + 1):
        rounded = round(math.ceil(low * 10.0**decimals) / 10.0**decimals, max(decimals, 0))
        if low <= rounded <= high:
            return rounded
    return low
