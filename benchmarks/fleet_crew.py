"""What people do on the simulated site: they repair what has failed, and end orders whose alarm is long gone."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from firmware_sim.fleet import Fault
from iot_maint.domain.equipment import EquipmentStatus
from iot_maint.domain.instants import epoch_ms
from iot_maint.domain.ports import Clock, Repositories
from iot_maint.domain.queries import PageRequest, WorkOrderQuery
from iot_maint.domain.work_orders import ENDED, EntryKind, Transition, WorkOrder, WorkOrderStatus, legal_transitions
from iot_maint.services.paging import every_item
from iot_maint.services.transitions import transition_order
from iot_maint.storage.relational.database import RelationalDatabase

BY_NUMBER = PageRequest(limit=200, sort="number")
_DAY_MS = 86_400_000
_RAISING = frozenset(
    {
        EntryKind.OPENED,
        EntryKind.EVIDENCE_ADDED,
        EntryKind.URGENCY_RAISED,
        EntryKind.REOPENED,
        EntryKind.MADE_DUE,
    }
)
_REPAIR = (Transition.DISPATCH, Transition.ARRIVE, Transition.COMPLETE, Transition.CLOSE)
_OPEN = frozenset(WorkOrderStatus) - ENDED


@dataclass(slots=True, kw_only=True)
class Crew:
    """Comes at the functional failure of each fault, whoever noticed it, and leaves when the truth says repaired.

    Meanwhile the equipment is under maintenance in the register.  An order whose alarm cleared a day ago and stayed
    away is closed; false ones thereby may come again.
    """

    database: RelationalDatabase
    clock: Clock
    faults: Sequence[Fault]
    _under_repair: set[Fault] = field(default_factory=set)
    _repaired: set[Fault] = field(default_factory=set)

    def work(self, now_ms: int) -> None:
        """What has come to be done by now."""
        for fault in self.faults:
            if fault.failure_ms <= now_ms and fault not in self._under_repair and fault not in self._repaired:
                self._under_repair.add(fault)
                self._set_status(fault.equipment, EquipmentStatus.UNDER_MAINTENANCE)
            if fault.repaired_ms <= now_ms and fault in self._under_repair:
                self._under_repair.discard(fault)
                self._repaired.add(fault)
                self._end_repair(fault)

    def tidy(self, now_ms: int) -> None:
        """Close what was over a day ago."""
        with self.database.transaction() as repositories:
            for order in _orders(repositories, WorkOrderQuery(statuses=_OPEN)):
                cleared_ms = _cleared_ms(order)
                if cleared_ms is not None and now_ms - cleared_ms >= _DAY_MS:
                    self._step(repositories, order, Transition.CLOSE)

    def _end_repair(self, fault: Fault) -> None:
        if all(other.equipment != fault.equipment for other in self._under_repair):
            self._set_status(fault.equipment, EquipmentStatus.IN_SERVICE)
        with self.database.transaction() as repositories:
            query = WorkOrderQuery(equipment=fault.equipment, fault_mode=fault.fault_mode, statuses=_OPEN)
            for order in _orders(repositories, query):
                standing = order
                for step in _REPAIR:
                    standing = self._step(repositories, standing, step)

    def _step(self, repositories: Repositories, order: WorkOrder, step: Transition) -> WorkOrder:
        if step not in legal_transitions(order.status):
            return order
        return transition_order(repositories, order.number, step, by="crew", note="", clock=self.clock, channels=())

    def _set_status(self, code: str, status: EquipmentStatus) -> None:
        with self.database.transaction() as repositories:
            equipment = repositories.equipment.get(code)
            if equipment is None:
                raise AssertionError(f"{code} is not in the register")
            repositories.equipment.update(replace(equipment, status=status))


def _orders(repositories: Repositories, query: WorkOrderQuery) -> list[WorkOrder]:
    """All at once: working on them changes what a later page would hold."""
    return list(every_item(partial(repositories.orders.page, query), BY_NUMBER))


def _cleared_ms(order: WorkOrder) -> int | None:
    """When its alarm cleared, if nothing was raised since."""
    cleared = None
    for entry in order.timeline:
        if entry.kind is EntryKind.ALARM_CLEARED:
            cleared = epoch_ms(entry.at)
        elif entry.kind in _RAISING:
            cleared = None
    return cleared
