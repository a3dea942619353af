"""What a kind of equipment offers to the fleet: its course under the surroundings, and the knobs faults turn."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from firmware_sim.fleet.grid import Floats
from firmware_sim.fleet.surroundings import Course, Surroundings

Knobs = Mapping[str, Floats]
Figures = Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """`knobs`: their neutral positions.  `course` takes the physical figures of one device."""

    course: Callable[[Surroundings, Figures, Knobs], Course]
    knobs: Mapping[str, float]
