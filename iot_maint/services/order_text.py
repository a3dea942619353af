"""A work order as a page of plain text: what, where, why, the evidence, what to do, by when."""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from iot_maint.domain.catalog import Catalog, Language, Text
from iot_maint.domain.equipment import Equipment
from iot_maint.domain.work_orders import ENDED, WorkOrder
from iot_maint.services.evidence import say_evidence
from iot_maint.services.quantities import say_clock_time
from iot_maint.services.rendering import OrderTexts, finding_kind, order_texts, symptom_text
from iot_maint.services.texts import DEADLINES, ORDER_STATUSES, SEVERITIES

_HEADINGS: Mapping[str, Text] = {
    "order": Text(zh="工单", en="Work order"),
    "what": Text(zh="故障", en="What"),
    "where": Text(zh="地点", en="Where"),
    "why": Text(zh="原因", en="Why"),
    "evidence": Text(zh="证据", en="Evidence"),
    "symptoms": Text(zh="牵连", en="Affects"),
    "action": Text(zh="处理", en="Do"),
    "who": Text(zh="工种", en="Who"),
    "spares": Text(zh="备件", en="Spares"),
    "when": Text(zh="时限", en="By when"),
    "planned": Text(zh="计划", en="Planned"),
}
_WIDTH = {Language.ZH_CN: 4, Language.EN: 9}  # a Chinese heading is two characters, four columns wide
_NO_DEADLINE = Text(zh="无", en="no deadline")

_IN_ITS_WINDOW = Text(
    zh="计划时段内；出现告警即到期：{level}", en="in that window; once an alarm makes it due: {level}"
)


def order_text(
    order: WorkOrder, catalog: Catalog, equipment: Equipment | None, language: Language, zone: ZoneInfo
) -> str:
    """Several lines, without a newline at the end."""
    texts = order_texts(order, catalog, equipment, language)
    # What only waits for its window is in no hurry: its service level stands beside the window.
    level = (texts.level,) if order.is_due else ()
    head = (f"{_HEADINGS['order'].of(language)} {order.number}", *level, ORDER_STATUSES[order.status].of(language))
    lines = [
        " · ".join(head),
        *_line("what", f"{texts.title}{_severity(order, language)}", language),
        *_line("where", _place(order, equipment), language),
        *_line("why", texts.cause, language),
        *_line("evidence", _evidence(order, catalog, language, zone), language),
        *_line("symptoms", "\n".join(symptom_text(one, catalog, language) for one in order.symptoms), language),
        *_line("action", texts.action, language),
        *_line("who", texts.trade, language),
        *_line("spares", _spares(texts, language), language),
        *_line("planned", _window(order, zone), language),
        *_line("when", _deadlines(order, texts, language, zone), language),
    ]
    return "\n".join(lines)


def _line(heading: str, text: str, language: Language) -> list[str]:
    if not text:
        return []
    label = _HEADINGS[heading].of(language)
    wide = 2 * len(label) if language is Language.ZH_CN else len(label)
    first, *more = text.splitlines()
    indent = " " * (_WIDTH[language] + 4)
    return [f"  {label}{' ' * (_WIDTH[language] - wide)}  {first}", *(indent + line for line in more)]


def _severity(order: WorkOrder, language: Language) -> str:
    severity = SEVERITIES[order.severity].of(language)
    return f"（{severity}）" if language is Language.ZH_CN else f" ({severity})"


def _place(order: WorkOrder, equipment: Equipment | None) -> str:
    steps = (equipment.building, equipment.floor, equipment.room) if equipment is not None else ()
    return f"{' / '.join((order.site, *(step for step in steps if step)))} · {order.equipment}"


def _evidence(order: WorkOrder, catalog: Catalog, language: Language, zone: ZoneInfo) -> str:
    equipment_type = catalog.types.get(order.equipment_type)
    return "\n".join(
        say_evidence(entry.evidence, equipment_type, language, kind=finding_kind(entry), zone=zone)
        for entry in order.timeline
        if entry.evidence is not None
    )


def _spares(texts: OrderTexts, language: Language) -> str:
    return ("、" if language is Language.ZH_CN else ", ").join(label for _, label in texts.spares)


def _window(order: WorkOrder, zone: ZoneInfo) -> str:
    if order.planned_for is None or order.planned_until is None:
        return ""
    return f"{say_clock_time(order.planned_for, zone)} – {say_clock_time(order.planned_until, zone)}"


def _deadlines(order: WorkOrder, texts: OrderTexts, language: Language, zone: ZoneInfo) -> str:
    if not order.is_due and order.status not in ENDED:
        return _IN_ITS_WINDOW.of(language).format(level=texts.level)
    said = (
        f"{text.of(language)} {say_clock_time(order.deadlines[name], zone)}"
        for name, text in DEADLINES.items()
        if name in order.deadlines
    )
    return " · ".join(said) or _NO_DEADLINE.of(language)
