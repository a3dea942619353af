"""The service-level profiles: how fast an order of each urgency is to be handled."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from iot_maint.catalog.parse import parse_file
from iot_maint.catalog.scalars import Positive
from iot_maint.catalog.schema import Table, TextTable
from iot_maint.domain.catalog import ServiceLevel, Text
from iot_maint.domain.errors import BrokenSetting


class LevelTable(Table):
    """`[profiles.<profile>.<urgency>]`: deadlines counted from the order's opening."""

    name: TextTable
    dispatch: Positive | None = None
    acknowledge: Positive | None = None
    arrive: Positive | None = None
    finish: Positive | None = None
    plan: Positive | None = None


class ServiceLevelsTable(Table):
    """The whole file."""

    schema_version: Literal[1] = Field(alias="schema")
    profiles: dict[str, dict[Literal["1", "2", "3", "4"], LevelTable]]


def load_service_levels(path: Path, profile: str) -> dict[int, ServiceLevel]:
    """One profile's levels by urgency; raises BrokenCatalog for a broken file, BrokenSetting if it lacks `profile`."""
    table, _ = parse_file(path, ServiceLevelsTable)
    if profile not in table.profiles:
        declared = ", ".join(table.profiles)
        raise BrokenSetting(f'service-level profile "{profile}" is not declared in {path.name}; declared: {declared}')
    return {int(urgency): _level(int(urgency), level) for urgency, level in table.profiles[profile].items()}


def _level(urgency: int, table: LevelTable) -> ServiceLevel:
    return ServiceLevel(
        urgency=urgency,
        label=Text(zh=table.name.zh, en=table.name.en),
        dispatch=table.dispatch,
        acknowledge=table.acknowledge,
        arrive=table.arrive,
        finish=table.finish,
        plan=table.plan,
    )
