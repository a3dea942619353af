"""A seed's run of the fleet: each device by itself, so that none depends on which others are asked for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from firmware_sim.errors import SimulatorError
from firmware_sim.fleet import data_faults
from firmware_sim.fleet.data_faults import ClockJump, Spoilt
from firmware_sim.fleet.faults import Struck, strike
from firmware_sim.fleet.grid import DAYS, PER_DAY, STEP_MS, Floats, Grid, Integers, make_grid
from firmware_sim.fleet.happenings import Happening, What, happenings
from firmware_sim.fleet.machine import Machine, Offset, build
from firmware_sim.fleet.roster import Member, roster, some
from firmware_sim.fleet.sensing import sense
from firmware_sim.fleet.surroundings import Course, Surroundings
from firmware_sim.fleet.truth import Benign, DataFault, Fault, Truth
from firmware_sim.fleet.weather import Weather, make_weather


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceRun:
    """What one device sent: `at_ms` (n,) ends of bins of five minutes; `values` (n, m), NaN where nothing arrived."""

    member: Member
    parameters: Mapping[str, float]
    metrics: tuple[str, ...]
    at_ms: Integers
    values: Floats

    @property
    def code(self) -> str:
        return self.member.code


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetRun:
    """A seed's run; the devices in the order of the roster."""

    seed: int
    days: int
    t0_ms: int
    devices: tuple[DeviceRun, ...]
    truth: Truth


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """A device's noise-free course, and the same without its faults; and all that befalls it."""

    machine: Machine
    course: Course
    twin: Course
    struck: tuple[Struck, ...]
    events: tuple[Happening, ...]
    offset: Offset | None
    spoilt: tuple[Spoilt, ...]
    clock: ClockJump | None


def generate(
    seed: int, *, days: int = DAYS, devices: int | None = None, progress: Callable[[int, int], None] | None = None
) -> FleetRun:
    """The run of a seed.  `days`: its first ones only; `devices`: so many, of all kinds in turn.

    `progress` is told (done, of how many) after each device.  The same seed gives the same values.
    """
    if not 1 <= days <= DAYS:
        raise SimulatorError(f"days: {days} is not between 1 and {DAYS}")
    if devices is not None and not 1 <= devices <= len(roster()):
        raise SimulatorError(f"devices: {devices} is not between 1 and {len(roster())}")
    if seed < 0:
        raise SimulatorError(f"seed: {seed} is below 0")
    members = roster() if devices is None else some(devices)
    grid = make_grid(seed)
    weather = make_weather(seed, grid)
    runs: list[DeviceRun] = []
    truths: list[Truth] = []
    for done, member in enumerate(members, start=1):
        life = live(seed, member, grid, weather)
        runs.append(_run(seed, member, life, grid, days))
        truths.append(_truth(member, life, grid, int(grid.at_ms[days * PER_DAY - 1])))
        if progress is not None:
            progress(done, len(members))
    truth = Truth(
        faults=tuple(one for truth in truths for one in truth.faults),
        benign=tuple(one for truth in truths for one in truth.benign),
        data_faults=tuple(one for truth in truths for one in truth.data_faults),
    )
    return FleetRun(seed=seed, days=days, t0_ms=grid.t0_ms, devices=tuple(runs), truth=truth)


def live(seed: int, member: Member, grid: Grid, weather: Weather) -> Life:
    """A device's ninety days before its sensors had a look at them."""
    name = f"{seed}/{member.code}"
    common = f"{seed}/{member.set_name or member.code}"
    around = Surroundings(
        grid=grid, weather=weather, office=member.office, order=member.order, name=name, common=common
    )
    machine = build(member.profile, around)
    events = happenings(seed, member)
    plain = machine.live([], events)
    failing = bool(strike(seed, member, machine, events, ()))
    offset = data_faults.replaced(seed, member, failing=failing)
    offsets = (offset,) if offset else ()
    struck = tuple(strike(seed, member, machine, events, offsets))
    repairs = tuple(one.repair for one in struck)
    shifts = tuple(one.shift for one in struck if one.shift)
    return Life(
        machine=machine,
        course=machine.live([one.acting for one in struck], (*events, *repairs), (*offsets, *shifts)),
        twin=machine.live([], events, offsets),
        struck=struck,
        events=events,
        offset=offset,
        spoilt=data_faults.spoilt(seed, member, plain.values, failing=bool(struck)),
        clock=data_faults.clock_jump(seed, member),
    )


def _run(seed: int, member: Member, life: Life, grid: Grid, days: int) -> DeviceRun:
    name = f"{seed}/{member.code}"
    sensed = sense(member.profile, life.course, grid, name)
    data_faults.spoil(sensed, life.spoilt, name)
    if life.clock is not None:
        data_faults.jump(sensed, life.clock)
    count = days * PER_DAY
    return DeviceRun(
        member=member,
        parameters=life.machine.parameters,
        metrics=tuple(sensed),
        at_ms=grid.at_ms[:count],
        values=np.column_stack([one[:count] for one in sensed.values()]),
    )


def _truth(member: Member, life: Life, grid: Grid, end_ms: int) -> Truth:
    """What began before the end."""

    def at(index: int) -> int:
        return grid.t0_ms + index * STEP_MS

    def benign(what: What, first: int, last: int, metrics: tuple[str, ...], detail: str) -> Benign:
        return Benign(
            equipment=member.code, what=what.value, from_ms=at(first), until_ms=at(last), metrics=metrics, detail=detail
        )

    found = [benign(one.what, one.first, one.last, (), one.detail) for one in life.events]
    found += [benign(one.repair.what, one.repair.first, one.repair.last, (), one.repair.detail) for one in life.struck]
    if life.offset is not None:
        plus = _in_words(life.offset)
        found.append(
            benign(What.SENSOR_REPLACED, life.offset.first, life.offset.first + 1, (life.offset.metric,), plus)
        )
    if life.clock is not None:
        behind = f"{life.clock.behind * 5} min behind"
        found.append(benign(What.CLOCK_JUMP, life.clock.first, life.clock.last, (), behind))
    for one in life.struck:
        if one.shift is not None:
            plus = _in_words(one.shift)
            found.append(
                benign(What.SHIFT_AFTER_REPAIR, one.shift.first, one.shift.first + 1, (one.shift.metric,), plus)
            )
    faults: list[Fault] = [one.truth for one in life.struck]
    data = [
        DataFault(
            equipment=member.code,
            what=one.what.value,
            from_ms=at(one.first),
            until_ms=at(one.last),
            metric=one.metric,
            detail=one.detail,
        )
        for one in life.spoilt
    ]
    return Truth(
        faults=tuple(one for one in faults if one.onset_ms < end_ms),
        benign=tuple(one for one in sorted(found, key=lambda one: one.from_ms) if one.from_ms < end_ms),
        data_faults=tuple(one for one in data if one.from_ms < end_ms),
    )


def _in_words(offset: Offset) -> str:
    return f"x {offset.times:.3f} {offset.plus:+.3g} from now on"
