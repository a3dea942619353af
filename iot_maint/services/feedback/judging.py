"""Verdicts on preventive orders: said with the step that ends the work, mended later, taken back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from iot_maint.domain.catalog import Catalog
from iot_maint.domain.errors import Conflict, InvalidInput, UnknownThing
from iot_maint.domain.outbox import Channel
from iot_maint.domain.ports import Clock, Repositories
from iot_maint.domain.verdicts import Judgement, Verdict
from iot_maint.domain.work_orders import (
    DONE_BUT_OPEN,
    JUDGING,
    PREVENTIVE,
    EntryKind,
    TimelineEntry,
    Transition,
    WorkOrder,
)
from iot_maint.services.order_events import announce_judgement

# An alarm that comes later than that after the failure is a slip of the pen in the date.
LATEST_ALARM = timedelta(days=90)

Judge = Callable[[WorkOrder, datetime], Judgement]
"""From an order and the present to what is said of it; `InvalidInput` when that cannot be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictWish:
    """What a person says was found; `fault_mode` is the one that it really was."""

    verdict: Verdict
    fault_mode: str | None = None
    failed_at: datetime | None = None
    parts: str = ""


def judge_order(wish: VerdictWish, catalog: Catalog, by: str, order: WorkOrder, at: datetime) -> Judgement:
    """The judgement that a wish is; `InvalidInput` names what is wrong."""
    if order.origin not in PREVENTIVE:
        raise InvalidInput(
            "verdict", f"{order.number} is of origin {order.origin}: no rule or model spoke, none is judged"
        )
    if wish.verdict is not Verdict.REAL_FAULT:
        for field, value in (("fault_mode", wish.fault_mode), ("failed_at", wish.failed_at)):
            if value is not None:
                raise InvalidInput(field, f"goes with {Verdict.REAL_FAULT} alone, not with {wish.verdict}")
    _check_mode(wish, catalog, order)
    _check_failure(wish, order, at)
    return Judgement(
        verdict=wish.verdict,
        at=at,
        by=by,
        found_mode=wish.fault_mode if wish.fault_mode != order.fault_mode else None,
        failed_at=wish.failed_at,
        parts=wish.parts,
    )


def check_step(transition: Transition) -> None:
    """`InvalidInput` when nobody can know yet what is the matter."""
    if transition not in JUDGING:
        steps = ", ".join(step.value for step in Transition if step in JUDGING)
        raise InvalidInput("verdict", f"is said with one of the steps {steps}, not with {transition}")


def revise_verdict(
    repositories: Repositories,
    number: str,
    judge: Judge | None,
    *,
    by: str,
    note: str,
    clock: Clock,
    channels: Sequence[Channel],
) -> WorkOrder:
    """Replace the verdict of an order whose work is done, or take it back (`judge` is None).

    What was said before stays in the timeline.  The same verdict again changes nothing.  `Conflict` while work is
    under way, or when somebody else was faster.
    """
    order = repositories.orders.get(number)
    if order is None:
        raise UnknownThing(f"no work order {number}")
    if order.ended_at is None and order.status not in DONE_BUT_OPEN:
        # Also one that a rule itself cancelled: nobody was sent, nobody can know.
        raise Conflict(f"{number} is {order.status}: it is judged when its work is done, with that step or later")
    now = clock.now()
    judgement = judge(order, now) if judge is not None else None
    if _says_the_same(order.judgement, judgement):
        return order
    if not repositories.feedback.judge(number, order.status, judgement):
        raise Conflict(f"work order {number} changed meanwhile; look at it again")
    entry = TimelineEntry(kind=EntryKind.JUDGED, at=now, recorded_at=now, by=by, note=note, judgement=judgement)
    repositories.orders.append(number, entry)
    order = replace(order, judgement=judgement, timeline=(*order.timeline, entry))
    announce_judgement(repositories, order, entry, channels)
    return order


def _says_the_same(old: Judgement | None, new: Judgement | None) -> bool:
    if old is None or new is None:
        return old is new
    return old == replace(new, at=old.at, by=old.by)


def _check_mode(wish: VerdictWish, catalog: Catalog, order: WorkOrder) -> None:
    equipment_type = catalog.types.get(order.equipment_type)
    if wish.fault_mode is None or wish.fault_mode == order.fault_mode:
        return
    if equipment_type is None or wish.fault_mode not in equipment_type.fault_modes:
        raise InvalidInput("fault_mode", f"{order.equipment_type} has no fault mode {wish.fault_mode}")


def _check_failure(wish: VerdictWish, order: WorkOrder, at: datetime) -> None:
    if wish.failed_at is None:
        return
    if wish.failed_at > at:
        raise InvalidInput("failed_at", "lies in the future")
    if wish.failed_at < order.onset_at - LATEST_ALARM:
        raise InvalidInput("failed_at", f"lies more than {LATEST_ALARM.days} days before the alarm's onset")
