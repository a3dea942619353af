"""An isolation forest as a few arrays: every tree complete, its nodes numbered like a heap, so that a step down the
tree needs no pointers.

Children of node i are 2 i + 1 (at or below the threshold) and 2 i + 2.  Where a tree of scikit-learn ends early the
rest of the way always goes left, to the same path length.
"""

import importlib
from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from iot_maint.domain.columns import Floats


class _Tree(Protocol):
    """What scikit-learn's tree tells of itself, by node; a leaf's children are −1."""

    max_depth: int
    feature: NDArray[np.int64]
    threshold: NDArray[np.float64]
    children_left: NDArray[np.int64]
    children_right: NDArray[np.int64]
    n_node_samples: NDArray[np.int64]


class _Estimator(Protocol):
    tree_: _Tree


_AT_ONCE = 100  # rows: their paths through all trees stay in the cache


class FlatForest(NamedTuple):
    """`columns`, `thresholds` (trees, 2^depth − 1), `lengths` (trees, 2^depth), `usual` the mean length of a path."""

    columns: NDArray[np.int32]
    thresholds: NDArray[np.float32]
    lengths: Floats
    usual: float


def path_scores(forest: FlatForest, rows: Floats) -> Floats:
    """(n,) 2^−(mean path length / usual one): what scikit-learn's `score_samples` says, without its sign."""
    # scikit-learn compares in single precision.
    single = np.ascontiguousarray(rows, dtype=np.float32)
    parts = [_score(forest, single[begin : begin + _AT_ONCE]) for begin in range(0, len(single), _AT_ONCE)]
    return np.concatenate(parts) if parts else np.zeros(0)


def _score(forest: FlatForest, rows: NDArray[np.float32]) -> Floats:
    trees, inner = forest.columns.shape
    depth = inner.bit_length()
    columns, thresholds = forest.columns.ravel(), forest.thresholds.ravel()
    values = rows.ravel()
    first = (np.arange(trees) * inner)[None]
    row_at = (np.arange(len(rows)) * rows.shape[1])[:, None]
    node = np.zeros((len(rows), trees), dtype=np.int64)
    for _ in range(depth):
        place = node + first
        right = values.take(columns.take(place) + row_at) > thresholds.take(place)
        node += node
        node += 1
        node += right
    leaf = node - inner + (np.arange(trees) * (inner + 1))[None]
    mean = np.ascontiguousarray(forest.lengths.ravel().take(leaf)).sum(axis=1) / trees
    scores: Floats = np.exp2(-mean / forest.usual)
    return scores


def train_forest(rows: Floats, *, trees: int, samples: int, seed: int) -> FlatForest:
    """scikit-learn's IsolationForest of these rows, flattened."""
    # Loaded now: whoever only ingests must not wait for scikit-learn.
    ensemble = importlib.import_module("sklearn.ensemble")
    samples = min(samples, len(rows))
    trained = ensemble.IsolationForest(n_estimators=trees, max_samples=samples, random_state=seed).fit(rows)
    return flatten(trained.estimators_, samples)


def flatten(estimators: Sequence["_Estimator"], samples: int) -> FlatForest:
    """The trees of a fitted IsolationForest, of which each saw so many samples."""
    depth = max(1, *(int(one.tree_.max_depth) for one in estimators))
    inner, trees = 2**depth - 1, len(estimators)
    columns = np.zeros((trees, inner), dtype=np.int32)
    thresholds = np.full((trees, inner), np.inf, dtype=np.float32)
    lengths = np.zeros((trees, inner + 1))
    for number, one in enumerate(estimators):
        tree = one.tree_
        # (node of scikit-learn, node here, steps so far)
        waiting = [(0, 0, 0)]
        while waiting:
            theirs, ours, steps = waiting.pop()
            left = int(tree.children_left[theirs])
            if left < 0:
                first = (ours + 1) * 2 ** (depth - steps) - 1 - inner
                lengths[number, first : first + 2 ** (depth - steps)] = steps + usual_path(
                    int(tree.n_node_samples[theirs])
                )
                continue
            columns[number, ours] = tree.feature[theirs]
            thresholds[number, ours] = _at_most(float(tree.threshold[theirs]))
            waiting.append((left, 2 * ours + 1, steps + 1))
            waiting.append((int(tree.children_right[theirs]), 2 * ours + 2, steps + 1))
    return FlatForest(columns, thresholds, lengths, usual_path(samples))


def _at_most(threshold: float) -> np.float32:
    """The largest single-precision number that is not above: a single value is above both or neither."""
    single = np.float32(threshold)
    return single if float(single) <= threshold else np.nextafter(single, np.float32(-np.inf))


def usual_path(samples: int) -> float:
    """The mean path length of a search that fails in a binary tree of so many samples (Liu, Ting and Zhou 2008)."""
    if samples <= 1:
        return 0.0
    if samples == 2:
        return 1.0
    return 2.0 * (float(np.log(samples - 1.0)) + float(np.euler_gamma)) - 2.0 * (samples - 1.0) / samples
