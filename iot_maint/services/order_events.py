"""What goes out when an order changes: one event a timeline entry, written in the same transaction."""

import hashlib
from collections.abc import Sequence

from iot_maint.domain.outbox import Channel, OrderEvent
from iot_maint.domain.ports import Repositories
from iot_maint.domain.work_orders import EntryKind, TimelineEntry, WorkOrder


def event_name(entry: TimelineEntry) -> str:
    """`opened`, `urgency_raised`, …; for a person's step the transition's name."""
    if entry.kind is EntryKind.TRANSITION and entry.transition is not None:
        return entry.transition.value
    return entry.kind.value


def event_of(order: WorkOrder, entry: TimelineEntry) -> OrderEvent:
    """The event of one entry.  Its id follows from what happened, so the same thing never goes out under two."""
    name = event_name(entry)
    source = f"{order.number}/{name}/{entry.rule or entry.by}/{entry.at.isoformat()}"
    return OrderEvent(
        id=hashlib.sha256(source.encode()).hexdigest()[:32],
        event=name,
        order=order.number,
        at=entry.at,
        details={
            "number": order.number,
            "site": order.site,
            "equipment": order.equipment,
            "equipment_type": order.equipment_type,
            "fault_mode": order.fault_mode,
            "status": order.status.value,
            "urgency": str(order.urgency),
        },
    )


def announce(repositories: Repositories, order: WorkOrder, entry: TimelineEntry, channels: Sequence[Channel]) -> None:
    """Put the event of an entry into the outbox, for every channel in use."""
    repositories.outbox.add(event_of(order, entry), channels)
