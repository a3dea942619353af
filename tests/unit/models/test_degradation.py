"""Days to limit: what grows gets a date with its uncertainty; steps, seasons, noise and silence get none."""

import itertools
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iot_maint.domain.columns import Floats
from iot_maint.models.degradation import Outlook, look_ahead

LIMIT, HEALTHY = 8.5, 2.0


def noise(days: int, scale: float, correlation: float = 0.0, seed: int = 0) -> Floats:
    chance = np.random.default_rng(seed)
    shocks = chance.standard_normal(days) * scale
    out = np.empty(days)
    out[0] = shocks[0]
    for day in range(1, days):
        out[day] = correlation * out[day - 1] + shocks[day] * np.sqrt(1 - correlation**2)
    return out


def levels(growth: Callable[[Floats], Floats], days: int, scale: float = 0.08, seed: int = 0) -> Floats:
    at = np.arange(days, dtype=np.float64)
    return HEALTHY + growth(at) + noise(days, scale, seed=seed)


def doubling(onset: float, days: float) -> Callable[[Floats], Floats]:
    return lambda at: 0.5 * (2 ** (np.maximum(at - onset, 0) / days) - 1)


def line(onset: float, a_day: float) -> Callable[[Floats], Floats]:
    return lambda at: a_day * np.maximum(at - onset, 0)


def ahead(history: Floats, limit: float = LIMIT) -> Outlook | None:
    return look_ahead(history, limit, upward=True)


@pytest.mark.parametrize("seed", range(5))
def test_an_exponential_growth_of_a_bearing_is_dated(seed: int) -> None:
    reached = 30 + 6 * np.log2(1 + (LIMIT - HEALTHY) / 0.5)  # day 52.8

    outlook = ahead(levels(doubling(30, 6), 46, seed=seed))

    assert outlook is not None
    assert outlook.p10 < outlook.p50 < outlook.p90
    assert abs(outlook.p50 - (reached - 45)) < 3
    assert abs(outlook.healthy - HEALTHY) < 0.15
    assert outlook.confidence > 0.95


@pytest.mark.parametrize("seed", range(5))
def test_a_linear_growth_of_a_door_time_is_dated(seed: int) -> None:
    at = np.arange(60, dtype=np.float64)
    door = 2.7 * (1 + 0.005 * np.maximum(at - 20, 0)) + noise(60, 0.01, seed=seed)

    outlook = look_ahead(door, 3.7, upward=True)

    assert outlook is not None
    reached = 20 + (3.7 / 2.7 - 1) / 0.005  # day 94
    assert abs(np.log(outlook.p50 / (reached - 59))) < 0.35
    assert outlook.p10 < reached - 59 < outlook.p90 * 1.2
    assert abs(outlook.since_days - 39) < 8


def test_a_fall_towards_a_lower_limit_is_the_same_turned_over() -> None:
    rising = levels(doubling(30, 6), 46)
    up = look_ahead(rising, LIMIT, upward=True)
    down = look_ahead(-rising, -LIMIT, upward=False)
    assert up is not None
    assert down is not None
    assert (down.p10, down.p50, down.p90) == (up.p10, up.p50, up.p90)
    assert (down.healthy, down.level) == (-up.healthy, -up.level)


@pytest.mark.parametrize("size", [-1.0, 0.5, 1.5, 3.0])
@pytest.mark.parametrize("seed", range(4))
def test_a_step_is_no_trend(size: float, seed: int) -> None:
    history = levels(lambda at: np.where(at >= 30, size, 0.0), 60, seed=seed)
    assert [day for day in range(12, 61) if ahead(history[:day]) is not None] == []


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("correlation", [0.0, 0.5, 0.85])
def test_noise_is_no_trend(correlation: float, seed: int) -> None:
    history = HEALTHY + noise(90, 0.25, correlation, seed)
    assert [day for day in range(12, 91) if ahead(history[:day]) is not None] == []


