"""A baseline that follows, and how far from it is usual."""

import numpy as np
import pytest

from iot_maint.models.baselines import followed, usual_departure
from iot_maint.models.conditioning import MEAN_OF, Conditioning

NONE = np.zeros((1, 0))


def usual(rustle: float, floor: float = 1e-9) -> Conditioning:
    return Conditioning(
        clip=np.ones((1, 1)), floor=np.array([[floor]]), rustle=np.array([[rustle]]), centre=NONE, spread=NONE,
        weights=np.zeros((1, 1, 1)),
    )  # fmt: skip


def test_a_baseline_is_what_it_was_before_each_row() -> None:
    level = np.concatenate([np.zeros(50), np.ones(50)])
    before, after = followed(level, 9.0)
    assert before[50] == 0.0
    assert before[51] == pytest.approx(0.1)
    assert after == pytest.approx(before[-1] + 0.1 * (1.0 - before[-1]))


def test_departures_that_the_noise_explains_are_measured_in_their_own_spread() -> None:
    apart = np.abs(np.random.default_rng(1).normal(0.0, 0.5, 50_000))
    assert usual_departure(apart, usual(rustle=0.5 * np.sqrt(MEAN_OF)), 0) == pytest.approx(0.5, rel=0.02)


def test_a_metric_that_wanders_beyond_its_noise_says_less() -> None:
    apart = np.abs(np.random.default_rng(1).normal(0.0, 0.5, 50_000))
    assert usual_departure(apart, usual(rustle=0.125 * np.sqrt(MEAN_OF)), 0) == pytest.approx(0.5 * 8, rel=0.03)


def test_the_scale_is_never_finer_than_what_can_be_told_apart() -> None:
    assert usual_departure(np.zeros(100), usual(rustle=0.0, floor=0.3), 0) == 0.3
