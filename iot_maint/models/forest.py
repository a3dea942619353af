"""Isolation forest: how few cuts set a row apart from healthy ones.  Trained by scikit-learn, scored as flat arrays.

Trees cannot cut beyond what they have seen: there, a row twice as far off looks the same to them.  So what a metric
goes beyond its healthy range is added.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from iot_maint.domain.columns import Floats
from iot_maint.domain.errors import MaintError
from iot_maint.models.conditioning import Conditioned, Conditioning
from iot_maint.models.fitted import Arrays, Judged, demand
from iot_maint.models.flat_forest import FlatForest, path_scores, train_forest
from iot_maint.models.standard import check_standard, in_turns, learn_standard, standardise

TREES = 100
SAMPLES = 256  # of each tree: more hide anomalies behind each other (Liu, Ting and Zhou 2008)
MOST_LEARNT = 20_000  # rows of a long history; a tree sees SAMPLES of them
DEEPEST = 16
BEYOND = 0.05  # of a path score, for each spread beyond the healthy range


class IsolationForest:
    """A metric's share is how much more usual the row becomes with that metric at its usual place."""

    name = "forest"

    def memory_size(self, metrics: int) -> int:
        del metrics
        return 0

    def learn(self, levels: Conditioned, usual: Conditioning, seed: int) -> tuple[Arrays, Floats]:
        standard, rows = learn_standard(levels, usual.floor)
        rows = rows[:: max(1, len(rows) // MOST_LEARNT)]
        if not len(rows):
            rows = np.zeros((2, levels.level.shape[-1]))
        learnt, measured = in_turns(rows)
        forest = train_forest(learnt, trees=TREES, samples=SAMPLES, seed=seed)
        model: dict[str, NDArray[np.generic]] = {
            **standard,
            "lowest": learnt.min(axis=0)[None],
            "highest": learnt.max(axis=0)[None],
            "columns": forest.columns,
            "thresholds": forest.thresholds,
            "lengths": forest.lengths,
            "usual": np.array([[forest.usual, 0.0]]),
        }
        numbers = path_scores(forest, measured)
        model["usual"] = np.array([[forest.usual, float(np.median(numbers))]])
        return model, _number(model, measured, numbers)

    def judge(self, models: Sequence[Arrays], levels: Conditioned, state: Floats) -> tuple[Judged, Floats]:
        standard = standardise(models, levels)
        known = ~np.isnan(standard)
        # A missing metric stands where it usually is.
        filled = np.where(known, standard, 0.0)
        number, shares = np.zeros(filled.shape[:2]), np.zeros(filled.shape)
        for place, model in enumerate(models):
            forest = FlatForest(
                model["columns"].astype(np.int32, copy=False),
                model["thresholds"].astype(np.float32, copy=False),
                model["lengths"].astype(np.float64, copy=False),
                float(model["usual"][0, 0]),
            )
            seen = np.flatnonzero(known[:, place].any(axis=-1))
            rows = filled[seen, place]
            scores = path_scores(forest, rows)
            outside = _outside(model, rows)
            number[seen, place] = _number(model, rows, scores)
            explained = np.flatnonzero(number[seen, place] > 0.0)
            # Where no metric by itself explains the row, all that are known do.
            shares[seen, place] = known[seen, place] * 1e-9 + outside
            for metric in range(rows.shape[1]):
                without = rows[explained].copy()
                without[:, metric] = 0.0
                gained = np.maximum(scores[explained] - path_scores(forest, without), 0.0)
                shares[seen[explained], place, metric] += gained
        return Judged(number=number, shares=shares, directions=np.sign(filled)), state

    def check(self, model: Arrays, metrics: int) -> None:
        check_standard(model, metrics)
        demand(model, "columns", (TREES, None))
        inner = model["columns"].shape[1]
        if (inner + 1) & inner or not 0 < inner < 2**DEEPEST:
            raise MaintError(f"a stored forest's trees have {inner} nodes, which is no complete tree: train it again")
        demand(model, "thresholds", (TREES, inner))
        demand(model, "lengths", (TREES, inner + 1))
        demand(model, "usual", (1, 2))
        demand(model, "lowest", (1, metrics))
        demand(model, "highest", (1, metrics))
        columns = model["columns"]
        if int(columns.min()) < 0 or int(columns.max()) >= metrics:
            raise MaintError(f"a stored forest asks for more than its {metrics} metrics: train it again")


def _outside(model: Arrays, rows: Floats) -> Floats:
    """(n, m) what goes beyond the healthy range, in path scores; a missing metric stands within."""
    lowest, highest = model["lowest"].astype(np.float64), model["highest"].astype(np.float64)
    beyond: Floats = np.maximum(rows - np.maximum(highest, 0.0), 0.0) + np.maximum(np.minimum(lowest, 0.0) - rows, 0.0)
    return BEYOND * beyond


def _number(model: Arrays, rows: Floats, scores: Floats) -> Floats:
    """(n,) how much less usual than the median healthy row."""
    number = np.maximum(scores - float(model["usual"][0, 1]), 0.0)
    outside = _outside(model, rows)
    for metric in range(rows.shape[1]):
        number = number + outside[:, metric]
    return number
