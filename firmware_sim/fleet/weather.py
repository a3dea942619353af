"""The city's weather over a run: what makes healthy equipment warmer, damper and busier without being ill."""

from dataclasses import dataclass

import numpy as np

from firmware_sim.fleet.chance import draw, noise, remember
from firmware_sim.fleet.grid import BINS, DAYS, PER_DAY, STEP_S, Floats, Grid

_FRONT_TAU_D = 3.0
_RAIN_TAU_H = 3.0
_SHOWERS_PER_DAY = (0.12, 0.5)  # the dry half of the year and the rainy one
_HEAVIEST = 6.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """By bin: `outdoor` °C; `rain` 0 to about 6, what a shower adds to a pit in m³/h; `damp` 0–1."""

    outdoor: Floats
    rain: Floats
    damp: Floats


def make_weather(seed: int, grid: Grid) -> Weather:
    """The same for all sites of a seed: they stand in one city."""
    front = 1.8 * noise(f"{seed}/front", BINS, float(np.exp(-1.0 / (_FRONT_TAU_D * PER_DAY))), 1.9)
    clear = np.repeat(draw(f"{seed}/clear").uniform(0.6, 1.15, DAYS), PER_DAY)
    daily = 4.0 * clear * np.cos((grid.hour - 15.0) * np.pi / 12.0)
    rng = draw(f"{seed}/rain")
    dry, rainy = _SHOWERS_PER_DAY
    rate = np.where(grid.season > 0.0, rainy, dry) / PER_DAY
    fallen = np.where(rng.random(BINS) < rate, rng.exponential(2.5, BINS), 0.0)
    rain = np.minimum(_HEAVIEST, remember(fallen, float(np.exp(-STEP_S / (_RAIN_TAU_H * 3600.0)))))
    damp = np.clip(remember(rain, float(np.exp(-STEP_S / 43_200.0))) * STEP_S / 43_200.0, 0.0, 1.0)
    return Weather(outdoor=17.0 + 12.0 * grid.season + daily + front, rain=rain, damp=damp)
