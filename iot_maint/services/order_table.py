"""Work orders as rows of a table."""

from collections.abc import Sequence
from functools import partial
from zoneinfo import ZoneInfo

from iot_maint.domain.catalog import Catalog, Language
from iot_maint.domain.equipment import Equipment
from iot_maint.domain.work_orders import WorkOrder
from iot_maint.services.quantities import say_known_instant
from iot_maint.services.rendering import order_texts, verdict_label
from iot_maint.services.tables import Cell
from iot_maint.services.texts import ORDER_STATUSES

DEADLINES = ("dispatch", "acknowledge", "arrive", "finish")
ORDER_COLUMNS = (
    "number",
    "title",
    "site",
    "equipment",
    "equipment_name",
    "fault_mode",
    "origin",
    "status",
    "status_label",
    "severity",
    "urgency",
    "trade",
    "onset_at",
    "raised_at",
    "opened_at",
    *(f"deadline_{name}" for name in DEADLINES),
    "previous",
    "ended_at",
    "verdict",
    "verdict_label",
    "found_mode",
    "failed_at",
    "parts",
    "symptoms",
    "planned_for",
    "planned_until",
)


def order_row(
    order: WorkOrder, catalog: Catalog, equipment: Equipment | None, language: Language, zone: ZoneInfo
) -> Sequence[Cell]:
    """The cells of `ORDER_COLUMNS`."""
    judgement = order.judgement
    texts = order_texts(order, catalog, equipment, language)
    instant = partial(say_known_instant, zone=zone)
    return (
        order.number,
        texts.title,
        order.site,
        order.equipment,
        texts.equipment_name,
        order.fault_mode,
        order.origin.value,
        order.status.value,
        ORDER_STATUSES[order.status].of(language),
        order.severity.value,
        order.urgency,
        texts.trade,
        instant(order.onset_at),
        instant(order.raised_at),
        instant(order.opened_at),
        *(instant(order.deadlines.get(name)) for name in DEADLINES),
        order.previous,
        instant(order.ended_at),
        judgement.verdict.value if judgement is not None else None,
        verdict_label(order, language),
        judgement.found_mode if judgement is not None else None,
        instant(judgement.failed_at) if judgement is not None else None,
        judgement.parts if judgement is not None else None,
        " ".join(f"{symptom.equipment}/{symptom.fault_mode}" for symptom in order.symptoms),
        instant(order.planned_for),
        instant(order.planned_until),
    )
