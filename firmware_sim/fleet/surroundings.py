"""What surrounds one device: time, weather, the life of its building, and streams of chance of its own."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from firmware_sim.fleet.chance import draw, noise, remember
from firmware_sim.fleet.grid import BINS, PER_DAY, STEP_S, Booleans, Floats, Grid
from firmware_sim.fleet.weather import Weather


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """`office`: empty at night and half empty at weekends; else homes.  `order`: its place among its twins."""

    grid: Grid
    weather: Weather
    office: bool
    order: int
    name: str  # of the streams: seed and code
    common: str  # of the streams that twins share: seed and set

    @property
    def weekend(self) -> Booleans:
        return self.grid.weekday >= 5

    def stream(self, use: str) -> np.random.Generator:
        return draw(f"{self.name}/{use}")

    def wander(self, use: str, tau_d: float = 4.0, *, shared: bool = False) -> Floats:
        """Unit noise that takes days to change: what a healthy machine, or what twins share, does by itself."""
        name = self.common if shared else self.name
        return noise(f"{name}/{use}", BINS, float(np.exp(-1.0 / (tau_d * PER_DAY))), 2.5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """Noise-free values (n,) by metric; `occurs` marks the bins in which a metric that is an event has one."""

    values: Mapping[str, Floats]
    occurs: Mapping[str, Booleans]


def lag(target: Floats, tau_s: float) -> Floats:
    """A first-order lag behind `target`, in balance with it at the start."""
    phi = float(np.exp(-STEP_S / tau_s))
    behind: Floats = target[0] + remember((1.0 - phi) * (target - target[0]), phi)
    return behind


def hours_run(before: float, running: Booleans) -> Floats:
    """A counter of the hours run."""
    counted: Floats = before + np.cumsum(running, dtype=np.float64) * (STEP_S / 3600.0)
    return counted


def cellar(weather: Weather) -> Floats:
    """°C in a pump room below ground."""
    return 14.0 + 0.4 * weather.outdoor


def switch_room(weather: Weather) -> Floats:
    """°C around transformers and panels, ventilated."""
    return 14.0 + 0.5 * weather.outdoor
