"""From alarm events to work orders: one open order per fault, reopened, worsened or followed as the event demands."""

from dataclasses import dataclass

from iot_maint.domain.alarms import AlarmEvent, AlarmEventKind
from iot_maint.domain.catalog import Severity
from iot_maint.domain.findings import FindingKind
from iot_maint.domain.work_orders import DONE_BUT_OPEN, ENDED, WorkOrder, WorkOrderStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenOrder:
    """Open a new one; `previous` is the ended one for the same fault that it follows."""

    previous: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AddToOrder:
    """Write the event into the open order's timeline; `urgency` when it must rise."""

    number: str
    urgency: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReopenOrder:
    """The fault is back before the order was closed; `urgency` when it must rise too."""

    number: str
    urgency: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeDue:
    """What was only planned is needed now, at that urgency."""

    number: str
    urgency: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NothingToOrder:
    """The event concerns no open order."""


OrderDecision = OpenOrder | AddToOrder | ReopenOrder | MakeDue | NothingToOrder


def plan(
    event: AlarmEvent,
    latest: WorkOrder | None,
    asked_urgency: int,
    ordered_severities: frozenset[Severity],
) -> OrderDecision:
    """What to do about an event, given the newest preventive order of that fault.

    `asked_urgency` is the event's own (1 is the most urgent); `ordered_severities` are those for which this alarm has
    had its one order already.  An order opens when an alarm is raised or worsens, never because it stands: after an
    early close only a worse severity opens another.
    """
    bad_news = event.kind in (AlarmEventKind.RAISED, AlarmEventKind.WORSENED)
    if latest is None or latest.status in ENDED:
        if bad_news and event.severity not in ordered_severities:
            return OpenOrder(previous=latest.number if latest is not None else None)
        return NothingToOrder()
    if event.finding.kind is FindingKind.CLEARED:
        return AddToOrder(number=latest.number)
    if bad_news and latest.status is WorkOrderStatus.PLANNED:
        return MakeDue(number=latest.number, urgency=min(asked_urgency, latest.urgency))
    urgency = asked_urgency if asked_urgency < latest.urgency else None
    if bad_news and latest.status in DONE_BUT_OPEN:
        return ReopenOrder(number=latest.number, urgency=urgency)
    return AddToOrder(number=latest.number, urgency=urgency)
