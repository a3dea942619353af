"""Reads one TOML file into strict tables; whatever is wrong becomes one line with file, line and key."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError

from iot_maint.catalog.positions import KeyPath, find_line
from iot_maint.domain.errors import BrokenCatalog

TableT = TypeVar("TableT", bound=BaseModel)


class TomlFile(NamedTuple):
    """A file that is TOML, whatever its shape; `toml`, its text, is for finding lines later."""

    path: Path
    toml: str
    document: Mapping[str, object]


def read_toml(path: Path) -> TomlFile:
    """Raises BrokenCatalog: unreadable, not UTF-8, or not TOML."""
    try:
        toml = path.read_text(encoding="utf-8")
        return TomlFile(path, toml, tomllib.loads(toml))
    except OSError as error:
        raise BrokenCatalog(f"{path.name}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise BrokenCatalog(f"{path.name}: is not UTF-8 text") from error
    except tomllib.TOMLDecodeError as error:
        raise BrokenCatalog(_say_syntax(path, str(error))) from error


def shaped(file: TomlFile, shape: type[TableT]) -> TableT:
    """The file as `shape`; raises BrokenCatalog where it is not of this shape."""
    try:
        return shape.model_validate(file.document)
    except ValidationError as error:
        raise BrokenCatalog(_say_first(file.path, file.toml, error)) from error


def parse_file(path: Path, shape: type[TableT]) -> tuple[TableT, str]:
    """The file as `shape`, and its text.  Raises as `read_toml` and `shaped`."""
    file = read_toml(path)
    return shaped(file, shape), file.toml


def say_problem(path: Path, toml: str, keys: KeyPath, reason: str) -> str:
    """`pump.toml:123: rules.vib_rms_warning.above: reason`."""
    line = find_line(toml, keys)
    place = path.name if line is None else f"{path.name}:{line}"
    return f"{place}: {'.'.join(keys)}: {reason}" if keys else f"{place}: {reason}"


def _say_syntax(path: Path, message: str) -> str:
    line = re.search(r"line (\d+)", message)
    return f"{path.name}{':' + line[1] if line else ''}: not TOML: {message}"


def _say_first(path: Path, toml: str, error: ValidationError) -> str:
    errors = error.errors(include_url=False)
    first = errors[0]
    keys = tuple(str(part) for part in first["loc"] if part != "[key]")
    if first["type"] == "unknown_key":
        keys = (*keys, str(first["ctx"]["key"]))
    reason = "is missing" if first["type"] == "missing" else first["msg"].removeprefix("Value error, ")
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return say_problem(path, toml, keys, f"{reason}{more}")
