"""Confounders: what happens to healthy devices, moves their telemetry, and is no fault."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from firmware_sim.fleet.chance import draw
from firmware_sim.fleet.grid import DAYS, PER_DAY, PER_HOUR
from firmware_sim.fleet.roster import Member


class What(StrEnum):
    """The confounders that have a beginning and an end."""

    POWER_CUT = "power_cut"
    TANK_CLEANING = "tank_cleaning"
    LOAD_TRANSFER = "load_transfer"
    MAINTENANCE = "maintenance"
    SENSOR_REPLACED = "sensor_replaced"
    CLOCK_JUMP = "clock_jump"
    REPAIR = "repair"
    SHIFT_AFTER_REPAIR = "shift_after_repair"


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """Bins [first, last); `knobs` are set meanwhile."""

    what: What
    first: int
    last: int
    knobs: Mapping[str, float] = field(default_factory=dict)
    detail: str = ""


# Nothing but site-wide events falls between the first possible fault and the end on a device that fails.
QUIET_FROM_DAY = 18.0
_POWER_CUTS = (0.35, 0.8)  # share of sites without one, and with at most one
_CLEANING_SHARE, _CLEANING_HOURS = 0.55, 5
_TRANSFER_SHARE = 0.6
_TRANSFERS: Mapping[str, tuple[float, float]] = {
    "transformer_dry": (1.3, 0.7),
    "transformer_dry_h": (1.3, 0.7),
    "transformer_oil": (1.3, 0.7),
    "lv_panel": (1.1, 0.85),
}
_MAINTENANCE_DAYS: Mapping[str, int] = {"elevator": 14}
# Pits have a second supply, as fire pumps do.
_BACKED_UP = frozenset({"sump_pump"})


def happenings(seed: int, member: Member) -> tuple[Happening, ...]:
    """Those of one device, by its site, its set and itself: other devices of the fleet have no say in it."""
    found = [*_power_cuts(seed, member), *_cleaning(seed, member), *_transfer(seed, member), *_visits(seed, member)]
    return tuple(sorted(found, key=lambda one: one.first))


def _power_cuts(seed: int, member: Member) -> list[Happening]:
    if "power" not in member.profile.kind.knobs or member.profile_name in _BACKED_UP:
        return []
    chance = draw(f"{seed}/{member.site}/power")
    share = chance.random()
    count = 0 if share < _POWER_CUTS[0] else 1 if share < _POWER_CUTS[1] else 2
    cuts = []
    for _ in range(count):
        first = int(chance.uniform(3.0, DAYS - 3.0) * PER_DAY)
        last = first + int(chance.integers(4, 19))
        detail = f"mains lost for {(last - first) * 60 // PER_HOUR} min"
        cuts.append(Happening(what=What.POWER_CUT, first=first, last=last, knobs={"power": 0.0}, detail=detail))
    return cuts


def _cleaning(seed: int, member: Member) -> list[Happening]:
    if "cleaning" not in member.profile.kind.knobs:
        return []
    chance = draw(f"{seed}/{member.set_name}/cleaning")
    if chance.random() > _CLEANING_SHARE:
        return []
    first = int(chance.integers(5, DAYS - 4)) * PER_DAY + 9 * PER_HOUR
    last = first + _CLEANING_HOURS * PER_HOUR
    return [
        Happening(what=What.TANK_CLEANING, first=first, last=last, knobs={"cleaning": 1.0}, detail="half at a time")
    ]


def _transfer(seed: int, member: Member) -> list[Happening]:
    if not member.set_name or member.profile_name not in _TRANSFERS:
        return []
    chance = draw(f"{seed}/{member.set_name}/transfer")
    if chance.random() > _TRANSFER_SHARE:
        return []
    taker = int(chance.integers(0, 2))
    first = int(chance.uniform(5.0, DAYS - 5.0) * PER_DAY)
    last = first + int(chance.integers(8, 60)) * PER_HOUR
    more, less = _TRANSFERS[member.profile_name]
    factor = more if member.order == taker else less
    detail = f"load x {factor:g}"
    return [Happening(what=What.LOAD_TRANSFER, first=first, last=last, knobs={"transfer": factor}, detail=detail)]


def _visits(seed: int, member: Member) -> list[Happening]:
    """Regular maintenance: out of service for an hour or so."""
    every = _MAINTENANCE_DAYS.get(member.profile_name)
    if every is None:
        return []
    chance = draw(f"{seed}/{member.code}/maintenance")
    visits = []
    for day in range(int(chance.integers(1, every)), DAYS - 1, every):
        first = day * PER_DAY + int(chance.integers(9 * PER_HOUR, 15 * PER_HOUR))
        last = first + int(chance.integers(9, 20))
        detail = f"every {every} days"
        visits.append(Happening(what=What.MAINTENANCE, first=first, last=last, knobs={"power": 0.0}, detail=detail))
    return visits
