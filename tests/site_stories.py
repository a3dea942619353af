"""The folders of `tests/scenarios/sites`: devices that hang on one another, and every order that must come of it.

`expected.json` is worked out by hand, as those of single devices are.
"""

import csv
import io
import tomllib
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

from pydantic import AwareDatetime, Field

from firmware_sim import Message, Site, build_site, simulate
from firmware_sim.register import COLUMNS, register_csv
from iot_maint.domain.equipment import Equipment
from tests.scenario_files import SCENARIOS, Span, Table

SITE = "yard"


class Device(Table):
    """One device and what it hangs on."""

    code: str
    profile: str
    parent: str | None = None
    params: dict[str, float] = Field(default_factory=dict)


class SiteStory(Table):
    """A `site.toml`; a fault's equipment may be a pattern."""

    seed: int
    t0: AwareDatetime
    duration: Span
    equipment: list[Device]
    faults: list[dict[str, object]]


class SiteOrder(Table):
    """One order: raised between two offsets from t0, and what hangs under it, as `equipment/fault mode`."""

    equipment: str
    fault_mode: str
    between: tuple[Span, Span]
    symptoms: frozenset[str] = frozenset()


class SiteExpected(Table):
    """Every order is listed: no other may open, and none of these may be cancelled."""

    why: str
    orders: list[SiteOrder]


@dataclass(frozen=True, slots=True, eq=False)
class SiteScenario:
    """One folder."""

    name: str
    story: SiteStory
    expected: SiteExpected

    @property
    def site(self) -> Site:
        """The simulated site."""
        devices: list[dict[str, object]] = [
            {"code": one.code, "profile": one.profile, "params": one.params} for one in self.story.equipment
        ]
        faults = [
            {**fault, "equipment": one.code}
            for fault in self.story.faults
            for one in self.story.equipment
            if fnmatch(one.code, str(fault["equipment"]))
        ]
        return build_site(SITE, devices=devices, faults=faults, seed=self.story.seed)

    @property
    def equipment(self) -> list[Equipment]:
        """The simulator's own register rows, with the parents of the story."""
        parents = {one.code: one.parent for one in self.story.equipment}
        return [
            Equipment(
                code=row["code"],
                name=row["name"],
                type=row["type"],
                site=row["site"],
                kind=row["kind"] or None,
                parent=parents[row["code"]],
                parameters={name: float(row[name]) for name in row if name not in COLUMNS and row[name]},
            )
            for row in csv.DictReader(io.StringIO(register_csv(self.site)))
        ]


def read_site(folder: Path) -> SiteScenario:
    return SiteScenario(
        name=folder.name,
        story=SiteStory.model_validate(tomllib.loads((folder / "site.toml").read_text("utf-8"))),
        expected=SiteExpected.model_validate_json((folder / "expected.json").read_text("utf-8")),
    )


@cache
def messages_of(scenario: SiteScenario) -> tuple[Message, ...]:
    """What the site sends over the story, in order of arrival; told once, heard by many tests."""
    story = scenario.story
    return tuple(simulate(scenario.site, story.t0, story.t0 + story.duration))


SITES = tuple(read_site(found.parent) for found in sorted(SCENARIOS.glob("sites/*/site.toml")))
