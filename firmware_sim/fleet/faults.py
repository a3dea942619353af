"""When a device's faults strike, and the dates of each: found on its noise-free course."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from firmware_sim.fleet.deck import scenario_of
from firmware_sim.fleet.grid import BINS, DAYS, PER_DAY, PER_HOUR, STEP_MS, Booleans
from firmware_sim.fleet.happenings import Happening, What
from firmware_sim.fleet.machine import Acting, Machine, Offset, offset_of
from firmware_sim.fleet.roster import Member
from firmware_sim.fleet.scenario import FaultKind, LevelSpec, Reference, ScenarioSpec, While, is_past
from firmware_sim.fleet.surroundings import Course
from firmware_sim.fleet.truth import Crossing, Fault

FIRST_DAY = 21  # before it, there is healthy history to learn from
_LAST_DAY = DAYS - 1.5
_SECOND_SHARE = 0.22
_REST_DAYS = 6.0
_BASE_BINS = 14 * PER_DAY
_HURRY, _HURRIES = 1.2, 14
_REPAIR_HOURS = (3.0, 20.0)
# What stands still while it is repaired; the others stay in service, or another takes their place, until it is done.
_STOPPED: Mapping[str, Mapping[str, float]] = {"elevator": {"power": 0.0}, "booster_pump": {"stopped": 1.0}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Struck:
    """A fault with all that comes of it: at work, its repair, and the level it leaves behind."""

    truth: Fault
    acting: Acting
    repair: Happening
    shift: Offset | None


def strike(
    seed: int, member: Member, machine: Machine, events: tuple[Happening, ...], offsets: tuple[Offset, ...]
) -> list[Struck]:
    """The faults of a device in a seed, none to two, in the order of time."""
    name = scenario_of(seed, member)
    if name is None:
        return []
    first = _place(member, machine, events, offsets, name, FIRST_DAY, [])
    struck = [first] if first else []
    chance = machine.around.stream("second")
    others = [
        other
        for other, spec in sorted(machine.profile.scenarios.items())
        if spec.fault_mode != machine.profile.scenarios[name].fault_mode
    ]
    if struck and others and chance.random() < _SECOND_SHARE:
        after = (struck[0].acting.first * STEP_MS + struck[0].truth.repaired_ms - struck[0].truth.onset_ms) / STEP_MS
        earliest = after / PER_DAY + _REST_DAYS
        again = _place(member, machine, events, offsets, others[int(chance.integers(len(others)))], earliest, struck)
        struck += [again] if again else []
    return struck


def _place(
    member: Member,
    machine: Machine,
    events: tuple[Happening, ...],
    offsets: tuple[Offset, ...],
    name: str,
    earliest: float,
    before: list[Struck],
) -> Struck | None:
    """One fault from its onset to its repair; None where the days left are too few for it."""
    spec = machine.profile.scenarios[name]
    chance = machine.around.stream(f"fault/{name}")
    latest = _LAST_DAY - spec.lasts.total_seconds() / 86_400.0
    wished = chance.random()
    if latest <= earliest:
        return None
    acts = spec.draw(chance)
    repair_bins = int(chance.uniform(*_REPAIR_HOURS) * PER_HOUR)
    left = chance.uniform(-1.0, 1.0)
    faults = [one.acting for one in before]
    events = (*events, *(one.repair for one in before))
    offsets = (*offsets, *(one.shift for one in before if one.shift))
    healthy = machine.live(faults, events, offsets)
    start = _moment(spec, healthy, machine, events, round((earliest + wished * (latest - earliest)) * PER_DAY))
    pace = 1.0
    for _ in range(_HURRIES):
        acting = Acting(acts=acts, first=start, last=BINS, pace=pace)
        course = machine.live([*faults, acting], events, offsets)
        dates = _dates(spec, machine, course, healthy, start)
        if dates is not None and dates[2] + repair_bins < BINS - 2:
            return _struck(member, machine, spec, name, acting, dates, repair_bins, left)
        pace *= _HURRY
    return None


def _struck(
    member: Member,
    machine: Machine,
    spec: ScenarioSpec,
    name: str,
    acting: Acting,
    dates: tuple[Crossing | None, Crossing | None, int],
    repair_bins: int,
    left: float,
) -> Struck:
    at_ms = machine.around.grid.at_ms
    warning, critical, failed = dates
    repaired = failed + repair_bins
    stopped = _STOPPED.get(member.profile_name)
    truth = Fault(
        equipment=member.code,
        fault_mode=spec.fault_mode,
        scenario=name,
        kind=FaultKind(spec.kind),
        onset_ms=int(at_ms[acting.first]) - STEP_MS,
        culprits=tuple(spec.culprits),
        warning=warning,
        critical=critical,
        failure=_in_words(spec, machine),
        failure_ms=int(at_ms[failed]),
        repaired_ms=int(at_ms[repaired]),
    )
    ends = failed + 1 if stopped else repaired
    over = Acting(acts=acting.acts, first=acting.first, last=ends, pace=acting.pace)
    repair = Happening(what=What.REPAIR, first=failed + 1, last=repaired, knobs=stopped or {}, detail=spec.fault_mode)
    metric = spec.culprits[0]
    sensor = machine.profile.sensors[metric]
    shift = None
    if spec.kind == "slow" and sensor.noise_pct + sensor.noise > 0.0:
        shift = offset_of(sensor, metric, repaired, 1.5 * left)
    return Struck(truth=truth, acting=over, repair=repair, shift=shift)


def _moment(spec: ScenarioSpec, healthy: Course, machine: Machine, events: tuple[Happening, ...], wished: int) -> int:
    """The first bin from the wished one on at which the fault can be seen within the hour."""
    if spec.kind == "slow":
        return wished
    fit = np.ones(BINS, dtype=bool)
    for event in events:
        fit[max(0, event.first - 2 * PER_HOUR) : event.last + PER_HOUR] = False
    if spec.while_ is not None:
        fit &= _state(spec.while_, healthy, machine)
    fitting = np.flatnonzero(fit[wished:])
    return wished + int(fitting[0]) if len(fitting) else wished


def _state(word: While, healthy: Course, machine: Machine) -> Booleans:
    hour = machine.around.grid.hour
    if word is While.BUSY:
        return (hour >= 9.0) & (hour < 18.0) & ~machine.around.weekend
    running = healthy.values["running"] > 0.5
    later = np.roll(running, -2 * PER_HOUR)
    if word is While.STANDING:
        return ~running & ~later
    if word is While.FULL:
        rising = np.roll(healthy.values["sump_level"], 1)
        return (rising >= 0.95) & ~running
    return running & (later | (machine.profile.base.kind == "sump"))


def _dates(
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


def _in_words(spec: ScenarioSpec, machine: Machine) -> str:
    if spec.failure.after is not None:
        return f"{spec.failure.after.total_seconds() / 3600.0:g} h after the limit"
    side = spec.failure.above if spec.failure.above is not None else spec.failure.below
    sign = ">" if spec.failure.above is not None else "<"
    if isinstance(side, Reference) and side.base is not None:
        return f"{spec.culprits[0]} {sign} {side.base:g} × its base"
    return f"{spec.culprits[0]} {sign} {_value(spec.failure, machine, 0.0)[1]:g}"
