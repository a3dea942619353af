"""Ends and verdicts of work orders in the database, and who contributed to each."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, exists, func, or_, select, update

from iot_maint.domain.feedback import EndedOrder, EndedQuery, FaultQuery, JudgedFault
from iot_maint.domain.findings import Evidence
from iot_maint.domain.queries import Page, PageRequest
from iot_maint.domain.verdicts import Judgement, Verdict
from iot_maint.domain.work_orders import EntryKind, Transition, WorkOrder, WorkOrderStatus
from iot_maint.storage.relational import pages
from iot_maint.storage.relational.rows import from_json, from_row
from iot_maint.storage.relational.statements import chunks
from iot_maint.storage.relational.tables.orders import timeline_entries, work_orders
from iot_maint.storage.relational.verdicts import IS_PREVENTIVE, judgement_row

_SORTING = pages.Sorting(
    id=work_orders.c.id, default="ended_at", keys={"ended_at": (work_orders.c.ended_at, pages.BY_TIME)}
)
_entry = timeline_entries.c
# Whatever a rule wrote into the story, but for what says that its fault is going.
_CONTRIBUTED = and_(
    _entry.rule.is_not(None), _entry.kind.not_in([EntryKind.ALARM_EASED.value, EntryKind.ALARM_CLEARED.value])
)


class SqlFeedback:
    """`FeedbackRepository` within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def store_outcome(self, order: WorkOrder) -> None:
        """Store when the order ended and its verdict."""
        values = {"ended_at": order.ended_at, **judgement_row(order.judgement)}
        self._connection.execute(update(work_orders).where(work_orders.c.number == order.number).values(values))

    def judge(self, number: str, expected: WorkOrderStatus, judgement: Judgement | None) -> bool:
        """Replace the verdict of an order of that status; false when it has another by now.

        Two at once change it one after the other: the row stays locked to the commit.
        """
        statement = (
            update(work_orders)
            .where(work_orders.c.number == number, work_orders.c.status == expected.value)
            .values(judgement_row(judgement))
            .returning(work_orders.c.id)
        )
        return self._connection.execute(statement).first() is not None

    def ended(self, query: EndedQuery, limit: int) -> list[EndedOrder]:
        """The asked orders, those that ended last before the others; at most `limit`."""
        statement = (
            select(work_orders)
            .where(*_asked(query))
            .order_by(work_orders.c.ended_at.desc(), work_orders.c.id.desc())
            .limit(limit)
        )
        rows = self._connection.execute(statement).mappings().all()
        stories = self._stories([row["number"] for row in rows])
        return [from_row(row, EndedOrder, **stories[row["number"]].facts(row)) for row in rows]

    def faults(self, query: FaultQuery, request: PageRequest) -> Page[JudgedFault]:
        """The asked orders, those that ended first before the others."""
        statement = select(work_orders).where(*_asked_faults(query))
        rows, next_cursor = pages.read_page(self._connection, statement, _SORTING, request)
        stories = self._stories([row["number"] for row in rows])
        return Page(items=[_fault(row, stories[row["number"]]) for row in rows], next_cursor=next_cursor)

    def evidence_of(self, rule: str, numbers: Sequence[str]) -> Mapping[str, Sequence[Evidence]]:
        """What that rule contributed to each of these orders, oldest first; its clears are left out."""
        found: dict[str, list[Evidence]] = {number: [] for number in numbers}
        for some in chunks(numbers):
            statement = (
                select(_entry.order_number, _entry.evidence)
                .where(_entry.order_number.in_(some), _CONTRIBUTED, _entry.rule == rule, _entry.evidence.is_not(None))
                .order_by(_entry.id)
            )
            for number, evidence in self._connection.execute(statement):
                found[number].append(from_json(evidence, Evidence))
        return found

    def _stories(self, numbers: Sequence[str]) -> Mapping[str, "_Story"]:
        stories = {number: _Story() for number in numbers}
        steps = _entry.transition.in_([Transition.ARRIVE.value, Transition.COMPLETE.value])
        by = (_entry.order_number, _entry.rule, _entry.transition)
        for some in chunks(numbers):
            statement = (
                select(*by, func.min(_entry.at), func.min(_entry.recorded_at), func.max(_entry.recorded_at))
                .where(_entry.order_number.in_(some), or_(_CONTRIBUTED, steps))
                .group_by(*by)
            )
            for number, rule, transition, spoke, first, last in self._connection.execute(statement):
                if rule is not None:
                    stories[number].contributed.append((first, spoke, rule))
                elif transition == Transition.ARRIVE.value:
                    stories[number].attended_at = first
                else:
                    stories[number].finished_at = last
        return stories


class _Story:
    """What an order's timeline says: (recorded, event time, rule) of its sources, and when the steps were taken."""

    def __init__(self) -> None:
        self.contributed: list[tuple[datetime, datetime, str]] = []
        self.attended_at: datetime | None = None
        self.finished_at: datetime | None = None

    def facts(self, row: RowMapping) -> dict[str, object]:
        """As attributes of an ended order; a rule that spoke after the verdict is none of its sources."""
        judged_at: datetime | None = row["judged_at"]
        sources = {
            rule: spoke for recorded, spoke, rule in self.contributed if judged_at is None or recorded <= judged_at
        }
        return {
            "sources": tuple(sorted(sources)),
            # A forecast may have planned what an alarm made due.
            "raised_at": min([row["raised_at"], *sources.values()]),
            "attended_at": self.attended_at,
            "finished_at": self.finished_at,
        }


def _asked(query: EndedQuery) -> list[ColumnElement[bool]]:
    filters = {
        work_orders.c.site: query.site,
        work_orders.c.equipment: query.equipment,
        work_orders.c.equipment_type: query.equipment_type,
        work_orders.c.fault_mode: query.fault_mode,
    }
    asked = [column == value for column, value in filters.items() if value is not None]
    if query.rule is not None:
        contributed = exists().where(
            _entry.order_number == work_orders.c.number, _entry.rule == query.rule, _CONTRIBUTED
        )
        asked.append(contributed)
    return [IS_PREVENTIVE, work_orders.c.ended_at >= query.since, work_orders.c.ended_at < query.until, *asked]


def _asked_faults(query: FaultQuery) -> list[ColumnElement[bool]]:
    asked: list[ColumnElement[bool]] = [
        work_orders.c.verdict.in_(sorted(verdict.value for verdict in query.verdicts)),
        work_orders.c.ended_at.is_not(None),
    ]
    if query.equipment is not None:
        asked.append(work_orders.c.equipment == query.equipment)
    if query.since is not None:
        # A failure may come after the end: then the verdict was mended.
        asked.append(func.coalesce(work_orders.c.failed_at, work_orders.c.ended_at) >= query.since)
    if query.until is not None:
        asked.append(or_(work_orders.c.onset_at < query.until, work_orders.c.failed_at < query.until))
    return asked


def _fault(row: RowMapping, story: _Story) -> JudgedFault:
    failed_at: datetime | None = row["failed_at"]
    onset_at: datetime = row["onset_at"]
    return JudgedFault(
        equipment=row["equipment"],
        fault_mode=row["found_mode"] or row["fault_mode"],
        onset_at=onset_at if failed_at is None else min(onset_at, failed_at),
        failed_at=failed_at,
        # The clock of a device may be ahead of ours: a label never ends before it begins.
        finished_at=max(story.finished_at or row["ended_at"], onset_at),
        order=row["number"],
        verdict=Verdict(row["verdict"]),
    )
