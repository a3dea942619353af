"""What a family of equipment offers: the knobs faults may turn, the parameters sites may set."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from firmware_sim.chance import Chance
from firmware_sim.moment import Moment

Value = float | bool


class Physics(Protocol):
    """One device's inner life; keeps its state between steps."""

    def step(self, moment: Moment, dt_s: float, knobs: Mapping[str, float]) -> dict[str, Value]:
        """Noise-free values after `dt_s`; a metric that did not occur in this step is absent."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """`defaults` are the physical parameters, `knobs` the neutral positions of what faults turn."""

    build: Callable[[Mapping[str, float], Chance, Moment], Physics]
    defaults: Mapping[str, float]
    knobs: Mapping[str, float]
    metrics: frozenset[str]
