"""From scores to alarms: raised at a limit, cleared only well below it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iot_maint.domain.columns import Floats

CLEARS_AT = 0.5  # share of the limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """An alarm is raised at a score of `raised` and lasts until a score below `cleared`."""

    raised: float
    cleared: float

    @classmethod
    def at(cls, raised: float) -> "Limit":
        return cls(raised=raised, cleared=CLEARS_AT * raised)


def alarms(score: Floats, limit: Limit, *, before: bool = False) -> NDArray[np.bool_]:
    """Whether an alarm stands at each row (n,); `before`: whether one stood at the row before the first."""
    raises, clears = score >= limit.raised, score < limit.cleared
    # The last row at or before each one that decided anything decides it.
    decided = np.where(raises | clears, np.arange(len(score)), -1)
    last = np.maximum.accumulate(decided) if len(score) else decided
    return np.where(last >= 0, raises[np.maximum(last, 0)], before)