@pytest.mark.parametrize("seed", range(4))
def test_a_season_is_no_trend(seed: int) -> None:
    at = np.arange(120, dtype=np.float64)
    room = 27 + 4 * np.sin(2 * np.pi * at / 365) + noise(120, 0.8, 0.7, seed)
    assert [day for day in range(12, 121) if look_ahead(room[:day], 40.0, upward=True) is not None] == []


def test_after_a_repair_it_starts_anew() -> None:
    worn = levels(doubling(10, 6), 34)
    repaired = HEALTHY + noise(30, 0.08, seed=3)
    history = np.concatenate([worn, repaired])
    assert ahead(history[:34]) is not None
    assert [day for day in range(36, 65) if ahead(history[:day]) is not None] == []


def test_an_offset_of_a_new_sensor_starts_anew_and_growth_is_found_again() -> None:
    at = np.arange(60, dtype=np.float64)
    history = HEALTHY + line(10, 0.08)(at) + noise(60, 0.05) + np.where(at >= 30, 1.0, 0.0)

    assert ahead(history[:34]) is None
    outlook = ahead(history)

    assert outlook is not None
    true_days = 10 + (LIMIT - 1.0 - HEALTHY) / 0.08 - 59
    assert abs(np.log(outlook.p50 / true_days)) < 0.3
    assert outlook.since_days <= 31


def test_a_spike_of_one_day_is_no_trend_and_hides_none() -> None:
    flat = levels(lambda at: 0 * at, 60)
    flat[-1] += 4.0
    assert ahead(flat) is None
    growing = levels(doubling(30, 6), 46)
    spiked = growing.copy()
    spiked[38] += 5.0
    plain, other = ahead(growing), ahead(spiked)
    assert plain is not None
    assert other is not None
    assert abs(np.log(other.p50 / plain.p50)) < 0.4


def test_days_without_data_are_bridged_but_silence_says_nothing() -> None:
    history = levels(doubling(30, 6), 46)
    holes = history.copy()
    holes[[5, 6, 20, 33, 40]] = np.nan
    assert ahead(holes) is not None
    silent = history.copy()
    silent[-4:] = np.nan
    assert ahead(silent) is None


def test_no_day_depends_on_days_after_it_and_the_answer_is_the_same_again() -> None:
    history = levels(doubling(30, 6), 50)
    before = [ahead(history[:day]) for day in range(12, 45)]
    changed = history.copy()
    changed[45:] = 100.0
    assert [ahead(changed[:day]) for day in range(12, 45)] == before


@settings(max_examples=25, deadline=None)
@given(
    onset=st.integers(15, 35),
    pace=st.floats(4.0, 12.0),
    seed=st.integers(0, 1000),
    limits=st.lists(st.floats(4.0, 20.0), min_size=2, max_size=4),
)
def test_a_higher_limit_is_never_reached_earlier(onset: int, pace: float, seed: int, limits: list[float]) -> None:
    history = levels(doubling(onset, pace), 45, seed=seed)
    found = [outlook for limit in sorted(limits) if (outlook := ahead(history, limit)) is not None]
    for lower, higher in itertools.pairwise(found):
        assert (lower.p10, lower.p50, lower.p90) <= (higher.p10, higher.p50, higher.p90)
        assert lower.p10 <= higher.p10
        assert lower.p50 <= higher.p50
        assert lower.p90 <= higher.p90


@settings(max_examples=50, deadline=None)
@given(st.lists(st.one_of(st.floats(-1e6, 1e6), st.just(float("nan"))), max_size=60), st.floats(-1e6, 1e6))
def test_whatever_comes_the_answer_is_in_order_or_none(history: list[float], limit: float) -> None:
    outlook = look_ahead(np.array(history, dtype=np.float64), limit, upward=True)
    if outlook is not None:
        assert 0 <= outlook.p10 <= outlook.p50 <= outlook.p90
