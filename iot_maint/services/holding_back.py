"""Alarms that get no order yet: another fault explains them, or somebody works on their equipment."""

from datetime import datetime

from iot_maint.domain.alarms import Alarm, AlarmEvent, Wait
from iot_maint.domain.catalog import Catalog
from iot_maint.domain.equipment import EquipmentStatus
from iot_maint.domain.ports import Repositories
from iot_maint.rules.planning import HangUnder, LockOut, OpenOrder, OrderDecision, ReopenOrder, hold_back
from iot_maint.services.causes import Lineage, cause_of, find_cause, settled_at


def restrain(
    repositories: Repositories,
    catalog: Catalog,
    event: AlarmEvent,
    alarm: Alarm,
    lineage: Lineage,
    decision: OrderDecision,
    urgency: int,
) -> OrderDecision | HangUnder | LockOut:
    """The decision, unless something else has to be over first."""
    if not isinstance(decision, OpenOrder | ReopenOrder):
        return decision
    # One that was judged already, and found to outlive its cause, does not hang under it again.
    judged = alarm.cause is not None and alarm.waits_for is None
    cause = (
        None
        if judged
        else find_cause(
            repositories, catalog, lineage, event.key.fault_mode, event.onset_at, (*alarm.rules, event.finding.rule)
        )
    )
    locked_out = is_locked_out(repositories, event.key.equipment)
    return hold_back(decision, urgency, cause=cause.id if cause is not None else None, locked_out=locked_out)


def is_locked_out(repositories: Repositories, code: str) -> bool:
    """Whether the equipment is under repair: by the register, or by an order that somebody works on."""
    equipment = repositories.equipment.get(code)
    if equipment is not None and equipment.status is EquipmentStatus.UNDER_MAINTENANCE:
        return True
    return repositories.orders.under_repair(code)


def make_wait(
    repositories: Repositories, catalog: Catalog, alarm: Alarm, reason: HangUnder | LockOut, now: datetime
) -> None:
    """Remember what has to be over before the alarm gets an order; for a cause that is over, until when."""
    if isinstance(reason, LockOut):
        repositories.alarms.lock_out(alarm.id, now)
        return
    if alarm.waits_for is Wait.CAUSE and alarm.cause is not None and alarm.cause.alarm == reason.cause:
        return
    cause = repositories.alarms.get(reason.cause)
    equipment = repositories.equipment.get(cause.key.equipment) if cause is not None else None
    until = None
    if cause is not None and cause.cleared_at is not None and equipment is not None:
        declared = cause_of(catalog, equipment.type, cause.key.fault_mode)
        if declared is not None:
            until = settled_at(alarm, cause.cleared_at, declared.settle)
    repositories.alarms.hang(alarm.id, reason.cause, now, waits=True, until=until)
