"""The sixty devices: who stands where, under whom, beside whom."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field

from firmware_sim.fleet.profile import FleetProfile, load_fleet_profile
from firmware_sim.strict import Strict, parse, read_toml

FLEET = Path(__file__).parent / "fleet.toml"


class GroupSpec(Strict):
    """Devices of one profile at one place."""

    profile: str
    codes: list[str] = Field(min_length=1)
    parent: str = ""
    gateway: str
    set_: str = Field(default="", alias="set")


class SiteSpec(Strict):
    """A site and its equipment."""

    name: str
    office: bool
    equipment: list[GroupSpec]


class FleetFile(Strict):
    """The whole fleet."""

    schema_: Literal[1] = Field(alias="schema")
    sites: list[SiteSpec]


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One device.  `order` counts within its set, `card` within its profile over the whole fleet."""

    code: str
    site: str
    office: bool
    profile_name: str
    parent: str
    gateway: str
    set_name: str
    order: int
    card: int

    @property
    def profile(self) -> FleetProfile:
        return load_fleet_profile(self.profile_name)


@cache
def roster() -> tuple[Member, ...]:
    """All of them, in the file's order."""
    file = parse(FleetFile, read_toml(FLEET), str(FLEET))
    members: list[Member] = []
    seen: dict[str, int] = {}
    for site in file.sites:
        for group in site.equipment:
            for order, code in enumerate(group.codes):
                card = seen.get(group.profile, 0)
                seen[group.profile] = card + 1
                members.append(
                    Member(
                        code=code,
                        site=site.name,
                        office=site.office,
                        profile_name=group.profile,
                        parent=group.parent,
                        gateway=group.gateway,
                        set_name=group.set_,
                        order=order,
                        card=card,
                    )
                )
    return tuple(members)


def some(count: int) -> tuple[Member, ...]:
    """So many of them, of as many profiles as there can be: the first of each, then the second, and so on."""
    return tuple(sorted(roster(), key=lambda member: member.card)[:count])
