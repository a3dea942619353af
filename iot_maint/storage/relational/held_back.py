"""Alarms without an order of their own: under a cause, or raised while their equipment is under repair."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, and_, delete, func, or_, select, update

from iot_maint.domain.alarms import Alarm, AlarmEvent, AlarmEventKind, CauseOf, Wait
from iot_maint.domain.catalog import Severity
from iot_maint.domain.findings import Evidence, Finding, FindingKind
from iot_maint.domain.work_orders import ENDED, Symptom
from iot_maint.storage.relational.rows import from_json
from iot_maint.storage.relational.statements import chunks
from iot_maint.storage.relational.tables.alarms import alarm_events, alarm_orders, alarms
from iot_maint.storage.relational.tables.orders import work_orders
from iot_maint.storage.relational.tables.register import equipment

_OF_A_CLEAR = frozenset({AlarmEventKind.CLEARED, AlarmEventKind.EASED})


class HeldBack:
    """The part of `AlarmRepository` that concerns them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def hang(self, alarm_id: int, cause_id: int, at: datetime, *, waits: bool, until: datetime | None = None) -> None:
        """Under that cause from `at` on; `waits`: and without an order of its own, `until` then if that is known."""
        values = {"cause_id": cause_id, "hung_at": at, "waits_for": Wait.CAUSE.value if waits else None}
        self._change(alarm_id, {**values, "waits_until": until})

    def lock_out(self, alarm_id: int, at: datetime) -> None:
        """Raised under repair, and without an order until that is over."""
        self._change(alarm_id, {"locked_out_at": at, "waits_for": Wait.LOCKOUT.value})

    def _change(self, alarm_id: int, values: Mapping[str, object]) -> None:
        self._connection.execute(update(alarms).where(alarms.c.id == alarm_id).values(**values))

    def stop_waiting(self, alarm_id: int) -> bool:
        """False when it waits no longer: another process was faster."""
        waits = (alarms.c.id == alarm_id, alarms.c.waits_for.is_not(None))
        statement = update(alarms).where(*waits).values(waits_for=None, waits_until=None).returning(alarms.c.id)
        return self._connection.execute(statement).first() is not None

    def let_go(self, cause_id: int, until: datetime) -> None:
        """Those that hang under this cause wait no longer than `until`."""
        self._connection.execute(update(alarms).where(*_waiting_under(cause_id)).values(waits_until=until))

    def move(self, from_cause: int, to_cause: int) -> None:
        """What waits under one waits under the other from now on, until that one is over."""
        moved = update(alarms).where(*_waiting_under(from_cause)).values(cause_id=to_cause, waits_until=None)
        self._connection.execute(moved)

    def unlink_order(self, alarm_id: int, number: str) -> None:
        """The order was folded under another: the alarm has not had it."""
        linked = (alarm_orders.c.alarm_id == alarm_id, alarm_orders.c.order_number == number)
        self._connection.execute(delete(alarm_orders).where(*linked))

    def due_ids(self, at: datetime) -> list[int]:
        """Those whose wait may be over at that instant: locked out and standing, or their cause's time has come."""
        locked = and_(alarms.c.waits_for == Wait.LOCKOUT.value, alarms.c.cleared_at.is_(None))
        caused = and_(alarms.c.waits_for == Wait.CAUSE.value, alarms.c.waits_until <= at)
        return list(
            self._connection.execute(select(alarms.c.id).where(or_(locked, caused)).order_by(alarms.c.id)).scalars()
        )

    def causes(
        self, codes: Sequence[str], fault_mode: str, began_by: datetime, stood_at: datetime
    ) -> list[tuple[int, datetime]]:
        """Alarms of this fault that began by then and stood at the other instant or later, with their onset.

        The newest first.  Not one that stands although its order has ended: somebody says that there is nothing.
        """
        ended = work_orders.c.status.in_([status.value for status in ENDED])
        linked = select(work_orders.c.number).join(alarm_orders, alarm_orders.c.order_number == work_orders.c.number)
        has_any = linked.where(alarm_orders.c.alarm_id == alarms.c.id).exists()
        has_open = linked.where(alarm_orders.c.alarm_id == alarms.c.id, ~ended).exists()
        found: list[RowMapping] = []
        for some in chunks(codes):
            statement = select(alarms.c.id, alarms.c.onset_at, alarms.c.raised_at).where(
                alarms.c.equipment.in_(some),
                alarms.c.fault_mode == fault_mode,
                alarms.c.onset_at <= began_by,
                or_(alarms.c.cleared_at >= stood_at, and_(alarms.c.cleared_at.is_(None), or_(~has_any, has_open))),
            )
            found += self._connection.execute(statement).mappings()
        found.sort(key=lambda row: (row["raised_at"], row["id"]), reverse=True)
        return [(row["id"], row["onset_at"]) for row in found]

    def began_since(self, codes: Collection[str], since: datetime) -> list[int]:
        """Alarms of this equipment that began then or later, the oldest first."""
        found: list[int] = []
        for some in chunks(sorted(codes)):
            statement = select(alarms.c.id).where(alarms.c.equipment.in_(some), alarms.c.onset_at >= since)
            found += self._connection.execute(statement).scalars()
        return sorted(found)

    def events_of(self, alarm: Alarm) -> list[AlarmEvent]:
        """What happened to it, in the order in which it was saved."""
        statement = select(alarm_events).where(alarm_events.c.alarm_id == alarm.id).order_by(alarm_events.c.id)
        return [_event(alarm, row) for row in self._connection.execute(statement).mappings()]


