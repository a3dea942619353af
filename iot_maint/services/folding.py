"""What becomes of orders that were opened before the fault was known that explains them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from iot_maint.domain.alarms import Alarm
from iot_maint.domain.catalog import Cause
from iot_maint.domain.outbox import Channel
from iot_maint.domain.ports import Repositories
from iot_maint.domain.work_orders import (
    LIFE_SAFETY,
    EntryKind,
    TimelineEntry,
    Transition,
    WorkOrder,
    WorkOrderStatus,
)
from iot_maint.services.causes import root_of
from iot_maint.services.order_events import announce


def fold_symptoms(
    repositories: Repositories, alarm: Alarm, cause: Cause, *, by: str, now: datetime, channels: Sequence[Channel]
) -> None:
    """Hang under a new cause what began shortly before it: orders that nobody has touched yet are cancelled."""
    root = root_of(repositories, alarm)
    order = max(root.orders.values(), default=None)
    # What waits under an earlier alarm of this fault waits for the end of this one.
    code, fault_mode = alarm.key.equipment, alarm.key.fault_mode
    since = alarm.onset_at - cause.settle
    for earlier, _ in repositories.alarms.causes((code,), fault_mode, alarm.onset_at, since):
        if earlier != root.id:
            repositories.alarms.move(earlier, root.id)
    if order is None:
        return
    types, since = repositories.equipment.behind(code), alarm.onset_at - cause.before
    for symptom_id in repositories.alarms.began_since(types, since):
        symptom = repositories.alarms.get(symptom_id)
        if symptom is None or symptom.id in (alarm.id, root.id) or symptom.waits_for is not None:
            continue
        if symptom.key.shadow:  # it never had an order, and is no line in anybody's
            continue
        type_name, mode = types[symptom.key.equipment], symptom.key.fault_mode
        own = (symptom.key.equipment, mode) == (code, fault_mode)
        if own or symptom.cause is not None or not cause.may_explain(type_name, mode):
            continue
        orders = [
            found for number in sorted(set(symptom.orders.values())) if (found := repositories.orders.lock(number))
        ]
        if any(one.urgency == LIFE_SAFETY for one in orders):
            continue
        folded = [one for one in orders if _is_untouched(one, since)]
        for one in folded:
            _cancel(repositories, one, order, now, channels, by)
            repositories.alarms.unlink_order(symptom.id, one.number)
        waits = bool(folded) and len(folded) == len(orders) and symptom.cleared_at is None
        repositories.alarms.hang(symptom.id, root.id, now, waits=waits)
        # What is itself a cause hands on what waits under it.
        repositories.alarms.move(symptom.id, root.id)


def _is_untouched(order: WorkOrder, since: datetime) -> bool:
    nobody = all(entry.rule is not None for entry in order.timeline)
    return order.status is WorkOrderStatus.OPEN and order.onset_at >= since and nobody


def _cancel(
    repositories: Repositories, order: WorkOrder, under: str, now: datetime, channels: Sequence[Channel], by: str
) -> None:
    if not repositories.orders.set_status(order.number, order.status, WorkOrderStatus.CANCELLED):
        return
    entry = TimelineEntry(
        kind=EntryKind.TRANSITION, at=now, recorded_at=now, by=by, transition=Transition.CANCEL, note=f"→ {under}"
    )
    repositories.orders.append(order.number, entry)
    cancelled = replace(order, status=WorkOrderStatus.CANCELLED, timeline=(*order.timeline, entry))
    announce(repositories, cancelled, entry, channels)
