"""From alarm events to work orders: one open order per fault, reopened, worsened or followed as the event demands.

A fault that another one explains opens none, nor does one that is found while somebody works on the equipment.
"""

from dataclasses import dataclass
from datetime import timedelta

from iot_maint.domain.alarms import AlarmEvent, AlarmEventKind
from iot_maint.domain.catalog import Severity
from iot_maint.domain.findings import FindingKind
from iot_maint.domain.work_orders import DONE_BUT_OPEN, ENDED, LIFE_SAFETY, WorkOrder, WorkOrderStatus

REPAIR_CHECK = timedelta(hours=24)


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
class NothingToOrder:
    """The event concerns no open order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HangUnder:
    """Another fault explains it: no order of its own before that one is over."""

    cause: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LockOut:
    """Its equipment is under repair: no order before that is over."""


OrderDecision = OpenOrder | AddToOrder | ReopenOrder | NothingToOrder


def plan(
    event: AlarmEvent,
    latest: WorkOrder | None,
    asked_urgency: int,
    ordered_severities: frozenset[Severity],
    repair_check: timedelta = REPAIR_CHECK,
) -> OrderDecision:
    """What to do about an event, given the newest preventive order of that fault.

    `asked_urgency` is the event's own (1 is the most urgent); `ordered_severities` are those for which this alarm has
    had its one order already.  An order opens when an alarm is raised or worsens, never because it stands: after an
    early close only a worse severity opens another.  `repair_check`: how long after its completion a closed order is
    reopened by its fault.
    """
    bad_news = event.kind in (AlarmEventKind.RAISED, AlarmEventKind.WORSENED)
    urgency = asked_urgency if latest is not None and asked_urgency < latest.urgency else None
    if latest is not None and bad_news and _is_back(event, latest, repair_check):
        return ReopenOrder(number=latest.number, urgency=urgency)
    if latest is None or latest.status in ENDED:
        if bad_news and event.severity not in ordered_severities:
            return OpenOrder(previous=latest.number if latest is not None else None)
        return NothingToOrder()
    if event.finding.kind is FindingKind.CLEARED:
        return AddToOrder(number=latest.number)
    if bad_news and latest.status in DONE_BUT_OPEN:
        return ReopenOrder(number=latest.number, urgency=urgency)
    return AddToOrder(number=latest.number, urgency=urgency)


def _is_back(event: AlarmEvent, latest: WorkOrder, repair_check: timedelta) -> bool:
    """A fault that its closed order had repaired so short a time ago."""
    if latest.status is not WorkOrderStatus.CLOSED or latest.watched_since is None:
        return False
    return latest.watched_since <= event.finding.at <= latest.watched_since + repair_check


def hold_back(
    decision: OrderDecision, urgency: int, *, cause: int | None, locked_out: bool
) -> OrderDecision | HangUnder | LockOut:
    """The decision, unless it calls for somebody who is not needed: `cause` is the alarm that explains the event's.

    What endangers people is never held back.
    """
    if urgency == LIFE_SAFETY or not isinstance(decision, OpenOrder | ReopenOrder):
        return decision
    if cause is not None:
        return HangUnder(cause=cause)
    return LockOut() if locked_out else decision
