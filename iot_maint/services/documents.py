"""Equipment and alarms in the reader's language."""

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from iot_maint.domain.alarms import Alarm, CauseOf, Flapping
from iot_maint.domain.catalog import Catalog, Language
from iot_maint.domain.equipment import Document, Equipment, LimitChange, LimitOverride, Part, PartReplacement, Transfer
from iot_maint.domain.json_value import JsonObject
from iot_maint.domain.platform_alarms import PlatformAlarm, StoredPlatformAlarm
from iot_maint.services.limit_text import limit_document
from iot_maint.services.quantities import say_instant, say_known_instant
from iot_maint.services.texts import ALARM_STATUSES, EQUIPMENT_STATUSES, HELD_BACK, PLATFORM_ALARMS, SEVERITIES


def equipment_document(equipment: Equipment, catalog: Catalog, language: Language, zone: ZoneInfo) -> JsonObject:
    """One row of the register."""
    equipment_type = catalog.types.get(equipment.type)
    kind = equipment_type.kinds.get(equipment.kind or "") if equipment_type is not None else None
    return {
        "code": equipment.code,
        "name": equipment.name,
        "type": equipment.type,
        "type_label": equipment_type.label.of(language) if equipment_type is not None else equipment.type,
        "kind": equipment.kind,
        "kind_label": kind.of(language) if kind is not None else equipment.kind,
        "site": equipment.site,
        "status": equipment.status.value,
        "status_label": EQUIPMENT_STATUSES[equipment.status].of(language),
        "building": equipment.building,
        "floor": equipment.floor,
        "room": equipment.room,
        "maker": equipment.maker,
        "model": equipment.model,
        "serial": equipment.serial,
        "commissioned_on": _day(equipment.commissioned_on),
        "warranty_until": _day(equipment.warranty_until),
        "contractor": equipment.contractor,
        "contractor_licence": equipment.contractor_licence,
        "contractor_phone": equipment.contractor_phone,
        "parent": equipment.parent,
        "gateway": equipment.gateway,
        "gateway_device": equipment.gateway_device,
        "parameters": dict(equipment.parameters),
        "merged_into": equipment.merged_into,
        "first_seen_at": say_known_instant(equipment.first_seen_at, zone),
    }


def alarm_document(
    alarm: Alarm,
    catalog: Catalog,
    equipment: Equipment | None,
    language: Language,
    zone: ZoneInfo,
    notes: Sequence[tuple[datetime, str, str]] = (),
) -> JsonObject:
    """One alarm; `orders` are the numbers of the orders it led to, by severity."""
    equipment_type = catalog.types.get(equipment.type) if equipment is not None else None
    mode = equipment_type.fault_modes.get(alarm.key.fault_mode) if equipment_type is not None else None
    return {
        "id": alarm.id,
        "site": alarm.site,
        "equipment": alarm.key.equipment,
        "equipment_name": equipment.name if equipment is not None else alarm.key.equipment,
        "fault_mode": alarm.key.fault_mode,
        "fault_mode_label": mode.label.of(language) if mode is not None else alarm.key.fault_mode,
        "severity": alarm.severity.value,
        "severity_label": SEVERITIES[alarm.severity].of(language),
        "status": alarm.status.value,
        "status_label": ALARM_STATUSES[alarm.status].of(language),
        "onset_at": say_instant(alarm.onset_at, zone),
        "raised_at": say_instant(alarm.key.raised_at, zone),
        "cleared_at": say_known_instant(alarm.cleared_at, zone),
        "acknowledged_at": say_known_instant(alarm.acknowledged_at, zone),
        "acknowledged_by": alarm.acknowledged_by,
        "rules": list(alarm.rules),
        "orders": {severity.value: number for severity, number in alarm.orders.items()},
        "notes": _notes(notes, zone),
        "shadow": alarm.key.shadow,
        "model": alarm.key.model or None,
        "platform": False,
        "worker": None,
        "detail": None,
        "cause": _cause_document(alarm.cause, catalog, language),
        "locked_out": alarm.locked_out,
        "flapping": _flapping_document(alarm.flapping, zone),
        "held_back": HELD_BACK[alarm.waits_for].of(language) if alarm.waits_for is not None else None,
    }


def mode_label(catalog: Catalog, equipment_type: str, fault_mode: str, language: Language) -> str:
    """What the fault mode is called; its code where the catalog says nothing any more."""
    declared = catalog.types.get(equipment_type)
    mode = declared.fault_modes.get(fault_mode) if declared is not None else None
    return mode.label.of(language) if mode is not None else fault_mode


