"""Known faults: what the rules should have seen, from a file or from orders that people have closed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from iot_maint.domain.verdicts import Verdict
from iot_maint.domain.work_orders import PREVENTIVE, Transition, WorkOrder, WorkOrderStatus

FILE = "file"
# The onset of an order is where a rule first saw the fault: whoever sees it earlier has seen the same one.
SEEN_EARLIER = timedelta(days=7)
DONE = frozenset({WorkOrderStatus.COMPLETED, WorkOrderStatus.VERIFIED, WorkOrderStatus.CLOSED})


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownFault:
    """A fault that was there from `onset` to `failure` (of an order: to the end of the repair).

    An empty `fault_mode` is any.  An alarm that is raised from `seen_from` to `failure` has found it.
    """

    equipment: str
    fault_mode: str
    onset: datetime
    failure: datetime
    source: str

    @property
    def seen_from(self) -> datetime:
        """From when an alarm counts as having found it."""
        return self.onset if self.source == FILE else self.onset - SEEN_EARLIER


def faults_of_orders(orders: Iterable[WorkOrder]) -> tuple[KnownFault, ...]:
    """The faults that preventive orders were for which people have done and not cancelled, as they were judged."""
    return tuple(
        KnownFault(
            equipment=order.equipment,
            fault_mode=_mode(order),
            onset=order.onset_at,
            failure=_failure(order),
            source=order.number,
        )
        for order in orders
        if order.origin in PREVENTIVE and order.status in DONE and _was_real(order)
    )


def _was_real(order: WorkOrder) -> bool:
    """Nobody has found anything else; an order without a verdict is taken for real."""
    return order.judgement is None or order.judgement.verdict is Verdict.REAL_FAULT


def _mode(order: WorkOrder) -> str:
    """What it really was, where somebody has said so."""
    return (order.judgement.found_mode if order.judgement is not None else None) or order.fault_mode


def _failure(order: WorkOrder) -> datetime:
    """When it stopped doing its work, if it came to that; else when it was mended."""
    failed_at = order.judgement.failed_at if order.judgement is not None else None
    return max(failed_at or _repaired_at(order), order.raised_at if failed_at is None else order.onset_at)


def _repaired_at(order: WorkOrder) -> datetime:
    """When the work was done: the last completion, or else the closing."""
    done = {entry.transition: entry.at for entry in order.timeline if entry.transition is not None}
    return done.get(Transition.COMPLETE) or done.get(Transition.CLOSE) or order.raised_at