def _waiting_under(cause_id: int) -> tuple[ColumnElement[bool], ...]:
    return (alarms.c.cause_id == cause_id, alarms.c.waits_for == Wait.CAUSE.value)


def _event(alarm: Alarm, row: RowMapping) -> AlarmEvent:
    kind, evidence = AlarmEventKind(row["kind"]), from_json(row["evidence"], Evidence)
    return AlarmEvent(
        kind=kind,
        key=alarm.key,
        site=alarm.site,
        onset_at=alarm.onset_at,
        severity=Severity(row["severity"]),
        finding=Finding(
            kind=FindingKind.CLEARED if kind in _OF_A_CLEAR else FindingKind.RAISED,
            equipment=alarm.key.equipment,
            fault_mode=alarm.key.fault_mode,
            rule=row["rule"],
            severity=evidence.severity,
            onset_at=alarm.onset_at,
            at=row["at"],
            evidence=evidence,
        ),
    )


def read_causes(connection: Connection, ids: Collection[int]) -> dict[int, CauseOf]:
    """Alarms as causes, by id."""
    found: dict[int, CauseOf] = {}
    for some in chunks(sorted(ids)):
        statement = _with_equipment(alarms.c.id.in_(some))
        for row in connection.execute(statement).mappings():
            found[row["id"]] = CauseOf(
                alarm=row["id"],
                equipment=row["equipment"],
                equipment_name=row["name"] or row["equipment"],
                equipment_type=row["type"] or "",
                fault_mode=row["fault_mode"],
                order=row["order"],
            )
    return found


def read_symptoms(connection: Connection, numbers: Sequence[str]) -> Mapping[str, tuple[Symptom, ...]]:
    """By order number, in the order in which they were seen."""
    found: dict[str, tuple[Symptom, ...]] = {}
    for some in chunks(numbers):
        links = select(alarm_orders.c.order_number, alarm_orders.c.alarm_id).distinct()
        links = links.where(alarm_orders.c.order_number.in_(some))
        orders_of_cause: dict[int, list[str]] = {}
        for link in connection.execute(links):
            orders_of_cause.setdefault(link.alarm_id, []).append(link.order_number)
        statement = _with_equipment(alarms.c.cause_id.in_(sorted(orders_of_cause)))
        for row in connection.execute(statement.order_by(alarms.c.raised_at, alarms.c.id)).mappings():
            for number in orders_of_cause[row["cause_id"]]:
                found[number] = (*found.get(number, ()), _symptom(row))
    return found


def _with_equipment(condition: ColumnElement[bool]) -> Select[*tuple[object, ...]]:
    newest = select(func.max(alarm_orders.c.order_number)).where(alarm_orders.c.alarm_id == alarms.c.id)
    return (
        select(*alarms.columns, equipment.c.name, equipment.c.type, newest.scalar_subquery().label("order"))
        .join(equipment, equipment.c.code == alarms.c.equipment, isouter=True)
        .where(condition)
    )


def _symptom(row: RowMapping) -> Symptom:
    rules = from_json(row["rules"], tuple[str, ...])
    return Symptom(
        alarm=row["id"],
        equipment=row["equipment"],
        equipment_name=row["name"] or row["equipment"],
        equipment_type=row["type"] or "",
        fault_mode=row["fault_mode"],
        severity=Severity(row["severity"]),
        rule=rules[0] if rules else None,
        raised_at=row["raised_at"],
        hung_at=row["hung_at"],
        cleared_at=row["cleared_at"],
        order=row["order"],
    )
