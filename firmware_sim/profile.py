"""A device profile: one TOML that names a type's metrics, parameters, physics and faults."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from firmware_sim.acts import Act
from firmware_sim.errors import SimulatorError
from firmware_sim.fault_spec import FaultSpec
from firmware_sim.physics import FAMILIES, Family
from firmware_sim.quantities import Duration
from firmware_sim.strict import Strict, parse, read_toml

PROFILES = Path(__file__).parent / "profiles"


class MetricSpec(Strict):
    """One metric: sent each tick unless `every` says otherwise, or when it changes (and every `every`).

    `noise` (absolute) and `noise_pct` (of the value) are standard deviations; `step` is the resolution.
    With `base` the value needs no physics: base + daily·(peak at 15 h) + yearly·(peak in July).
    A text as `base` names a parameter of the equipment.
    """

    every: Duration | None = None
    on_change: bool = False
    noise: float = Field(default=0.0, ge=0.0)
    noise_pct: float = Field(default=0.0, ge=0.0)
    step: float | None = Field(default=None, gt=0.0)
    min: float | None = None
    max: float | None = None
    base: float | bool | str | None = None
    daily: float = 0.0
    yearly: float = 0.0


class PhysicsSpec(Strict):
    """The family and its parameters; a text refers to a parameter of the equipment."""

    family: str
    params: dict[str, float | str] = Field(default_factory=dict)


class Profile(Strict):
    """`parameters` go into the register; a device may override them and the physics' own."""

    schema_: Literal[1] = Field(alias="schema")
    type: str
    kind: str | None = None
    tick: Duration
    physics: PhysicsSpec | None = None
    parameters: dict[str, float] = Field(default_factory=dict)
    metrics: dict[str, MetricSpec]
    faults: dict[str, FaultSpec] = Field(default_factory=dict)

    @property
    def family(self) -> Family | None:
        return FAMILIES[self.physics.family] if self.physics else None

    def device_params(self, overrides: Mapping[str, float]) -> tuple[dict[str, float], dict[str, float]]:
        """(register parameters, physics parameters) of one device; KeyError names an unknown override."""
        family = self.family
        physical = dict(family.defaults) if family else {}
        for key in overrides:
            if key not in self.parameters and key not in physical:
                raise KeyError(key)
        register = {key: overrides.get(key, value) for key, value in self.parameters.items()}
        if self.physics:
            for key, value in self.physics.params.items():
                physical[key] = register[value] if isinstance(value, str) else value
        # A key both lists know (setpoint) follows the register above; its own overrides come last.
        physical |= {key: value for key, value in overrides.items() if key in physical}
        return register, physical

    @model_validator(mode="after")
    def _refer_to_what_exists(self) -> Self:
        if self.tick.total_seconds() <= 0:
            raise ValueError("tick: must be longer than nothing")
        if self.physics and self.physics.family not in FAMILIES:
            raise ValueError(f"physics.family: {self.physics.family!r} is none of {', '.join(FAMILIES)}")
        family = self.family
        references = dict(self.physics.params) if self.physics else {}
        for key, value in references.items():
            if family and key not in family.defaults:
                raise ValueError(f"physics.params.{key}: the family has no such parameter")
            if isinstance(value, str) and value not in self.parameters:
                raise ValueError(f"physics.params.{key}: {value!r} is not among the parameters")
        for name, metric in self.metrics.items():
            known = family is not None and name in family.metrics
            if not known and metric.base is None:
                raise ValueError(f"metrics.{name}: the physics do not give it and it has no base")
            if isinstance(metric.base, str) and metric.base not in self.parameters:
                raise ValueError(f"metrics.{name}.base: {metric.base!r} is not among the parameters")
        for name, fault in self.faults.items():
            for target in (act.target for act in self._acts(name, fault)):
                if target not in self.metrics and not (family and target in family.knobs):
                    raise ValueError(f"faults.{name}.acts: {target!r} is neither a metric nor a knob")
        return self

    def _acts(self, name: str, fault: FaultSpec) -> tuple[Act, ...]:
        try:
            return fault.resolve({})
        except ValueError as error:
            raise ValueError(f"faults.{name}.{error}") from error


@cache
def load_profile(name: str) -> Profile:
    """A built-in profile by name, or a file by its path; raises SimulatorError naming file and key."""
    path = Path(name) if name.endswith(".toml") else PROFILES / f"{name}.toml"
    if not path.is_file():
        known = ", ".join(sorted(found.stem for found in PROFILES.glob("*.toml")))
        raise SimulatorError(f"{name}: no such profile; there are {known}")
    return parse(Profile, read_toml(path), str(path))