def _cause_document(cause: CauseOf | None, catalog: Catalog, language: Language) -> JsonObject | None:
    if cause is None:
        return None
    return {
        "alarm": cause.alarm,
        "equipment": cause.equipment,
        "equipment_name": cause.equipment_name,
        "fault_mode": cause.fault_mode,
        "fault_mode_label": mode_label(catalog, cause.equipment_type, cause.fault_mode, language),
        "order": cause.order,
    }


def _flapping_document(flapping: Flapping | None, zone: ZoneInfo) -> JsonObject | None:
    return None if flapping is None else {"since": say_instant(flapping.since, zone), "count": flapping.count}


def platform_alarm_document(
    stored: StoredPlatformAlarm,
    language: Language,
    zone: ZoneInfo,
    notes: Sequence[tuple[datetime, str, str]] = (),
) -> JsonObject:
    """One alarm of the platform, in the shape of the others: of no equipment, its kind for a fault mode, no orders."""
    alarm = stored.alarm
    raised_at = say_instant(alarm.since, zone)
    return {
        "id": stored.id,
        "site": None,
        "equipment": None,
        "equipment_name": None,
        "fault_mode": alarm.kind.value,
        "fault_mode_label": PLATFORM_ALARMS[alarm.kind].of(language),
        "severity": alarm.kind.severity.value,
        "severity_label": SEVERITIES[alarm.kind.severity].of(language),
        "status": stored.status.value,
        "status_label": ALARM_STATUSES[stored.status].of(language),
        "onset_at": raised_at,
        "raised_at": raised_at,
        "cleared_at": say_known_instant(stored.cleared_at, zone),
        "acknowledged_at": say_known_instant(stored.acknowledged_at, zone),
        "acknowledged_by": stored.acknowledged_by,
        "rules": [],
        "orders": {},
        "notes": _notes(notes, zone),
        "shadow": False,
        "model": None,
        "platform": True,
        "worker": alarm.worker,
        "detail": alarm.detail,
        "cause": None,
        "locked_out": False,
        "flapping": None,
        "held_back": None,
    }


def standing_document(alarm: PlatformAlarm, language: Language, zone: ZoneInfo) -> JsonObject:
    """One alarm of the platform that stands, as it is told beside the dependencies."""
    return {
        "kind": alarm.kind.value,
        "label": PLATFORM_ALARMS[alarm.kind].of(language),
        "worker": alarm.worker,
        "since": say_instant(alarm.since, zone),
        "detail": alarm.detail,
        "stops_data": alarm.kind.stops_data,
    }


def part_document(part: Part) -> JsonObject:
    """A part that is built in."""
    return {"code": part.code, "name": part.name, "quantity": part.quantity}


def replacement_document(replacement: PartReplacement) -> JsonObject:
    """A part that was replaced."""
    return {
        "part": replacement.part,
        "quantity": replacement.quantity,
        "replaced_on": replacement.replaced_on.isoformat(),
        "work_order": replacement.work_order,
        "note": replacement.note,
        "recorded_by": replacement.recorded_by,
    }


def link_document(document: Document) -> JsonObject:
    """A manual, drawing or certificate."""
    return {"title": document.title, "url": document.url}


def override_document(override: LimitOverride | None) -> JsonObject | None:
    """A limit of one's own; nulls keep the catalog's value.  None where the catalog's holds."""
    if override is None:
        return None
    return {
        "rule_key": override.rule_key,
        "limit": limit_document(override.limit),
        "clear_limit": limit_document(override.clear_limit),
        "for_s": override.for_duration.total_seconds() if override.for_duration is not None else None,
        "enabled": override.enabled,
    }


def limit_change_document(change: LimitChange, zone: ZoneInfo) -> JsonObject:
    """Who changed which limit, when, from what to what."""
    return {
        "rule_key": change.rule_key,
        "changed_at": say_instant(change.changed_at, zone),
        "changed_by": change.changed_by,
        "old": override_document(change.old),
        "new": override_document(change.new),
    }


def transfer_document(transfer: Transfer, zone: ZoneInfo) -> JsonObject:
    """A copy of one identity's points to another, and how far it has come."""
    return {
        "id": transfer.id,
        "kind": transfer.kind.value,
        "source": transfer.source,
        "target": transfer.target,
        "from_measurement": transfer.from_measurement,
        "to_measurement": transfer.to_measurement,
        "requested_at": say_instant(transfer.requested_at, zone),
        "requested_by": transfer.requested_by,
        "points_copied": transfer.points_copied,
        "finished_at": say_known_instant(transfer.finished_at, zone),
    }


def _notes(notes: Sequence[tuple[datetime, str, str]], zone: ZoneInfo) -> list[JsonObject]:
    return [{"at": say_instant(at, zone), "by": by, "note": note} for at, by, note in notes]


def _day(day: date | None) -> str | None:
    return day.isoformat() if day is not None else None
