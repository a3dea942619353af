"""The ways data goes wrong while the machine is well, and sensors that are changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from firmware_sim.fleet.chance import draw
from firmware_sim.fleet.grid import DAYS, PER_DAY, PER_HOUR, Floats
from firmware_sim.fleet.happenings import QUIET_FROM_DAY
from firmware_sim.fleet.machine import Offset, offset_of
from firmware_sim.fleet.roster import Member
from firmware_sim.fleet.sensing import scatter


class What(StrEnum):
    """The faults of data."""

    FROZEN = "frozen"
    SPIKE = "spike"
    DRIFT = "drift"
    DROPOUT = "dropout"
    UNIT_X10 = "unit_x10"
    CLOCK_AHEAD = "clock_ahead"
    DUPLICATES = "duplicates"
    OUT_OF_ORDER = "out_of_order"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoilt:
    """Bins [first, last) of one metric, or of all where `metric` is empty; `figure` is the fault's own."""

    what: What
    first: int
    last: int
    metric: str = ""
    figure: float = 0.0
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockJump:
    """A gateway's clock is `behind` so many bins in [first, last): its devices' messages carry earlier times."""

    first: int
    last: int
    behind: int


_SHARE_OF_HEALTHY, _SHARE_OF_FAILING = 0.45, 0.3
_REPLACED_SHARE = 0.2
_JUMP_SHARE = 0.3
# Hours that each lasts.
_HOURS: Mapping[What, tuple[float, float]] = {
    What.FROZEN: (6.0, 60.0),
    What.SPIKE: (12.0, 60.0),
    What.DRIFT: (240.0, 480.0),
    What.DROPOUT: (3.0, 40.0),
    What.UNIT_X10: (1.0, 8.0),
    What.CLOCK_AHEAD: (4.0, 30.0),
    What.DUPLICATES: (24.0, 72.0),
    What.OUT_OF_ORDER: (24.0, 72.0),
}


def spoilt(seed: int, member: Member, course: Mapping[str, Floats], *, failing: bool) -> tuple[Spoilt, ...]:
    """What becomes of a device's data; on one that fails, only before its first possible fault."""
    chance = draw(f"{seed}/{member.code}/data-faults")
    if chance.random() > (_SHARE_OF_FAILING if failing else _SHARE_OF_HEALTHY):
        return ()
    what = list(What)[int(chance.integers(len(What)))]
    span = round(chance.uniform(*_HOURS[what]) * PER_HOUR)
    until = QUIET_FROM_DAY if failing else DAYS - 2.0
    span = min(span, round((until - 4.0) * PER_DAY))
    first = round(chance.uniform(3.0 * PER_DAY, until * PER_DAY - span))
    metric, figure, detail = "", 0.0, ""
    if what in (What.FROZEN, What.SPIKE, What.DRIFT, What.UNIT_X10) or (what is What.DROPOUT and chance.random() < 0.5):
        names = analogue(member)
        metric = names[int(chance.integers(len(names)))]
    if what is What.SPIKE:
        figure = float(chance.uniform(2.0, 8.0))
        detail = f"one in forty x {figure:.1f}"
    elif what is What.DRIFT:
        figure = float(chance.choice([-1.0, 1.0]) * chance.uniform(3.0, 5.0)) * scatter(member.profile, course, metric)
        detail = f"{figure:+.3g} by its end, when the sensor is calibrated"
    elif what is What.CLOCK_AHEAD:
        detail = "8 h, so that every message is refused"
    return (Spoilt(what=what, first=first, last=first + span, metric=metric, figure=figure, detail=detail),)


def spoil(values: dict[str, Floats], faults: tuple[Spoilt, ...], stream: str) -> None:
    """Changes `values` (n,) by metric in place, as the sick sensor or clock would."""
    for fault in faults:
        span = slice(fault.first, fault.last)
        if fault.what is What.CLOCK_AHEAD or (fault.what is What.DROPOUT and not fault.metric):
            for one in values.values():
                one[span] = np.nan
            continue
        if fault.what in (What.DUPLICATES, What.OUT_OF_ORDER):
            continue  # The same readings, delivered twice or late: the record is none the worse for it.
        held = values[fault.metric][span]
        there = ~np.isnan(held)
        if fault.what is What.DROPOUT:
            held[:] = np.nan
        elif fault.what is What.FROZEN and there.any():
            held[there] = held[there][0]
        elif fault.what is What.SPIKE:
            struck = draw(f"{stream}/spikes-of-data").random(len(held)) < 1.0 / 40.0
            held[struck] *= fault.figure
        elif fault.what is What.DRIFT:
            held += fault.figure * np.linspace(0.0, 1.0, len(held))
        elif fault.what is What.UNIT_X10:
            held *= 10.0


def clock_jump(seed: int, member: Member) -> ClockJump | None:
    """Of the device's gateway, in the first weeks."""
    chance = draw(f"{seed}/{member.gateway}/clock")
    if chance.random() > _JUMP_SHARE:
        return None
    first = int(chance.uniform(3.0, QUIET_FROM_DAY - 3.0) * PER_DAY)
    return ClockJump(
        first=first, last=first + int(chance.integers(6, 48)) * PER_HOUR, behind=int(chance.integers(3, 12))
    )


def jump(values: dict[str, Floats], clock: ClockJump) -> None:
    """As the product keeps it: what carries a time it already has is the same reading, and a gap remains at the end."""
    first, last, behind = clock.first, clock.last, clock.behind
    for one in values.values():
        one[first : last - behind] = one[first + behind : last].copy()
        one[last - behind : last] = np.nan


def replaced(seed: int, member: Member, *, failing: bool) -> Offset | None:
    """A sensor that was changed, and now reads a little more or less."""
    chance = draw(f"{seed}/{member.code}/replaced")
    if chance.random() > _REPLACED_SHARE:
        return None
    names = analogue(member)
    metric = names[int(chance.integers(len(names)))]
    day = chance.uniform(4.0, QUIET_FROM_DAY) if failing else chance.uniform(8.0, DAYS - 4.0)
    sigmas = float(chance.choice([-1.0, 1.0]) * chance.uniform(1.5, 3.0))
    return offset_of(member.profile.sensors[metric], metric, round(day * PER_DAY), sigmas)


def analogue(member: Member) -> list[str]:
    """Metrics that a noisy sensor measures: no counters, no switches."""
    sensors = member.profile.sensors
    return [name for name, sensor in sensors.items() if sensor.noise + sensor.noise_pct > 0.0]
