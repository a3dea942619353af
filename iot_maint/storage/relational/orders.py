"""Work orders in the database, which itself holds the line of one open preventive order per fault."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec
from sqlalchemy import Connection, RowMapping, select, update
from sqlalchemy.exc import IntegrityError

from iot_maint.domain.alarms import Alarm
from iot_maint.domain.queries import Page, PageRequest, WorkOrderQuery
from iot_maint.domain.work_orders import (
    ENDED,
    PREVENTIVE,
    UNDER_REPAIR,
    TimelineEntry,
    WorkOrder,
    WorkOrderStatus,
)
from iot_maint.storage.relational import pages
from iot_maint.storage.relational.alarms import read_alarms
from iot_maint.storage.relational.held_back import read_symptoms
from iot_maint.storage.relational.numbers import next_number
from iot_maint.storage.relational.rows import from_row, to_json, to_row
from iot_maint.storage.relational.statements import insert_new
from iot_maint.storage.relational.tables.alarms import alarm_orders, alarms
from iot_maint.storage.relational.tables.orders import OPEN_PREVENTIVE, work_orders
from iot_maint.storage.relational.timeline import append_entry, read_timelines
from iot_maint.storage.relational.verdicts import NO_OUTCOME, judgement_row, read_judgement, verdict_conditions

_SORTING = pages.Sorting(
    id=work_orders.c.id,
    default="-opened_at",
    keys={
        "opened_at": (work_orders.c.opened_at, pages.BY_TIME),
        "urgency": (work_orders.c.urgency, pages.BY_NUMBER),
        "number": (work_orders.c.number, pages.BY_TEXT),
    },
)
_ENDED = work_orders.c.status.in_([status.value for status in ENDED])
_PREVENTIVE = work_orders.c.origin.in_([origin.value for origin in PREVENTIVE])


class SqlWorkOrders:
    """`WorkOrderRepository` within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def latest(self, equipment: str, fault_mode: str) -> WorkOrder | None:
        """The fault's open preventive order, else the newest ended one; locked for this transaction."""
        statement = (
            select(work_orders)
            .where(_PREVENTIVE, work_orders.c.equipment == equipment, work_orders.c.fault_mode == fault_mode)
            # A reopened order may be older than one that was closed after it.
            .order_by(_ENDED, work_orders.c.id.desc())
            .limit(1)
            .with_for_update()
        )
        return next(iter(self._read(self._connection.execute(statement).mappings().all())), None)

    def fault_modes(self, equipment: str) -> set[str]:
        """Those of which it has or had a preventive order."""
        statement = select(work_orders.c.fault_mode).where(_PREVENTIVE, work_orders.c.equipment == equipment).distinct()
        return set(self._connection.execute(statement).scalars())

    def add(self, order: WorkOrder) -> bool:
        """Insert with its timeline; false when the database already holds an open one of that fault."""
        values = {
            **to_row(order, without=("timeline", "judgement", "symptoms")),
            **judgement_row(order.judgement),
            "deadlines": to_json(order.deadlines),
        }
        unique = ("equipment", "fault_mode")
        if insert_new(self._connection, work_orders, values, unique=unique, where=OPEN_PREVENTIVE) is None:
            return False
        for entry in order.timeline:
            append_entry(self._connection, order.number, entry)
        return True

    def next_number(self, day: str) -> str:
        """`WO-YYYYMMDD-NNNN`, never given twice."""
        return next_number(self._connection, day)

    def get(self, number: str) -> WorkOrder | None:
        """The order of that number."""
        rows = self._connection.execute(select(work_orders).where(work_orders.c.number == number)).mappings().all()
        return next(iter(self._read(rows)), None)

    def page(self, query: WorkOrderQuery, request: PageRequest) -> Page[WorkOrder]:
        """Sorted by `opened_at` (the newest first by default), `urgency` or `number`."""
        filters = {
            work_orders.c.site: query.site,
            work_orders.c.equipment: query.equipment,
            work_orders.c.fault_mode: query.fault_mode,
            work_orders.c.urgency: query.urgency,
        }
        conditions = [column == value for column, value in filters.items() if value is not None]
        if query.statuses:
            conditions.append(work_orders.c.status.in_(sorted(status.value for status in query.statuses)))
        conditions += verdict_conditions(query)
        if query.opened_from is not None:
            conditions.append(work_orders.c.opened_at >= query.opened_from)
        if query.opened_until is not None:
            conditions.append(work_orders.c.opened_at < query.opened_until)
        statement = select(work_orders).where(*conditions)
        rows, next_cursor = pages.read_page(self._connection, statement, _SORTING, request)
        return Page(items=self._read(rows), next_cursor=next_cursor)

    def set_status(self, number: str, expected: WorkOrderStatus, status: WorkOrderStatus) -> bool:
        """Compare and set; false when another process was faster, or an open one of the fault stands beside it.

        An order that is opened again has not ended, and is not judged.
        """
        statement = (
            update(work_orders)
            .where(work_orders.c.number == number, work_orders.c.status == expected.value)
            .values(status=status.value, **(NO_OUTCOME if status is WorkOrderStatus.OPEN else {}))
            .returning(work_orders.c.id)
        )
        try:
            # A savepoint, so that the conflict costs only this statement, not the transaction.
            with self._connection.begin_nested():
                return self._connection.execute(statement).first() is not None
        except IntegrityError:
            return False

    def set_urgency(self, order: WorkOrder) -> None:
        """Store the order's severity, urgency and deadlines."""
        values = {
            "severity": order.severity.value,
            "urgency": order.urgency,
            "deadlines": to_json(order.deadlines),
        }
        self._connection.execute(update(work_orders).where(work_orders.c.number == order.number).values(values))

    def make_due(self, order: WorkOrder) -> bool:
        """Planned becomes open, with the order's urgency, deadlines and times; false when it was not planned."""
        return self._change_planned(
            order,
            status=WorkOrderStatus.OPEN.value,
            deadlines=to_json(order.deadlines),
            raised_at=order.raised_at,
            opened_at=order.opened_at,
        )

    def set_plan(self, order: WorkOrder) -> bool:
        """Store the window of an order that is only planned, with severity and urgency; false when it is no more."""
        return self._change_planned(order, planned_for=order.planned_for, planned_until=order.planned_until)

    def _change_planned(self, order: WorkOrder, **values: object) -> bool:
        statement = (
            update(work_orders)
            .where(work_orders.c.number == order.number, work_orders.c.status == WorkOrderStatus.PLANNED.value)
            .values(severity=order.severity.value, urgency=order.urgency, **values)
            .returning(work_orders.c.id)
        )
        return self._connection.execute(statement).first() is not None

    def append(self, number: str, entry: TimelineEntry) -> bool:
        """Add to the timeline; false when that entry (order, rule, event time, kind) was there."""
        return append_entry(self._connection, number, entry)

    def under_repair(self, equipment: str) -> bool:
        """Whether somebody works on the equipment: any order of it is in progress, or paused."""
        statuses = [status.value for status in UNDER_REPAIR]
        statement = select(work_orders.c.id).where(
            work_orders.c.equipment == equipment, work_orders.c.status.in_(statuses)
        )
        return self._connection.execute(statement.limit(1)).first() is not None

    def watch(self, number: str, since: datetime | None) -> None:
        """Completed then, and its fault is to stay away; None: that is known, or of no interest any more."""
        statement = update(work_orders).where(work_orders.c.number == number).values(watched_since=since)
        self._connection.execute(statement)

    def watched(self, until: datetime) -> list[str]:
        """Numbers of those watched since then or longer."""
        found = work_orders.c.watched_since.is_not(None), work_orders.c.watched_since <= until
        return list(self._connection.execute(select(work_orders.c.number).where(*found)).scalars())

    def lock(self, number: str) -> WorkOrder | None:
        """The order of that number, locked for this transaction."""
        statement = select(work_orders).where(work_orders.c.number == number).with_for_update()
        return next(iter(self._read(self._connection.execute(statement).mappings().all())), None)

    def alarm_of(self, number: str) -> Alarm | None:
        """The newest alarm that stands behind the order."""
        statement = (
            select(alarms)
            .where(alarms.c.id.in_(select(alarm_orders.c.alarm_id).where(alarm_orders.c.order_number == number)))
            .order_by(alarms.c.raised_at.desc(), alarms.c.id.desc())
            .limit(1)
        )
        rows = self._connection.execute(statement).mappings().all()
        return next(iter(read_alarms(self._connection, rows)), None)

    def _read(self, rows: Sequence[RowMapping]) -> list[WorkOrder]:
        numbers = [row["number"] for row in rows]
        timelines, symptoms = read_timelines(self._connection, numbers), read_symptoms(self._connection, numbers)
        return [
            from_row(
                row,
                WorkOrder,
                deadlines=_deadlines(row),
                judgement=read_judgement(row),
                timeline=timelines.get(row["number"], ()),
                symptoms=symptoms.get(row["number"], ()),
            )
            for row in rows
        ]


def _deadlines(row: RowMapping) -> Mapping[str, datetime]:
    return msgspec.json.decode(row["deadlines"], type=dict[str, datetime])
