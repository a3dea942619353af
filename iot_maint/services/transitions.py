"""What people do to work orders and alarms: one legal step at a time, kept with their name."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from iot_maint.domain.alarms import Alarm
from iot_maint.domain.errors import Conflict, UnknownThing
from iot_maint.domain.outbox import Channel
from iot_maint.domain.platform_alarms import StoredPlatformAlarm
from iot_maint.domain.ports import Clock, Repositories
from iot_maint.domain.verdicts import Judgement
from iot_maint.domain.work_orders import (
    ENDED,
    PREVENTIVE,
    EntryKind,
    TimelineEntry,
    Transition,
    WorkOrder,
    status_after,
)
from iot_maint.services.feedback.judging import Judge, check_step
from iot_maint.services.order_events import announce

_ENDS_WATCH = frozenset({Transition.REOPEN, Transition.CANCEL})


def transition_order(
    repositories: Repositories,
    number: str,
    transition: Transition,
    *,
    by: str,
    note: str,
    clock: Clock,
    channels: Sequence[Channel],
    judge: Judge | None = None,
) -> WorkOrder:
    """The order after the step, with its new timeline entry; the event is in the outbox.

    With the steps that end the work goes what was found (`judge`); an earlier verdict stands unless a new one is said.

    `IllegalTransition` names the legal ones.  `Conflict` when somebody else was faster, or when the order would
    stand open beside another one of its fault.
    """
    order = repositories.orders.get(number)
    if order is None:
        raise UnknownThing(f"no work order {number}")
    target = status_after(transition, order.status)
    now = clock.now()
    said = _judgement(order, transition, judge, now)
    if not repositories.orders.set_status(number, order.status, target):
        raise _refusal(repositories, order, transition)
    entry = TimelineEntry(
        kind=EntryKind.TRANSITION, at=now, recorded_at=now, by=by, transition=transition, note=note, judgement=said
    )
    repositories.orders.append(number, entry)
    if transition in _ENDS_WATCH or (transition is Transition.COMPLETE and order.origin in PREVENTIVE):
        order = replace(order, watched_since=None if transition in _ENDS_WATCH else now)
        repositories.orders.watch(number, order.watched_since)
    order = replace(
        order,
        status=target,
        ended_at=now if target in ENDED else None,
        judgement=None if transition is Transition.REOPEN else said or order.judgement,
        timeline=(*order.timeline, entry),
    )
    if said is not None or target in ENDED:
        repositories.feedback.store_outcome(order)
    announce(repositories, order, entry, channels)
    if target in ENDED:
        _tell_alarm(repositories, order, entry)
    return order


def _judgement(order: WorkOrder, transition: Transition, judge: Judge | None, now: datetime) -> Judgement | None:
    if judge is None:
        return None
    check_step(transition)
    return judge(order, now)


def find_alarm(repositories: Repositories, alarm_id: int) -> Alarm | StoredPlatformAlarm:
    """The alarm of that id, of equipment or of the platform; `UnknownThing` when there is none."""
    alarm = repositories.alarms.get(alarm_id) or repositories.platform_alarms.get(alarm_id)
    if alarm is None:
        raise UnknownThing(f"no alarm {alarm_id}")
    return alarm


def acknowledge_alarm(
    repositories: Repositories, alarm_id: int, *, by: str, note: str, clock: Clock
) -> Alarm | StoredPlatformAlarm:
    """Somebody has seen it.  Seeing it again changes nothing but may add a note."""
    alarm = find_alarm(repositories, alarm_id)
    kept = repositories.platform_alarms if isinstance(alarm, StoredPlatformAlarm) else repositories.alarms
    now = clock.now()
    if note:
        kept.add_note(alarm_id, now, by, note)
    if alarm.acknowledged_at is not None:
        return alarm
    kept.acknowledge(alarm_id, now, by)
    return replace(alarm, acknowledged_at=now, acknowledged_by=by)


def _refusal(repositories: Repositories, order: WorkOrder, transition: Transition) -> Conflict:
    now = repositories.orders.get(order.number)
    if now is not None and now.status is not order.status:
        return Conflict(f"work order {order.number} became {now.status} meanwhile; look at it again")
    beside = repositories.orders.latest(order.equipment, order.fault_mode)
    other = f"{beside.number} " if beside is not None and beside.number != order.number else "another one "
    return Conflict(
        f"cannot {transition} {order.number}: {other}is open for the same fault of {order.equipment}; work on that one"
    )


def _tell_alarm(repositories: Repositories, order: WorkOrder, entry: TimelineEntry) -> None:
    """An order that ends while its alarm stands leaves a note there, since nothing else will follow from it."""
    alarm = repositories.orders.alarm_of(order.number)
    if alarm is None or alarm.cleared_at is not None:
        return
    reason = f": {entry.note}" if entry.note else ""
    # What it explained waits no longer: nobody works on the cause any more.
    repositories.alarms.let_go(alarm.id, entry.at)
    repositories.alarms.add_note(alarm.id, entry.at, entry.by, f"{order.number} → {order.status}{reason}")
