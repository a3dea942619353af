"""Alarms as rows of a table."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from iot_maint.domain.alarms import Alarm
from iot_maint.domain.catalog import Catalog, Language
from iot_maint.domain.equipment import Equipment
from iot_maint.services.documents import alarm_document
from iot_maint.services.tables import Cell

_SCALARS = (
    "id",
    "site",
    "equipment",
    "equipment_name",
    "fault_mode",
    "fault_mode_label",
    "severity",
    "status",
    "status_label",
    "onset_at",
    "raised_at",
    "cleared_at",
    "acknowledged_at",
    "acknowledged_by",
)
ALARM_COLUMNS = (*_SCALARS, "rules", "orders")


def alarm_row(
    alarm: Alarm, catalog: Catalog, equipment: Equipment | None, language: Language, zone: ZoneInfo
) -> Sequence[Cell]:
    """The cells of `ALARM_COLUMNS`."""
    document = alarm_document(alarm, catalog, equipment, language, zone)
    scalars = (document[name] for name in _SCALARS)
    cells = [cell if isinstance(cell, str | int | float | bool) else None for cell in scalars]
    return (*cells, " ".join(alarm.rules), " ".join(sorted(set(alarm.orders.values()))))
