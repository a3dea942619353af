"""The folders of `tests/scenarios`: a story that the simulator tells, and what the trade's facts say must come of it.

`expected.json` is worked out by hand from those facts (its `why` shows how), never copied from a run.
"""

import csv
import io
import re
import tomllib
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from firmware_sim import Message, Site, build_site, simulate
from firmware_sim.register import COLUMNS, register_csv
from iot_maint.domain.catalog import Severity
from iot_maint.domain.equipment import Equipment, EquipmentStatus

SCENARIOS = Path(__file__).parent / "scenarios"
CODE = "X-1"
SITE = "yard"
_PART = re.compile(r"(\d+)([dhms])")
_SECONDS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}


def parse_span(text: object) -> object:
    """`1h20m30s` as a span; anything else is left to pydantic to refuse."""
    if not isinstance(text, str) or not re.fullmatch(r"(\d+[dhms])+", text):
        return text
    return timedelta(seconds=sum(int(number) * _SECONDS[unit] for number, unit in _PART.findall(text)))


Span = Annotated[timedelta, BeforeValidator(parse_span)]


class Table(BaseModel):
    """No unknown keys: a misspelt expectation would expect nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Story(Table):
    """A `scenario.toml`: one simulated device, and what the register says of it beyond its profile."""

    profile: str
    seed: int
    t0: AwareDatetime
    duration: Span
    tick: str | None = None
    params: dict[str, float] = Field(default_factory=dict)
    link: dict[str, float] = Field(default_factory=dict)
    faults: list[dict[str, object]] = Field(default_factory=list)
    registered: bool = True
    status: EquipmentStatus = EquipmentStatus.IN_SERVICE
    parameters: dict[str, float] = Field(default_factory=dict)
    own_intervals: bool = True  # the register knows how often the device sends


class Step(Table):
    """A bad turn: the alarm is raised or worsens by this rule, at an instant between two offsets from t0."""

    event: Literal["raised", "worsened"]
    rule: str
    severity: Severity
    urgency: int
    between: tuple[Span, Span]


class ExpectedOrder(Table):
    """One order, its bad turns in order, further rules that join (others must not), and when its alarm clears."""

    fault_mode: str
    steps: list[Step] = Field(min_length=1)
    joins: frozenset[str] = frozenset()
    cleared: tuple[Span, Span] | None = None


class Healthy(Table):
    """What a story without an order is there to show.

    `near`: the warning rule of which at least 90 % is reached.  `opens_without`: fault modes that would get an order
    if dwell, gate or both were switched off.  `flutters`: then more alarms without hysteresis.
    """

    near: str
    opens_without: dict[Literal["dwell", "gate", "dwell and gate"], list[str]] = Field(min_length=1)
    flutters: bool = False


class Expected(Table):
    """An `expected.json`.  Every order is listed: no other may open.  `held_back`: faults that are only recorded."""

    why: str
    orders: list[ExpectedOrder]
    held_back: set[str] = set()
    healthy: Healthy | None = None
    sampled_too_slowly: frozenset[str] = frozenset()
    dead_letters: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, eq=False)
class Scenario:
    """One folder."""

    name: str
    story: Story
    expected: Expected

    @property
    def site(self) -> Site:
        """The simulated site: this one device."""
        story = self.story
        device: dict[str, object] = {"code": CODE, "profile": story.profile, "params": story.params}
        if story.tick is not None:
            device["tick"] = story.tick
        faults = [{"equipment": CODE, **fault} for fault in story.faults]
        return build_site(SITE, devices=[device], faults=faults, seed=story.seed, link=story.link)

    @property
    def equipment(self) -> Equipment:
        """The simulator's own register row of the device, with what the story changes about it."""
        row = next(csv.DictReader(io.StringIO(register_csv(self.site))))
        parameters = {
            name: float(row[name])
            for name in row
            if name not in COLUMNS and row[name] and (self.story.own_intervals or not name.startswith("interval."))
        }
        return Equipment(
            code=row["code"],
            name=row["name"],
            type=row["type"],
            site=row["site"],
            kind=row["kind"] or None,
            status=self.story.status,
            parameters=parameters | self.story.parameters,
        )


def read_scenario(folder: Path) -> Scenario:
    return Scenario(
        name=folder.relative_to(SCENARIOS).as_posix(),
        story=Story.model_validate(tomllib.loads((folder / "scenario.toml").read_text("utf-8"))),
        expected=Expected.model_validate_json((folder / "expected.json").read_text("utf-8")),
    )


@cache
def messages_of(scenario: Scenario) -> tuple[Message, ...]:
    """What the device sends over the story, in order of arrival; told once, heard by many tests."""
    story = scenario.story
    return tuple(simulate(scenario.site, story.t0, story.t0 + story.duration))


ALL = tuple(read_scenario(found.parent) for found in sorted(SCENARIOS.glob("*/*/scenario.toml")))
