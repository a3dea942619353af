"""Plain functions that are fanned out in tests: workers in other processes import them from here."""

import os

import numpy as np

from iot_maint.models.detector import Recipe
from tests.trained_models import KINDS, some_rows


def double(number: int) -> int:
    return 2 * number


def fit_and_score(seed: int) -> bytes:
    """All that a small training comes to, as bytes; with sums long enough for several threads."""
    rows = some_rows(400, seed=seed)
    scores, _ = KINDS["distance"].fit(rows, Recipe(metrics=rows.metrics)).score(rows, None)
    large = np.random.default_rng(seed).normal(size=(300, 300))
    return scores.score.tobytes() + (large @ large).tobytes() + np.linalg.svd(large, compute_uv=False).tobytes()


def fail_at_three(number: int) -> int:
    if number == 3:
        raise ValueError("three")
    return number


def die(_: int) -> None:
    os._exit(9)
