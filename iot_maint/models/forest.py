"""Isolation forest: how few cuts set a row apart from healthy ones.  Trained by scikit-learn, scored as flat arrays.

Trees cannot cut beyond what they have seen: there, a row twice as far off looks the same to them.  So what a metric
goes beyond its healthy range is added.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from iot_maint.domain.columns import Floats
from iot_maint.domain.errors import MaintError
from iot_maint.models.conditioning import Conditioned
from iot_maint.models.fitted import Arrays, Judged, demand
from iot_maint.models.flat_forest import FlatForest, path_scores, train_forest
from iot_maint.models.standard import check_standard, learn_standard, standardise

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

    def learn(self, levels: Conditioned, floor: Floats, seed: int) -> tuple[Arrays, Floats]:
        standard, rows = learn_standard(levels, floor)
        rows = rows[:: max(1, len(rows) // MOST_LEARNT)]
        if not len(rows):
            rows = np.zeros((2, levels.level.shape[-1]))
        forest = train_forest(rows, trees=TREES, samples=SAMPLES, seed=seed)
        model: dict[str, NDArray[np.generic]] = {
            **standard,
            "lowest": rows.min(axis=0)[None],
            "highest": rows.max(axis=0)[None],
            "columns": forest.columns,
            "thresholds": forest.thresholds,
            "lengths": forest.lengths,
            "usual": np.array([[forest.usual, 0.0]]),
        }
        numbers = path_scores(forest, rows)
        middle = float(np.median(numbers))
        model["usual"] = np.array([[forest.usual, middle]])
        return model, np.maximum(numbers - middle, 0.0)

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
            unusual = scores - float(model["usual"][0, 1])
            outside = np.maximum(rows - model["highest"][0], 0.0) + np.maximum(model["lowest"][0] - rows, 0.0)
            outside = np.where(known[seen, place], BEYOND * outside, 0.0)
            number[seen, place] = np.maximum(unusual, 0.0)
            for metric in range(rows.shape[1]):
                number[seen, place] += outside[:, metric]
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
