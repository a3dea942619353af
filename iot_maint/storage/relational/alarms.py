"""Alarms in the database: each event saved once, and the alarm's state brought along by it."""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec
from sqlalchemy import ColumnElement, Connection, RowMapping, Table, insert, or_, select, update

from iot_maint.domain.alarms import (
    Alarm,
    AlarmEvent,
    AlarmEventKind,
    AlarmKey,
    AlarmStatus,
    CauseOf,
    Flapping,
    Wait,
)
from iot_maint.domain.catalog import Severity
from iot_maint.domain.queries import AlarmQuery, Page, PageRequest
from iot_maint.domain.shadow import MARK, read_standing_name, standing_name
from iot_maint.storage.relational import pages
from iot_maint.storage.relational.held_back import HeldBack, read_causes
from iot_maint.storage.relational.rows import to_json
from iot_maint.storage.relational.statements import chunks, insert_new
from iot_maint.storage.relational.tables.alarms import alarm_events, alarm_notes, alarm_orders, alarms

_log = logging.getLogger(__name__)

_SORTING = pages.Sorting(id=alarms.c.id, default="-raised_at", keys={"raised_at": (alarms.c.raised_at, pages.BY_TIME)})


class SqlAlarms(HeldBack):
    """`AlarmRepository` within one transaction."""

    def record(self, event: AlarmEvent) -> Alarm | None:
        """Save the event and what it changes, once; `None` when it was known, or its alarm never was raised."""
        if event.kind is AlarmEventKind.RAISED:
            self._insert(event)
        # Locked to the commit: events of one alarm that two processes save at once change it one after the other.
        row = (
            self._connection.execute(select(alarms).where(*_of(event.key)).with_for_update(key_share=True))
            .mappings()
            .first()
        )
        if row is None:
            _log.warning("%s: %s of an alarm that never was raised", event.key.equipment, event.kind)
            return None
        if not self._insert_event(row["id"], event):
            return None
        self._connection.execute(update(alarms).where(alarms.c.id == row["id"]).values(_changes(row, event)))
        return self.get(row["id"])

    def _insert(self, event: AlarmEvent) -> None:
        values = {
            "equipment": event.key.equipment,
            "fault_mode": _name(event.key),
            "raised_at": event.key.raised_at,
            "site": event.site,
            "severity": event.severity.value,
            "onset_at": event.onset_at,
            "rules": "[]",
        }
        insert_new(self._connection, alarms, values, unique=("equipment", "fault_mode", "raised_at"))

    def _insert_event(self, alarm_id: int, event: AlarmEvent) -> bool:
        values = {
            "alarm_id": alarm_id,
            "kind": event.kind.value,
            "rule": event.finding.rule,
            "at": event.finding.at,
            "severity": event.severity.value,
            "evidence": to_json(event.finding.evidence),
        }
        unique = ("alarm_id", "kind", "rule", "at")
        return insert_new(self._connection, alarm_events, values, unique=unique) is not None

    def get(self, alarm_id: int) -> Alarm | None:
        """The alarm of that id."""
        return self._one(alarms.c.id == alarm_id)

    def find(self, key: AlarmKey) -> Alarm | None:
        """The alarm of that identity."""
        return self._one(*_of(key))

    def _one(self, *conditions: ColumnElement[bool]) -> Alarm | None:
        rows = self._connection.execute(select(alarms).where(*conditions)).mappings().all()
        return next(iter(read_alarms(self._connection, rows)), None)

    def page(self, query: AlarmQuery, request: PageRequest) -> Page[Alarm]:
        """Sorted by `raised_at`, the newest first by default."""
        statement = select(alarms).where(*alarm_conditions(query))
        rows, next_cursor = pages.read_page(self._connection, statement, _SORTING, request)
        return Page(items=read_alarms(self._connection, rows), next_cursor=next_cursor)

    def acknowledge(self, alarm_id: int, at: datetime, by: str) -> None:
        """Remember who saw it first; a second acknowledgement changes nothing."""
        unseen = (alarms.c.id == alarm_id, alarms.c.acknowledged_at.is_(None))
        self._connection.execute(update(alarms).where(*unseen).values(acknowledged_at=at, acknowledged_by=by))

    def add_note(self, alarm_id: int, at: datetime, by: str, note: str) -> None:
        """Append a note."""
        self._connection.execute(insert(alarm_notes).values(alarm_id=alarm_id, at=at, noted_by=by, note=note))

    def notes(self, alarm_id: int) -> list[tuple[datetime, str, str]]:
        """(when, who, what), oldest first."""
        columns = (alarm_notes.c.at, alarm_notes.c.noted_by, alarm_notes.c.note)
        statement = select(*columns).where(alarm_notes.c.alarm_id == alarm_id).order_by(alarm_notes.c.id)
        return [(at, by, note) for at, by, note in self._connection.execute(statement)]

    def link_order(self, alarm_id: int, severity: str, number: str) -> bool:
        """Use the alarm's right to one order of that severity; false when it was used."""
        values = {"alarm_id": alarm_id, "severity": severity, "order_number": number}
        return insert_new(self._connection, alarm_orders, values, unique=("alarm_id", "severity")) is not None


