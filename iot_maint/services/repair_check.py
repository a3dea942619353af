"""Whether a repair held: some time after its completion the order's story says so, or the order is open again."""

from dataclasses import dataclass, replace

from iot_maint.domain.alarms import AlarmStatus
from iot_maint.domain.equipment import Equipment
from iot_maint.domain.instants import epoch_ms
from iot_maint.domain.ports import Database, Repositories
from iot_maint.domain.queries import AlarmQuery, PageRequest
from iot_maint.domain.work_orders import ENDED, EntryKind, TimelineEntry, WorkOrder, WorkOrderStatus
from iot_maint.services.ending_waits import SILENCES, Heard
from iot_maint.services.order_events import announce, announce_aside, event_name
from iot_maint.services.ordering import RULES, OrderDesk, OrderStep

_DONE = frozenset({WorkOrderStatus.COMPLETED, WorkOrderStatus.VERIFIED, WorkOrderStatus.CLOSED})


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairCheck:
    """Judges orders whose time of watching is over, one transaction each; `heard` as in `FollowUp`."""

    database: Database
    desk: OrderDesk
    heard: Heard | None

    def judge(self, number: str) -> list[OrderStep]:
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
            at_ms > since_ms and (metric in watched or order.fault_mode in SILENCES)
            for metric, at_ms in self.heard(equipment).items()
        )

    def _say(self, repositories: Repositories, order: WorkOrder, *, heard: bool) -> OrderStep:
        """The end of the watch in the order's story; reopened where the alarm never went."""
        now = self.desk.clock.now()
        kind = EntryKind.FAULT_STAYED_AWAY if heard else EntryKind.REPAIR_UNSEEN
        note = f"{self.desk.repair_check.total_seconds() / 3600:g} h"
        if _stands(repositories, order):
            if repositories.orders.set_status(order.number, order.status, WorkOrderStatus.OPEN):
                kind = EntryKind.REOPENED
                order = replace(order, status=WorkOrderStatus.OPEN, ended_at=None, judgement=None)
            else:
                # The order is locked, so its status is as we know it: another one of the fault is open beside it.
                beside = repositories.orders.latest(order.equipment, order.fault_mode)
                kind, note = EntryKind.FAULT_STANDS, beside.number if beside is not None else note
        entry = TimelineEntry(kind=kind, at=now, recorded_at=now, by=RULES, note=note)
        repositories.orders.watch(order.number, None)
        repositories.orders.append(order.number, entry)
        order = replace(order, watched_since=None, timeline=(*order.timeline, entry))
        tell = announce_aside if order.status in ENDED else announce
        tell(repositories, order, entry, self.desk.channels)
        return OrderStep(event=event_name(entry), order=order, entry=entry)


def _stands(repositories: Repositories, order: WorkOrder) -> bool:
    """What a source in shadow says opens no order again."""
    standing = (
        AlarmQuery(equipment=order.equipment, fault_mode=order.fault_mode, status=status, shadow=False)
        for status in (AlarmStatus.ACTIVE, AlarmStatus.ACKNOWLEDGED)
    )
    return any(repositories.alarms.page(query, PageRequest(limit=1)).items for query in standing)
