"""What goes out when an order changes: one event a timeline entry, written in the same transaction."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from iot_maint.domain.outbox import Channel, OrderEvent
from iot_maint.domain.ports import Repositories
from iot_maint.domain.work_orders import PREVENTIVE, EntryKind, TimelineEntry, Transition, WorkOrder

UNJUDGED = "unjudged"  # what an event says of a preventive order that ended without a verdict


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
            **_verdict(order),
        },
    )


def announce(repositories: Repositories, order: WorkOrder, entry: TimelineEntry, channels: Sequence[Channel]) -> None:
    """Put the event of an entry into the outbox, for every channel in use."""
    repositories.outbox.add(event_of(order, entry), channels)


def announce_aside(
    repositories: Repositories, order: WorkOrder, entry: TimelineEntry, channels: Sequence[Channel]
) -> None:
    """The event of something that was found out of an order after its end; but not to the telemetry store.

    There the newest event says whether the order stands: after its end only being opened again may follow.
    """
    announce(repositories, order, entry, [channel for channel in channels if channel is not Channel.TELEMETRY])


def announce_judgement(
    repositories: Repositories, order: WorkOrder, entry: TimelineEntry, channels: Sequence[Channel]
) -> None:
    """A verdict that comes after the end; to the telemetry store the event of the end goes again, with the verdict."""
    announce_aside(repositories, order, entry, channels)
    ends = (Transition.CLOSE, Transition.CANCEL)
    end = next((one for one in reversed(order.timeline) if one.transition in ends), None)
    if Channel.TELEMETRY in channels and order.ended_at is not None and end is not None:
        again = replace(event_of(order, end), id=event_of(order, entry).id)
        repositories.outbox.add(again, [Channel.TELEMETRY])


def _verdict(order: WorkOrder) -> dict[str, str]:
    if order.ended_at is None or order.origin not in PREVENTIVE:
        return {}
    return {"verdict": order.judgement.verdict.value if order.judgement is not None else UNJUDGED}
