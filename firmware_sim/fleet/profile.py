"""A kind of device in the fleet: a simulator profile, and what is the fleet's own."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from firmware_sim.errors import SimulatorError
from firmware_sim.fleet.equipment import KINDS, Kind
from firmware_sim.fleet.scenario import ScenarioSpec
from firmware_sim.profile import MetricSpec, Profile, load_profile
from firmware_sim.strict import Strict, parse, read_toml

PROFILES = Path(__file__).parent / "profiles"


class SensorSpec(Strict):
    """A sensor's scatter where it differs from the profile's: `white` noise knows nothing of the reading before."""

    noise: float = Field(default=0.0, ge=0.0)
    noise_pct: float = Field(default=0.0, ge=0.0)
    white: bool = False


class FleetProfileFile(Strict):
    """`figures`: physical figures drawn once a device between two ends."""

    schema_: Literal[1] = Field(alias="schema")
    profile: str
    figures: dict[str, tuple[float, float]] = Field(default_factory=dict)
    sensors: dict[str, SensorSpec] = Field(default_factory=dict)
    scenarios: dict[str, ScenarioSpec]

    @field_validator("figures", mode="before")
    @classmethod
    def _pairs(cls, figures: object) -> object:
        if not isinstance(figures, dict):
            return figures
        return {key: tuple(pair) if isinstance(pair, list) else pair for key, pair in figures.items()}

    @model_validator(mode="after")
    def _refer_to_what_exists(self) -> Self:
        base, kind = load_profile(self.profile), KINDS[self.profile]
        for name in self.sensors:
            if name not in base.metrics:
                raise ValueError(f"sensors.{name}: the profile has no such metric")
        for name, scenario in self.scenarios.items():
            for culprit in scenario.culprits:
                if culprit not in base.metrics:
                    raise ValueError(f"scenarios.{name}.culprits: the profile has no {culprit!r}")
            for act in scenario.acts:
                if act.target not in base.metrics and act.target not in kind.knobs:
                    raise ValueError(f"scenarios.{name}.acts: {act.target!r} is neither a metric nor a knob")
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetProfile:
    """Everything about a kind of device; `metrics` in the profile's order."""

    base: Profile
    kind: Kind
    figures: Mapping[str, tuple[float, float]]
    sensors: Mapping[str, SensorSpec]
    scenarios: Mapping[str, ScenarioSpec]

    @property
    def metrics(self) -> Mapping[str, MetricSpec]:
        return self.base.metrics


@cache
def load_fleet_profile(name: str) -> FleetProfile:
    """By name; raises SimulatorError naming file and key."""
    path = PROFILES / f"{name}.toml"
    if name not in KINDS or not path.is_file():
        raise SimulatorError(f"{name}: the fleet has no such profile; there are {', '.join(sorted(KINDS))}")
    file = parse(FleetProfileFile, read_toml(path), str(path))
    base = load_profile(file.profile)
    sensors = {
        metric: file.sensors.get(metric, SensorSpec(noise=spec.noise, noise_pct=spec.noise_pct))
        for metric, spec in base.metrics.items()
    }
    return FleetProfile(base=base, kind=KINDS[name], figures=file.figures, sensors=sensors, scenarios=file.scenarios)
