"""Alarms as rows of a table."""

from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from iot_maint.domain.alarms import Alarm
from iot_maint.domain.catalog import Catalog, Language
from iot_maint.domain.equipment import Equipment
from iot_maint.domain.platform_alarms import StoredPlatformAlarm
from iot_maint.services.documents import alarm_document, platform_alarm_document
from iot_maint.services.quantities import say_instant
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
_HELD = ("cause_equipment", "cause_fault_mode", "cause_order", "locked_out", "flapping_since", "flaps")
ALARM_COLUMNS = (*_SCALARS, "rules", "orders", "platform", "worker", "detail", *_HELD)


def alarm_row(
    alarm: Alarm | StoredPlatformAlarm,
    catalog: Catalog,
    register: Mapping[str, Equipment | None],
    language: Language,
    zone: ZoneInfo,
) -> Sequence[Cell]:
    """The cells of `ALARM_COLUMNS`; `register` is the alarms' equipment by code."""
    held: Sequence[Cell]
    if isinstance(alarm, StoredPlatformAlarm):
        document = platform_alarm_document(alarm, language, zone)
        rules, orders, held = "", "", (None, None, None, False, None, None)
    else:
        document = alarm_document(alarm, catalog, register[alarm.key.equipment], language, zone)
        rules, orders = " ".join(alarm.rules), " ".join(sorted(set(alarm.orders.values())))
        held = _held(alarm, zone)
    scalars, origin = (
        [cell if isinstance(cell, str | int | float | bool) else None for cell in map(document.get, names)]
        for names in (_SCALARS, ("platform", "worker", "detail"))
    )
    return (*scalars, rules, orders, *origin, *held)


def _held(alarm: Alarm, zone: ZoneInfo) -> Sequence[Cell]:
    """What explains it, whether it was raised under repair, and how it flaps."""
    cause, flapping = alarm.cause, alarm.flapping
    return (
        cause.equipment if cause is not None else None,
        cause.fault_mode if cause is not None else None,
        cause.order if cause is not None else None,
        alarm.locked_out,
        say_instant(flapping.since, zone) if flapping is not None else None,
        flapping.count if flapping is not None else None,
    )
