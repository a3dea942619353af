"""The register as rows that `import` takes back: what is exported and imported again changes nothing."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from iot_maint.domain.equipment import Equipment, EquipmentStatus, LimitOverride
from iot_maint.domain.ports import Repositories
from iot_maint.services.limit_text import write_limit
from iot_maint.services.register.columns import FIXED, LIMIT
from iot_maint.services.tables import Cell

Row = Mapping[str, Cell]


def export_rows(repositories: Repositories) -> tuple[Sequence[str], list[Row]]:
    """(columns, rows) of all registered equipment, by code; merged codes are aliases and stay out."""
    entries = sorted(repositories.equipment.monitored(), key=lambda entry: entry.equipment.code)
    entries = [entry for entry in entries if entry.equipment.registered and entry.equipment.merged_into is None]
    parameters = sorted({name for entry in entries for name in entry.equipment.parameters})
    limits = sorted({LIMIT + key for entry in entries for key, one in entry.overrides.items() if one.limit is not None})
    columns = (*FIXED, *parameters, *limits)
    return columns, [register_row(entry.equipment, entry.overrides) for entry in entries]


def register_row(equipment: Equipment, overrides: Mapping[str, LimitOverride]) -> Row:
    """The filled cells of one piece of equipment, by column."""
    return {
        **{name: cell for name, cell in _fixed(equipment) if cell is not None},
        **dict(equipment.parameters),
        **{LIMIT + key: write_limit(one.limit) for key, one in overrides.items() if one.limit is not None},
    }


def _fixed(equipment: Equipment) -> Iterator[tuple[str, Cell]]:
    for name in FIXED:
        value: str | date | EquipmentStatus | None = getattr(equipment, name)
        if isinstance(value, EquipmentStatus):
            yield name, value.value
        elif isinstance(value, date):
            yield name, value.isoformat()
        else:
            yield name, value
