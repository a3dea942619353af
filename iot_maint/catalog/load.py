"""Loads the built-in equipment types and those an installation adds; refuses the whole when one file is broken."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from iot_maint.catalog.additions import EXTENDS, extended, find_addition_problems
from iot_maint.catalog.build import add_common, build_type
from iot_maint.catalog.calendar import load_calendar
from iot_maint.catalog.checks import find_problems, find_unknown_symptoms
from iot_maint.catalog.parse import TomlFile, parse_file, read_toml, say_problem, shaped
from iot_maint.catalog.problems import Problem
from iot_maint.catalog.schema import AdditionTable, CommonTable, TypeTable
from iot_maint.catalog.service_levels import load_service_levels
from iot_maint.domain.catalog import Catalog, EquipmentType
from iot_maint.domain.errors import BrokenCatalog, BrokenSetting
from iot_maint.domain.schedules import Calendar

BUILT_IN = Path(__file__).parent
SERVICE_LEVELS = "service_levels.toml"
COMMON = "common.toml"
HOLIDAYS = "holidays.toml"


def load_type(path: Path) -> EquipmentType:
    """One equipment type from its file; raises BrokenCatalog with file, line and key."""
    table, toml = parse_file(path, TypeTable)
    return _sound(path, toml, table)


def _sound(path: Path, toml: str, table: TypeTable) -> EquipmentType:
    """The type that a table declares; what is wrong with it stands in that file."""
    type_ = build_type(table)
    _refuse(path, toml, list(find_problems(type_)))
    return type_


def _refuse(path: Path, toml: str, problems: Sequence[Problem]) -> None:
    if problems:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise BrokenCatalog(say_problem(path, toml, *problems[0]) + more)


def load_catalog(extra_dir: Path | None = None, service_level_profile: str = "four-level") -> Catalog:
    """All types, built in and from `extra_dir`, with one service-level profile in force.

    Raises BrokenCatalog for a broken file, BrokenSetting for a missing directory or an unknown profile.
    """
    if extra_dir is not None and not extra_dir.is_dir():
        raise BrokenSetting(f"IOT_MAINT_CATALOG_DIR: {extra_dir} is not a directory")
    directories = [BUILT_IN] if extra_dir is None else [BUILT_IN, extra_dir]
    calendar = load_calendar(path for directory in directories if (path := directory / HOLIDAYS).is_file())
    return Catalog(
        types=_load_types([path for directory in directories for path in sorted(directory.glob("*.toml"))], calendar),
        calendar=calendar,
        service_levels=load_service_levels(BUILT_IN / SERVICE_LEVELS, service_level_profile),
    )


def _load_types(paths: list[Path], calendar: Calendar) -> Mapping[str, EquipmentType]:
    common, _ = parse_file(BUILT_IN / COMMON, CommonTable)
    types: dict[str, EquipmentType] = {}
    tables: dict[str, TypeTable] = {}
    origins: dict[str, Path] = {}
    additions: list[TomlFile] = []
    for path in paths:
        if path in (BUILT_IN / SERVICE_LEVELS, BUILT_IN / COMMON) or path.name == HOLIDAYS:
            continue
        file = read_toml(path)
        if EXTENDS in file.document:
            additions.append(file)
            continue
        table, toml = shaped(file, TypeTable), file.toml
        name = table.type_name
        if name in tables:
            reason = f"{name} is already declared by {origins[name].name}; names are unique"
            raise BrokenCatalog(say_problem(path, toml, ("type",), reason))
        tables[name], types[name], origins[name] = table, _sound(path, toml, table), path
    for file in additions:
        addition = shaped(file, AdditionTable)
        _refuse(file.path, file.toml, list(find_addition_problems(addition, tables)))
        name = addition.extends
        tables[name] = extended(tables[name], addition)
        types[name] = _sound(file.path, file.toml, tables[name])
    types = {name: replace(add_common(one, common), calendar=calendar) for name, one in types.items()}
    for name, path in origins.items():
        for problem in find_unknown_symptoms(types[name], types):
            raise BrokenCatalog(say_problem(path, path.read_text(encoding="utf-8"), *problem))
    return types
