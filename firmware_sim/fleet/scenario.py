"""What can befall a device of the fleet, as its profile declares it: the fault, its limits, and when it has failed."""

from enum import StrEnum
from typing import Literal, Self

import numpy as np
from pydantic import Field, field_validator, model_validator

from firmware_sim.acts import Act
from firmware_sim.fault_spec import ActSpec, FaultSpec, ParamValue
from firmware_sim.fleet.grid import Floats
from firmware_sim.quantities import Duration, parse_duration, parse_rate
from firmware_sim.strict import Strict


class FaultKind(StrEnum):
    """SLOW takes days to weeks from onset to failure and is foreseeable; STEP is not."""

    SLOW = "slow"
    STEP = "step"


class While(StrEnum):
    """What the device must be doing when a step fault strikes, so that its sensors can see it within the hour."""

    RUNNING = "running"
    STANDING = "standing"
    BUSY = "busy"  # the building is
    FULL = "full"  # the pit is


class Reference(Strict):
    """A limit in words of the register (`parameter`), or of the device's own median before the fault (`base`)."""

    parameter: str | None = None
    times: float = 1.0
    plus: float = 0.0
    base: float | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if (self.parameter is None) == (self.base is None):
            raise ValueError("name a parameter or a multiple of the base")
        return self


class LevelSpec(Strict):
    """A level of the first culprit, on one side, or, for a failure only, a time `after` the limit was passed."""

    above: float | Reference | None = None
    below: float | Reference | None = None
    after: Duration | None = None

    @model_validator(mode="after")
    def _one_of_three(self) -> Self:
        if sum(side is not None for side in (self.above, self.below, self.after)) != 1:
            raise ValueError("write one of above, below and after")
        return self


class ScenarioSpec(Strict):
    """`lasts`: at most from onset to repair.  A parameter with two values is drawn between them, once a fault."""

    fault_mode: str
    kind: Literal["slow", "step"]
    while_: While | None = Field(default=None, alias="while")
    culprits: list[str] = Field(min_length=1)
    warning: LevelSpec | None = None
    critical: LevelSpec | None = None
    failure: LevelSpec
    lasts: Duration
    params: dict[str, tuple[str, str]] = Field(default_factory=dict)
    acts: list[ActSpec]

    @field_validator("params", mode="before")
    @classmethod
    def _pairs(cls, params: object) -> object:
        if not isinstance(params, dict):
            return params
        return {key: tuple(pair) if isinstance(pair, list) else pair for key, pair in params.items()}

    @field_validator("while_", mode="before")
    @classmethod
    def _word(cls, word: object) -> object:
        return While(word) if isinstance(word, str) else word

    @model_validator(mode="after")
    def _has_a_limit(self) -> Self:
        if self.warning is None and self.critical is None:
            raise ValueError("a warning, a critical limit or both are needed")
        return self

    def draw(self, chance: np.random.Generator) -> tuple[Act, ...]:
        """The acts of one fault; ValueError `key: what is wrong`."""
        drawn: dict[str, ParamValue] = {key: _between(pair, chance.random()) for key, pair in self.params.items()}
        return FaultSpec(acts=self.acts, params=drawn).resolve({})


def _between(pair: tuple[str, str], share: float) -> ParamValue:
    if pair[0].endswith("/d") or "/" in pair[0]:
        low, high = (parse_rate(end) for end in pair)
        return low + (high - low) * share
    low_s, high_s = (parse_duration(end).total_seconds() for end in pair)
    return f"{low_s + (high_s - low_s) * share:.0f}s"


def is_past(values: Floats, level: float, *, above: bool) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Strictly past it, as the product's comparisons are."""
    return values > level if above else values < level
