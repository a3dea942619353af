"""Work orders in the reader's language.  Orders store codes and values; what they mean is looked up here, each time."""

from collections.abc import Callable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from iot_maint.domain.catalog import Catalog, EquipmentType, FaultMode, Language
from iot_maint.domain.equipment import Equipment
from iot_maint.domain.findings import FindingKind
from iot_maint.domain.json_value import JsonObject
from iot_maint.domain.outbox import OrderEvent
from iot_maint.domain.ports import Database
from iot_maint.domain.verdicts import Judgement
from iot_maint.domain.work_orders import PREVENTIVE, EntryKind, Symptom, TimelineEntry, WorkOrder, legal_transitions
from iot_maint.services.documents import mode_label
from iot_maint.services.evidence import evidence_document
from iot_maint.services.ordering import RULES
from iot_maint.services.quantities import say_instant, say_known_instant
from iot_maint.services.texts import (
    ENTRIES,
    NO_LONGER_DECLARED,
    NOT_JUDGED,
    ONCE_DUE,
    ORDER_STATUSES,
    ORIGINS,
    SEVERITIES,
    TRANSITIONS,
    VERDICTS,
)

_OF_A_CLEAR = frozenset({EntryKind.ALARM_CLEARED, EntryKind.ALARM_EASED})


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderTexts:
    """What the catalog says of an order's fault; codes where it says nothing any more."""

    equipment_name: str
    title: str
    fault_mode: str
    cause: str
    action: str
    trade: str
    spares: tuple[tuple[str, str], ...]
    urgency: str  # the service level, and from when it counts where it does not yet
    level: str  # the service level alone


def order_texts(order: WorkOrder, catalog: Catalog, equipment: Equipment | None, language: Language) -> OrderTexts:
    """The order's texts; a type or fault mode that is gone from the catalog leaves its code."""
    equipment_type = catalog.types.get(order.equipment_type)
    mode = equipment_type.fault_modes.get(order.fault_mode) if equipment_type is not None else None
    name = equipment.name if equipment is not None else order.equipment
    label = mode.label.of(language) if mode is not None else order.fault_mode
    gone = NO_LONGER_DECLARED.of(language).format(code=f"{order.equipment_type}/{order.fault_mode}")
    return OrderTexts(
        equipment_name=name,
        title=f"{name}：{label}" if language is Language.ZH_CN else f"{name}: {label}",
        fault_mode=label,
        cause=mode.cause.of(language) if mode is not None else gone,
        action=mode.action.of(language) if mode is not None else gone,
        trade=_trade(equipment_type, mode, language),
        spares=_spares(equipment_type, mode, language),
        urgency=_urgency(order, catalog, language),
        level=_level(order, catalog, language),
    )


def order_document(
    order: WorkOrder, catalog: Catalog, equipment: Equipment | None, language: Language, zone: ZoneInfo
) -> JsonObject:
    """The work order as the API and the webhook show it: public names, see the contracts in docs/adr/0007."""
    equipment_type = catalog.types.get(order.equipment_type)
    texts = order_texts(order, catalog, equipment, language)
    return {
        "number": order.number,
        "site": order.site,
        "equipment": order.equipment,
        "equipment_name": texts.equipment_name,
        "equipment_type": order.equipment_type,
        "fault_mode": order.fault_mode,
        "fault_mode_label": texts.fault_mode,
        "origin": order.origin.value,
        "origin_label": ORIGINS[order.origin].of(language),
        "status": order.status.value,
        "status_label": ORDER_STATUSES[order.status].of(language),
        "transitions": [transition.value for transition in legal_transitions(order.status)],
        "severity": order.severity.value,
        "severity_label": SEVERITIES[order.severity].of(language),
        "urgency": order.urgency,
        "urgency_label": texts.urgency,
        "title": texts.title,
        "cause": texts.cause,
        "action": texts.action,
        "trade": texts.trade,
        "spares": [{"code": code, "label": label} for code, label in texts.spares],
        "evidence": [
            evidence_document(entry.evidence, equipment_type, language, zone, kind=finding_kind(entry), at=entry.at)
            for entry in order.timeline
            if entry.evidence is not None
        ],
        "deadlines": {name: say_instant(at, zone) for name, at in order.deadlines.items()},
        "onset_at": say_instant(order.onset_at, zone),
        "raised_at": say_instant(order.raised_at, zone),
        "opened_at": say_instant(order.opened_at, zone),
        "previous": order.previous,
        "ended_at": say_known_instant(order.ended_at, zone),
        "verdict": order.judgement.verdict.value if order.judgement is not None else None,
        "verdict_label": verdict_label(order, language),
        "judgement": judgement_document(order.judgement, equipment_type, language, zone),
        "watched_since": say_known_instant(order.watched_since, zone),
        "planned_for": say_known_instant(order.planned_for, zone),
        "planned_until": say_known_instant(order.planned_until, zone),
        "symptoms": [symptom_document(symptom, catalog, language, zone) for symptom in order.symptoms],
        "timeline": [
            entry_document(entry, equipment_type, language, zone) for entry in told_timeline(order, catalog, language)
        ],
    }


