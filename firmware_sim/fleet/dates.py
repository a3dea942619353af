"""The dates of a fault, found on its device's noise-free course: limits passed, and the failure."""

import numpy as np

from firmware_sim.fleet.grid import PER_DAY, PER_HOUR
from firmware_sim.fleet.machine import Machine
from firmware_sim.fleet.scenario import LevelSpec, Reference, ScenarioSpec, is_past
from firmware_sim.fleet.surroundings import Course
from firmware_sim.fleet.truth import Crossing

_BASE_BINS = 14 * PER_DAY


def find_dates(
    spec: ScenarioSpec, machine: Machine, course: Course, healthy: Course, start: int
) -> tuple[Crossing | None, Crossing | None, int] | None:
    """(warning, critical, bin of the failure); None where one of them is not reached."""
    metric = spec.culprits[0]
    values = course.values[metric]
    base = float(np.median(healthy.values[metric][max(0, start - _BASE_BINS) : start]))
    crossings: list[Crossing | None] = []
    reached = start
    for level in (spec.warning, spec.critical):
        if level is None:
            crossings.append(None)
            continue
        above, value = _value(level, machine, base)
        past = np.flatnonzero(is_past(values[start:], value, above=above))
        if not len(past):
            return None
        reached = start + int(past[0])
        at_ms = int(machine.around.grid.at_ms[reached])
        crossings.append(Crossing(metric=metric, above=above, value=value, at_ms=at_ms))
    if spec.failure.after is not None:
        failed = reached + max(1, round(spec.failure.after.total_seconds() * PER_HOUR / 3600.0))
    else:
        above, value = _value(spec.failure, machine, base)
        past = np.flatnonzero(is_past(values[start:], value, above=above))
        if not len(past):
            return None
        failed = start + int(past[0])
    return crossings[0], crossings[1], failed


def _value(level: LevelSpec, machine: Machine, base: float) -> tuple[bool, float]:
    """(above, value)."""
    side = level.above if level.above is not None else level.below
    if isinstance(side, Reference):
        if side.parameter is None:
            return level.above is not None, base * (side.base or 1.0)
        return level.above is not None, machine.parameters[side.parameter] * side.times + side.plus
    if side is None:
        raise ValueError("a level without a side")
    return level.above is not None, side


def failure_in_words(spec: ScenarioSpec, machine: Machine) -> str:
    if spec.failure.after is not None:
        return f"{spec.failure.after.total_seconds() / 3600.0:g} h after the limit"
    side = spec.failure.above if spec.failure.above is not None else spec.failure.below
    sign = ">" if spec.failure.above is not None else "<"
    if isinstance(side, Reference) and side.base is not None:
        return f"{spec.culprits[0]} {sign} {side.base:g} × its base"
    return f"{spec.culprits[0]} {sign} {_value(spec.failure, machine, 0.0)[1]:g}"
