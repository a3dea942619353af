"""What comes due some time after an event: orders for what outlived its cause or a repair, and whether repairs held."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from iot_maint.domain.alarms import Alarm, AlarmStatus, Wait
from iot_maint.domain.catalog import GATEWAY_SILENT, SENSOR_SILENT
from iot_maint.domain.equipment import Equipment
from iot_maint.domain.instants import epoch_ms
from iot_maint.domain.ports import Database, Repositories, TelemetryStore
from iot_maint.domain.queries import AlarmQuery, PageRequest
from iot_maint.domain.work_orders import EntryKind, TimelineEntry, WorkOrder, WorkOrderStatus
from iot_maint.rules.planning import HangUnder
from iot_maint.services.causes import cause_of, find_cause, outlives, settled_at
from iot_maint.services.holding_back import is_locked_out, make_wait
from iot_maint.services.order_events import announce, event_name
from iot_maint.services.ordering import RULES, OrderDesk, OrderStep

_DONE = frozenset({WorkOrderStatus.COMPLETED, WorkOrderStatus.VERIFIED, WorkOrderStatus.CLOSED})
_SILENCES = frozenset({SENSOR_SILENT, GATEWAY_SILENT})

# When each metric of the equipment was last heard, epoch ms.
Heard = Callable[[Equipment], Mapping[str, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """Does all that is due, one transaction each; whatever is interrupted is due again.

    `heard` None: all telemetry up to the clock's time is decided, as in a replay.
    """

    database: Database
    desk: OrderDesk
    heard: Heard | None

    def run(self) -> list[OrderStep]:
        """What became of orders."""
        now = self.desk.clock.now()
        with self.database.reading() as repositories:
            alarms = repositories.alarms.due_ids(now)
            orders = repositories.orders.watched(now - self.desk.repair_check)
        steps: list[OrderStep] = []
        for alarm_id in alarms:
            if self._may_end(alarm_id, now):
                with self.database.transaction() as repositories:
                    steps += self._end_wait(repositories, alarm_id)
        for number in orders:
            steps += self._end_watch(number)
        return steps

    def _may_end(self, alarm_id: int, now: datetime) -> bool:
        """Whether it is worth a transaction: much that waits waits on for days."""
        with self.database.reading() as repositories:
            alarm = repositories.alarms.get(alarm_id)
            if alarm is None or alarm.waits_for is None:
                return False
            if alarm.waits_for is Wait.LOCKOUT:
                return not is_locked_out(repositories, alarm.key.equipment)
            cause = repositories.alarms.get(alarm.cause.alarm) if alarm.cause is not None else None
            equipment = repositories.equipment.get(alarm.key.equipment)
        if cause is None or cause.cleared_at is None or alarm.cleared_at is not None or equipment is None:
            return True
        return self._is_known(alarm, equipment, settled_at(alarm, cause.cleared_at, self._settle(alarm)), now)

    def _is_known(self, alarm: Alarm, equipment: Equipment, due: datetime, now: datetime) -> bool:
        """Whether a symptom's telemetry has come to the instant at which it should be gone.

        A gateway that was without power too sends what it kept: the end of the symptom may be under way.  One that
        sends nothing is waited for as long again.
        """
        if self.heard is None or alarm.key.fault_mode in _SILENCES or now >= due + self._settle(alarm):
            return True
        return max(self.heard(equipment).values(), default=0) >= epoch_ms(due)

    def _settle(self, alarm: Alarm) -> timedelta:
        if alarm.cause is None:
            return timedelta()
        declared = cause_of(self.desk.catalog, alarm.cause.equipment_type, alarm.cause.fault_mode)
        return declared.settle if declared is not None else timedelta()

    def _end_wait(self, repositories: Repositories, alarm_id: int) -> list[OrderStep]:
        """It gets its order, or none since it is gone, or it waits on."""
        alarm = repositories.alarms.get(alarm_id)
        equipment = repositories.equipment.get(alarm.key.equipment) if alarm is not None else None
        if alarm is None or equipment is None:
            return []
        if alarm.waits_for is Wait.LOCKOUT:
            return self._end_lockout(repositories, alarm, equipment)
        cause = repositories.alarms.get(alarm.cause.alarm) if alarm.cause is not None else None
        if cause is None:
            return []
        if not outlives(alarm, cause, self._settle(alarm)):
            repositories.alarms.stop_waiting(alarm.id)
            return []
        if alarm.cleared_at is None and is_locked_out(repositories, equipment.code):
            repositories.alarms.lock_out(alarm.id, self.desk.clock.now())
            return []
        return self.desk.let_order(repositories, alarm, equipment.type)

    def _end_lockout(self, repositories: Repositories, alarm: Alarm, equipment: Equipment) -> list[OrderStep]:
        if alarm.cleared_at is not None or is_locked_out(repositories, equipment.code):
            return []
        lineage, mode = repositories.equipment.lineage(equipment.code), alarm.key.fault_mode
        cause = None
        if alarm.cause is None:
            cause = find_cause(repositories, self.desk.catalog, lineage, mode, alarm.onset_at, alarm.rules)
        if cause is not None:
            now = self.desk.clock.now()
            make_wait(repositories, self.desk.catalog, alarm, HangUnder(cause=cause.id), now)
            return []
        return self.desk.let_order(repositories, alarm, equipment.type)

    def _end_watch(self, number: str) -> list[OrderStep]:
        with self.database.reading() as repositories:
            order = repositories.orders.get(number)
            equipment = repositories.equipment.get(order.equipment) if order is not None else None
        if order is None or order.watched_since is None:
            return []
        # The telemetry store is asked outside of the transaction, for it may be slow to answer.
        heard = equipment is not None and self._was_heard(equipment, order, epoch_ms(order.watched_since))
        with self.database.transaction() as repositories:
            order = repositories.orders.lock(number)
            if order is None or order.watched_since is None or order.status not in _DONE:
                return []
            return [self._say(repositories, order, heard=heard)]

    def _was_heard(self, equipment: Equipment, order: WorkOrder, since_ms: int) -> bool:
        """Whether anything came since then by which the order's fault would have shown itself."""
        declared = self.desk.catalog.types.get(equipment.type)
        if declared is None:
            return False
        if self.heard is None:
            return True
        watched = {rule.metric for rule in declared.rules.values() if rule.fault_mode == order.fault_mode}
        return any(
            at_ms > since_ms and (metric in watched or order.fault_mode in _SILENCES)
            for metric, at_ms in self.heard(equipment).items()
        )

    def _say(self, repositories: Repositories, order: WorkOrder, *, heard: bool) -> OrderStep:
        """The end of the watch in the order's story; reopened where the alarm never went."""
        now = self.desk.clock.now()
        kind = EntryKind.FAULT_STAYED_AWAY if heard else EntryKind.REPAIR_UNSEEN
        stands = _stands(repositories, order)
        if stands and repositories.orders.set_status(order.number, order.status, WorkOrderStatus.OPEN):
            kind, order = EntryKind.REOPENED, replace(order, status=WorkOrderStatus.OPEN)
        hours = f"{self.desk.repair_check.total_seconds() / 3600:g} h"
        entry = TimelineEntry(kind=kind, at=now, recorded_at=now, by=RULES, note=hours)
        repositories.orders.watch(order.number, None)
        repositories.orders.append(order.number, entry)
        order = replace(order, watched_since=None, timeline=(*order.timeline, entry))
        announce(repositories, order, entry, self.desk.channels)
        return OrderStep(event=event_name(entry), order=order, entry=entry)


def heard_in(store: TelemetryStore) -> Heard:
    """Asks the telemetry store, which is never ahead of what was decided."""

    def heard(equipment: Equipment) -> Mapping[str, int]:
        last = store.read_last(equipment.type, equipment.code)
        return {metric: sample.at_ms for metric, sample in last.items()}

    return heard


def _stands(repositories: Repositories, order: WorkOrder) -> bool:
    standing = (
        AlarmQuery(equipment=order.equipment, fault_mode=order.fault_mode, status=status)
        for status in (AlarmStatus.ACTIVE, AlarmStatus.ACKNOWLEDGED)
    )
    return any(repositories.alarms.page(query, PageRequest(limit=1)).items for query in standing)
