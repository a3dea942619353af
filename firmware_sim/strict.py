"""Strict TOML files: every error is one line naming file and key."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from firmware_sim.errors import SimulatorError


class Strict(BaseModel):
    """No unknown keys, no conversions, no changes after."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, arbitrary_types_allowed=True)


ModelT = TypeVar("ModelT", bound=BaseModel)


def read_toml(path: Path) -> dict[str, object]:
    """The file's content; raises SimulatorError where it cannot be read or is no TOML."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SimulatorError(f"{path}: {error}") from error


def parse(model: type[ModelT], data: Mapping[str, object], source: str) -> ModelT:
    """`data` as a `model`; raises SimulatorError `source: key: what is wrong` for the first error."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or "(file)"
        message = first["msg"].removeprefix("Value error, ")
        raise SimulatorError(f"{source}: {key}: {message}") from error
