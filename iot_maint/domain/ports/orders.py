"""Alarms, work orders and their way out, within one transaction."""

from collections.abc import Collection, Sequence
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

    def unlink_order(self, alarm_id: int, number: str) -> None:
        """The order was folded under another: the alarm has not had it."""
        ...

    def hang(self, alarm_id: int, cause_id: int, at: datetime, *, waits: bool, until: datetime | None = None) -> None:
        """Under that cause from `at` on; `waits`: and without an order of its own, `until` then if that is known."""
        ...

    def lock_out(self, alarm_id: int, at: datetime) -> None:
        """Raised under repair, and without an order until that is over."""
        ...

    def stop_waiting(self, alarm_id: int) -> bool:
        """False when it waits no longer: another process was faster."""
        ...

    def let_go(self, cause_id: int, until: datetime) -> None:
        """Those that hang under this cause wait no longer than `until`."""
        ...

    def move(self, from_cause: int, to_cause: int) -> None:
        """What waits under one waits under the other from now on, until that one is over."""
        ...

    def due_ids(self, at: datetime) -> list[int]:
        """Those whose wait may be over: locked out and standing, or their cause's time has come."""
        ...

    def causes(
        self, codes: Sequence[str], fault_mode: str, began_by: datetime, stood_at: datetime
    ) -> list[tuple[int, datetime]]:
        """Alarms of this fault that began by then and stood at the other instant or later, with their onset.

        The newest first.  Not one that stands although its order has ended: somebody says that there is nothing.
        """
        ...

    def began_since(self, codes: Collection[str], since: datetime) -> list[int]:
        """Alarms of this equipment that began then or later, the oldest first."""
        ...

    def events_of(self, alarm: Alarm) -> list[AlarmEvent]:
        """What happened to it, in the order in which it was saved."""
        ...


class WorkOrderRepository(Protocol):
    """Work orders with their timelines."""

    def latest(self, equipment: str, fault_mode: str) -> WorkOrder | None:
        """The fault's open preventive order, else the newest ended one; locked for this transaction where possible."""
        ...

    def fault_modes(self, equipment: str) -> set[str]:
        """Those of which it has or had a preventive order."""
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

    def under_repair(self, equipment: str) -> bool:
        """Whether somebody works on the equipment: any order of it is in progress, or paused."""
        ...

    def watch(self, number: str, since: datetime | None) -> None:
        """Completed then, and its fault is to stay away; None: that is known, or of no interest any more."""
        ...

    def watched(self, until: datetime) -> list[str]:
        """Numbers of those watched since then or longer."""
        ...

    def lock(self, number: str) -> WorkOrder | None:
        """The order of that number, locked for this transaction where possible."""
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
