"""Loads the built-in equipment types and those an installation adds; refuses the whole when one file is broken."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from iot_maint.catalog.build import add_common, build_type
from iot_maint.catalog.calendar import load_calendar
from iot_maint.catalog.checks import find_problems, find_unknown_symptoms
from iot_maint.catalog.parse import parse_file, say_problem
from iot_maint.catalog.schema import CommonTable, TypeTable
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
    type_ = build_type(table)
    problems = list(find_problems(type_))
    if problems:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise BrokenCatalog(say_problem(path, toml, *problems[0]) + more)
    return type_


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
    origins: dict[str, Path] = {}
    for path in paths:
        if path in (BUILT_IN / SERVICE_LEVELS, BUILT_IN / COMMON) or path.name == HOLIDAYS:
            continue
        type_ = replace(add_common(load_type(path), common), calendar=calendar)
        if type_.name in types:
            reason = f"{type_.name} is already declared by {origins[type_.name].name}; names are unique"
            raise BrokenCatalog(say_problem(path, path.read_text(encoding="utf-8"), ("type",), reason))
        types[type_.name], origins[type_.name] = type_, path
    for name, path in origins.items():
        for problem in find_unknown_symptoms(types[name], types):
            raise BrokenCatalog(say_problem(path, path.read_text(encoding="utf-8"), *problem))
    return types
