"""Which kind of detector suits given rows, told by those healthy rows alone.

Each kind learns the first part of them; the rest is healthy for it and, twice more, with a shift planted into one
metric after the other: one that comes at once, and one that creeps up.  The best is silent over the first and sees
most of the others.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from iot_maint.domain.columns import Floats
from iot_maint.domain.errors import NotEnoughHistory
from iot_maint.models.alarming import Limit, alarms
from iot_maint.models.conditioning import FEWEST_ROWS
from iot_maint.models.detector import Detector, DetectorKind, Recipe, Rows, cut
from iot_maint.models.kinds import DEFAULT, KINDS

LEARNT = 0.6  # of the rows
SHIFT = 3.0  # planted, in spreads of the metric's own values; a creeping one goes on to twice as much
MOST_ALARMED = 0.02  # of healthy time; a kind below that is silent enough
MOST_PLANTED = 12  # metrics; of more, evenly chosen ones


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """How one kind did: the share of healthy rows in alarm, and of the planted rows the share that was found."""

    kind: str
    alarmed: float
    found: float

    @property
    def merit(self) -> float:
        """What was found, less ten times what it cried wolf beyond the allowance."""
        return self.found - 10.0 * max(0.0, self.alarmed - MOST_ALARMED)


def choose_kind(
    healthy: Rows, recipe: Recipe, limit: Limit, kinds: Mapping[str, DetectorKind] = KINDS
) -> tuple[str, Sequence[Trial]]:
    """The name of the best kind and all trials, best first; none where there are too few rows to try."""
    learnt = round(LEARNT * len(healthy))
    if learnt < 2 * FEWEST_ROWS:
        return DEFAULT, ()
    trials = []
    for kind in kinds.values():
        try:
            trials.append(_try_kind(kind, cut(healthy, 0, learnt), cut(healthy, learnt), recipe, limit))
        except NotEnoughHistory:
            continue
    # The default wins a tie: nothing is explained as simply as one metric by itself.
    trials.sort(key=lambda trial: (-trial.merit, trial.kind != DEFAULT))
    return (trials[0].kind if trials else DEFAULT), trials


def _try_kind(kind: DetectorKind, learnt: Rows, rest: Rows, recipe: Recipe, limit: Limit) -> Trial:
    detector = kind.fit(learnt, recipe)
    begin = len(rest) // 2
    planted = len(rest) - begin
    courses = (np.ones(planted), 2.0 * np.arange(1, planted + 1) / planted)
    found = [
        _alarmed(detector, _shifted(rest, learnt, metric, course), limit)[begin:]
        for metric in _planted(recipe)
        for course in courses
    ]
    return Trial(
        kind=kind.name,
        alarmed=round(float(_alarmed(detector, rest, limit).mean()), 4),
        found=round(float(np.mean([one.mean() for one in found])), 4),
    )


def _planted(recipe: Recipe) -> Sequence[str]:
    every = -(-len(recipe.metrics) // MOST_PLANTED)
    return recipe.metrics[::every]


def _alarmed(detector: Detector, rows: Rows, limit: Limit) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    return alarms(detector.score(rows, None)[0].score, limit)


def _shifted(rows: Rows, learnt: Rows, metric: str, course: Floats) -> Rows:
    """The rows with a shift in the last of them, by its course (planted,) in units of `SHIFT`."""
    column = rows.metrics.index(metric)
    seen = learnt.values[:, column]
    spread = float(np.nanstd(seen)) if np.isfinite(seen).any() else 0.0
    values = rows.values.copy()
    values[len(rows) - len(course) :, column] += SHIFT * spread * course
    return Rows(metrics=rows.metrics, at_ms=rows.at_ms, values=values)
