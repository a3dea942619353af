"""How often the intervals hold, on paths whose true date is known: several laws of growth, correlated noise."""

from collections.abc import Iterator

import numpy as np
import pytest

from iot_maint.domain.columns import Floats
from iot_maint.models.degradation import look_ahead

HEALTHY, LIMIT = 2.0, 8.5
LAWS = ("linear", "exponential", "accelerating", "power")
PATHS = 14


def growth(law: str, chance: np.random.Generator, days: Floats) -> Floats:
    onset, lasts = float(chance.integers(15, 40)), chance.uniform(18, 45)
    age = np.maximum(days - onset, 0.0)
    if law == "linear":
        return np.asarray(age / lasts * (LIMIT - HEALTHY))
    if law == "power":
        return np.asarray((age / lasts) ** chance.uniform(1.2, 2.2) * (LIMIT - HEALTHY))
    if law == "exponential":
        return np.asarray(2.0 ** (age / chance.uniform(5, 14)) - 1.0)
    # A bearing's doubling time falls from 14 to 5 days.
    pace = np.log(2) * (1 / 14 + (1 / 5 - 1 / 14) * np.clip(age / chance.uniform(25, 45), 0.0, 1.5))
    return np.asarray(HEALTHY * np.expm1(np.cumsum(np.where(age > 0, pace, 0.0))))


def path(law: str, seed: int) -> tuple[Floats, float]:
    """Daily levels until the limit, and the day on which it is reached."""
    chance = np.random.default_rng((LAWS.index(law), seed))
    days = np.arange(150, dtype=np.float64)
    level = HEALTHY + growth(law, chance, days)
    correlation, scale = chance.choice([0.0, 0.4, 0.8]), chance.uniform(0.01, 0.05) * (LIMIT - HEALTHY)
    noise = np.empty(len(days))
    noise[0] = chance.standard_normal() * scale
    for day in range(1, len(days)):
        shock = chance.standard_normal() * scale * np.sqrt(1 - correlation**2)
        noise[day] = correlation * noise[day - 1] + shock
    first = int(np.argmax(level >= LIMIT))
    reached = first - 1 + (LIMIT - level[first - 1]) / (level[first] - level[first - 1])
    return (level + noise)[: first + 1], float(reached)


def intervals(law: str, seed: int) -> Iterator[tuple[float, float, float]]:
    """(days that were left, p10, p90) of every forecast of one path, one look every second day."""
    levels, reached = path(law, seed)
    expected = False
    for day in range(10, int(reached), 2):
        outlook = look_ahead(levels[: day + 1], LIMIT, upward=True, expected=expected)
        expected = outlook is not None
        if outlook is not None:
            yield reached - day, outlook.p10, outlook.p90


@pytest.fixture(scope="module")
def shares() -> dict[str, list[float]]:
    """By law, of each path the share of its forecasts whose interval held."""
    return {
        law: [
            float(np.mean([p10 <= left <= p90 for left, p10, p90 in found]))
            for seed in range(PATHS)
            if (found := list(intervals(law, seed)))
        ]
        for law in LAWS
    }


def test_every_growth_is_forecast_before_its_limit(shares: dict[str, list[float]]) -> None:
    assert {law: len(found) for law, found in shares.items()} == dict.fromkeys(LAWS, PATHS)


def test_p10_to_p90_holds_on_clean_paths_a_little_more_often_than_on_the_fleets(shares: dict[str, list[float]]) -> None:
    # Measured: 0.93 here, where weather and load are absent, and 0.81 on the simulated fleet (docs/adr/0017).
    assert 0.85 <= np.mean([share for found in shares.values() for share in found]) <= 0.95


def test_every_law_of_growth_is_covered(shares: dict[str, list[float]]) -> None:
    assert all(np.mean(found) >= 0.75 for found in shares.values()), shares
