"""Alarms, work orders and their way out, within one transaction."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from iot_maint.domain.alarms import Alarm, AlarmEvent, AlarmKey
from iot_maint.domain.outbox import Channel, Delivery, OrderEvent
from iot_maint.domain.queries import (
    AlarmQuery,
    Page,
    PageRequest,
    WorkOrderQuery,
)
from iot_maint.domain.work_orders import TimelineEntry, WorkOrder, WorkOrderStatus


class AlarmRepository(Protocol):
    """Alarms and the events that made them."""

    def record(self, event: AlarmEvent) -> Alarm | None:
        """Save the event and what it changes, once; `None` when this event was known already."""
        ...

    def get(self, alarm_id: int) -> Alarm | None: ...

    def find(self, key: AlarmKey) -> Alarm | None: ...

    def page(self, query: AlarmQuery, request: PageRequest) -> Page[Alarm]: ...

    def acknowledge(self, alarm_id: int, at: datetime, by: str) -> None: ...

    def add_note(self, alarm_id: int, at: datetime, by: str, note: str) -> None: ...

    def notes(self, alarm_id: int) -> list[tuple[datetime, str, str]]:
        """(when, who, what), oldest first."""
        ...

    def link_order(self, alarm_id: int, severity: str, number: str) -> bool:
        """Remember that the alarm used its one order of that severity; false when it had."""
        ...


class WorkOrderRepository(Protocol):
    """Work orders with their timelines."""

    def latest(self, equipment: str, fault_mode: str) -> WorkOrder | None:
        """The fault's open preventive order, else the newest ended one; locked for this transaction where possible."""
        ...

    def add(self, order: WorkOrder) -> bool:
        """Insert with its timeline; false when the database already holds an open one of that fault."""
        ...

    def next_number(self, day: str) -> str:
        """`WO-YYYYMMDD-NNNN`, never given twice."""
        ...

    def get(self, number: str) -> WorkOrder | None: ...

    def page(self, query: WorkOrderQuery, request: PageRequest) -> Page[WorkOrder]: ...

    def set_status(self, number: str, expected: WorkOrderStatus, status: WorkOrderStatus) -> bool:
        """Compare and set; false when another process was faster, or an open one of the fault stands beside it."""
        ...

    def set_urgency(self, order: WorkOrder) -> None:
        """Store the order's severity, urgency and deadlines."""
        ...

    def make_due(self, order: WorkOrder) -> bool:
        """Planned becomes open, with the order's urgency, deadlines and times; false when it was not planned."""
        ...

    def set_plan(self, order: WorkOrder) -> bool:
        """Store the window of an order that is only planned, with severity and urgency; false when it is no more."""
        ...

    def append(self, number: str, entry: TimelineEntry) -> bool:
        """Add to the timeline; false when that entry (order, rule, event time, kind) was there."""
        ...

    def alarm_of(self, number: str) -> Alarm | None:
        """The newest alarm that stands behind the order."""
        ...


class OutboxRepository(Protocol):
    """Events waiting to be delivered."""

    def add(self, event: OrderEvent, channels: Sequence[Channel]) -> None: ...

    def due(self, at: datetime, limit: int, channel: Channel | None = None) -> list[Delivery]:
        """The oldest waiting event of each order and channel, so that their order is kept; ask until none is left.

        Only those of `channel`, if given.  What was never tried is due whatever its time.
        """
        ...

    def update(self, delivery: Delivery) -> None: ...

    def dead(self, limit: int) -> list[Delivery]: ...

    def depth(self) -> int:
        """How many wait."""
        ...
