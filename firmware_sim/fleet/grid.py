"""The ninety days of a run in bins of five minutes, at the sites' local time."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from firmware_sim.fleet.chance import draw
from firmware_sim.quantities import to_ms

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]

STEP_S = 300
STEP_MS = STEP_S * 1000
PER_HOUR = 3600 // STEP_S
PER_DAY = 24 * PER_HOUR
DAYS = 90
BINS = DAYS * PER_DAY

_ZONE = timedelta(hours=8)
_HOUR_MS, _DAY_MS = 3_600_000, 86_400_000
# A run begins in one of the four seasons, by its seed, and some days later.
_BEGINNINGS = ((2026, 1, 4), (2026, 3, 22), (2026, 6, 7), (2026, 9, 12))
_LATER_DAYS = 21


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """By bin (n,): `at_ms` its end; `hour` 0 ≤ h < 24, `weekday` 0 = Monday; `season` −1 mid January to +1 mid July."""

    t0_ms: int
    at_ms: Integers
    hour: Floats
    weekday: Integers
    day_of_year: Floats
    season: Floats

    def index(self, day: float) -> int:
        """The bin that begins `day` days after the start."""
        return round(day * PER_DAY)


def make_grid(seed: int) -> Grid:
    """The span of a seed's run."""
    year, month, day = _BEGINNINGS[seed % len(_BEGINNINGS)]
    later = int(draw(f"{seed}/start").integers(0, _LATER_DAYS))
    begin = datetime(year, month, day, tzinfo=UTC) + timedelta(days=later) - _ZONE
    t0_ms = to_ms(begin)
    at_ms = t0_ms + STEP_MS * np.arange(1, BINS + 1, dtype=np.int64)
    local = at_ms + int(_ZONE.total_seconds()) * 1000
    new_year = to_ms(datetime(year, 1, 1, tzinfo=UTC))
    day_of_year = (local - new_year) / _DAY_MS
    return Grid(
        t0_ms=t0_ms,
        at_ms=at_ms,
        hour=(local % _DAY_MS) / _HOUR_MS,
        weekday=(local // _DAY_MS + 3) % 7,
        day_of_year=day_of_year,
        season=np.cos((day_of_year - 200.0) * np.pi * 2.0 / 365.0),
    )