def alarm_conditions(query: AlarmQuery) -> list[ColumnElement[bool]]:
    """What the asked alarms of equipment fulfil."""
    filters = {
        alarms.c.site: query.site,
        alarms.c.equipment: query.equipment,
        alarms.c.severity: None if query.severity is None else query.severity.value,
    }
    asked = [column == value for column, value in filters.items() if value is not None]
    if query.fault_mode is not None:
        marked = standing_name(query.fault_mode, True)
        asked.append(
            or_(alarms.c.fault_mode == query.fault_mode, alarms.c.fault_mode.startswith(marked, autoescape=True))
        )
    if query.shadow is not None:
        is_shadow = alarms.c.fault_mode.contains(MARK)
        asked.append(is_shadow if query.shadow else ~is_shadow)
    return asked if query.status is None else [*asked, *has_status(alarms, query.status)]


def has_status(table: Table, status: AlarmStatus) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """A status as its two columns say it, in the table of either kind of alarms."""
    standing, seen = table.c.cleared_at.is_(None), table.c.acknowledged_at.is_not(None)
    return {
        AlarmStatus.ACTIVE: (standing, ~seen),
        AlarmStatus.ACKNOWLEDGED: (standing, seen),
        AlarmStatus.CLEARED_UNACKNOWLEDGED: (~standing, ~seen),
        AlarmStatus.CLEARED: (~standing, seen),
    }[status]


def read_alarms(connection: Connection, rows: Sequence[RowMapping]) -> list[Alarm]:
    """Alarms from their rows, with the orders they used."""
    orders: dict[int, dict[Severity, str]] = {}
    for some in chunks([row["id"] for row in rows]):
        statement = select(alarm_orders).where(alarm_orders.c.alarm_id.in_(some)).order_by(alarm_orders.c.order_number)
        for link in connection.execute(statement).mappings():
            orders.setdefault(link["alarm_id"], {})[Severity(link["severity"])] = link["order_number"]
    causes = read_causes(connection, {row["cause_id"] for row in rows if row["cause_id"] is not None})
    return [_alarm(row, orders.get(row["id"], {}), causes.get(row["cause_id"])) for row in rows]


def _alarm(row: RowMapping, orders: Mapping[Severity, str], cause: CauseOf | None) -> Alarm:
    name = read_standing_name(row["fault_mode"])
    since = row["flapping_since"]
    return Alarm(
        id=row["id"],
        key=AlarmKey(equipment=row["equipment"], raised_at=row["raised_at"], **name._asdict()),
        site=row["site"],
        severity=Severity(row["severity"]),
        onset_at=row["onset_at"],
        rules=_rules(row),
        cleared_at=row["cleared_at"],
        acknowledged_at=row["acknowledged_at"],
        acknowledged_by=row["acknowledged_by"],
        orders=orders,
        cause=cause,
        locked_out=row["locked_out_at"] is not None,
        waits_for=None if row["waits_for"] is None else Wait(row["waits_for"]),
        flapping=None if since is None else Flapping(since=since, count=row["flaps"]),
    )


def _rules(row: RowMapping) -> tuple[str, ...]:
    return msgspec.json.decode(row["rules"], type=tuple[str, ...])


def _of(key: AlarmKey) -> tuple[ColumnElement[bool], ...]:
    return (
        alarms.c.equipment == key.equipment,
        alarms.c.fault_mode == _name(key),
        alarms.c.raised_at == key.raised_at,
    )


def _name(key: AlarmKey) -> str:
    return standing_name(key.fault_mode, key.shadow, key.model)


def _changes(row: RowMapping, event: AlarmEvent) -> dict[str, object]:
    changes: dict[str, object] = {"rules": to_json(tuple(dict.fromkeys((*_rules(row), event.finding.rule))))}
    if event.flapping is not None:
        changes |= {"flapping_since": event.flapping.since, "flaps": event.flapping.count}
    if event.kind is AlarmEventKind.CLEARED:
        if row["waits_for"] == Wait.LOCKOUT.value:  # nothing is left that could get an order
            changes["waits_for"] = None
        return {**changes, "cleared_at": event.finding.at}
    return {**changes, "severity": event.severity.value}
