"""Alarms as rows of a table."""

from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from iot_maint.domain.alarms import Alarm
from iot_maint.domain.catalog import Catalog, Language
from iot_maint.domain.equipment import Equipment
from iot_maint.domain.platform_alarms import StoredPlatformAlarm
from iot_maint.services.documents import alarm_document, platform_alarm_document
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
ALARM_COLUMNS = (*_SCALARS, "rules", "orders", "platform", "worker", "detail", "shadow")


def alarm_row(
    alarm: Alarm | StoredPlatformAlarm,
    catalog: Catalog,
    register: Mapping[str, Equipment | None],
    language: Language,
    zone: ZoneInfo,
) -> Sequence[Cell]:
    """The cells of `ALARM_COLUMNS`; `register` is the alarms' equipment by code."""
    if isinstance(alarm, StoredPlatformAlarm):
        document = platform_alarm_document(alarm, language, zone)
        rules, orders = "", ""
    else:
        document = alarm_document(alarm, catalog, register[alarm.key.equipment], language, zone)
        rules, orders = " ".join(alarm.rules), " ".join(sorted(set(alarm.orders.values())))
    scalars, origin = (
        [cell if isinstance(cell, str | int | float | bool) else None for cell in map(document.get, names)]
        for names in (_SCALARS, ("platform", "worker", "detail", "shadow"))
    )
    return (*scalars, rules, orders, *origin)