def told_timeline(order: WorkOrder, catalog: Catalog, language: Language) -> list[TimelineEntry]:
    """The order's story with the symptoms in it, as they became known."""
    symptoms = (
        TimelineEntry(
            kind=EntryKind.SYMPTOM,
            at=symptom.raised_at,
            recorded_at=symptom.hung_at,
            by=RULES,
            rule=symptom.rule,
            severity=symptom.severity,
            note=symptom_text(symptom, catalog, language),
        )
        for symptom in order.symptoms
    )
    return sorted((*order.timeline, *symptoms), key=lambda entry: entry.recorded_at)


def symptom_text(symptom: Symptom, catalog: Catalog, language: Language) -> str:
    """`电梯 E-03：机房温度高`."""
    declared = catalog.types.get(symptom.equipment_type)
    what = declared.label.of(language) if declared is not None else symptom.equipment_type
    label = mode_label(catalog, symptom.equipment_type, symptom.fault_mode, language)
    colon = "：" if language is Language.ZH_CN else ": "
    return f"{what} {symptom.equipment}{colon}{label}"


def symptom_document(symptom: Symptom, catalog: Catalog, language: Language, zone: ZoneInfo) -> JsonObject:
    """An alarm that the order's fault explains."""
    return {
        "alarm": symptom.alarm,
        "equipment": symptom.equipment,
        "equipment_name": symptom.equipment_name,
        "fault_mode": symptom.fault_mode,
        "fault_mode_label": mode_label(catalog, symptom.equipment_type, symptom.fault_mode, language),
        "severity": symptom.severity.value,
        "severity_label": SEVERITIES[symptom.severity].of(language),
        "raised_at": say_instant(symptom.raised_at, zone),
        "cleared_at": say_known_instant(symptom.cleared_at, zone),
        "order": symptom.order,
        "text": symptom_text(symptom, catalog, language),
    }


def verdict_label(order: WorkOrder, language: Language) -> str | None:
    """The verdict's name; that there is none where there should be one; nothing where none is expected (yet)."""
    if order.judgement is not None:
        return VERDICTS[order.judgement.verdict].of(language)
    return NOT_JUDGED.of(language) if order.ended_at is not None and order.origin in PREVENTIVE else None


def judgement_document(
    judgement: Judgement | None, equipment_type: EquipmentType | None, language: Language, zone: ZoneInfo
) -> JsonObject | None:
    """What was found, said by whom and when."""
    if judgement is None:
        return None
    found = judgement.found_mode
    mode = equipment_type.fault_modes.get(found) if equipment_type is not None and found is not None else None
    return {
        "verdict": judgement.verdict.value,
        "label": VERDICTS[judgement.verdict].of(language),
        "at": say_instant(judgement.at, zone),
        "by": judgement.by,
        "fault_mode": found,
        "fault_mode_label": mode.label.of(language) if mode is not None else found,
        "failed_at": say_known_instant(judgement.failed_at, zone),
        "parts": judgement.parts,
    }


def entry_document(
    entry: TimelineEntry, equipment_type: EquipmentType | None, language: Language, zone: ZoneInfo
) -> JsonObject:
    """One line of the order's story; its evidence stands in the order's `evidence`, at the same instant."""
    label = TRANSITIONS[entry.transition] if entry.transition is not None else ENTRIES[entry.kind]
    return {
        "kind": entry.kind.value,
        "label": label.of(language),
        "at": say_instant(entry.at, zone),
        "recorded_at": say_instant(entry.recorded_at, zone),
        "by": entry.by,
        "rule": entry.rule,
        "severity": entry.severity.value if entry.severity is not None else None,
        "transition": entry.transition.value if entry.transition is not None else None,
        "note": entry.note,
        "judgement": judgement_document(entry.judgement, equipment_type, language, zone),
    }


def order_renderer(
    database: Database, catalog: Catalog, language: Language, zone: ZoneInfo
) -> Callable[[OrderEvent], JsonObject]:
    """A function from an order's event to the order as it stands now; the event's own codes if the order is gone."""

    def render(event: OrderEvent) -> JsonObject:
        with database.reading() as repositories:
            order = repositories.orders.get(event.order)
            equipment = repositories.equipment.get(order.equipment) if order is not None else None
        if order is None:
            return dict(event.details)
        return order_document(order, catalog, equipment, language, zone)

    return render


def finding_kind(entry: TimelineEntry) -> FindingKind:
    """Whether an entry's evidence shows the fault, or its going."""
    return FindingKind.CLEARED if entry.kind in _OF_A_CLEAR else FindingKind.RAISED


def _level(order: WorkOrder, catalog: Catalog, language: Language) -> str:
    level = catalog.service_levels.get(order.urgency)
    return level.label.of(language) if level is not None else str(order.urgency)


def _urgency(order: WorkOrder, catalog: Catalog, language: Language) -> str:
    level = _level(order, catalog, language)
    return level if order.is_due else ONCE_DUE.of(language).format(level=level)


def _trade(equipment_type: EquipmentType | None, mode: FaultMode | None, language: Language) -> str:
    if equipment_type is None or mode is None:
        return ""
    label = equipment_type.trades.get(mode.trade)
    return label.of(language) if label is not None else mode.trade


def _spares(
    equipment_type: EquipmentType | None, mode: FaultMode | None, language: Language
) -> tuple[tuple[str, str], ...]:
    if equipment_type is None or mode is None:
        return ()
    declared = equipment_type.spares
    return tuple((code, declared[code].label.of(language) if code in declared else code) for code in mode.spares)
