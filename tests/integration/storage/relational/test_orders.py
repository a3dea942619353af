"""Work orders: one open preventive order per fault, whoever asks."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import create_engine, insert
from sqlalchemy.exc import IntegrityError

from iot_maint.domain.alarms import AlarmEventKind
from iot_maint.domain.catalog import Severity
from iot_maint.domain.queries import PageRequest, WorkOrderQuery
from iot_maint.domain.work_orders import (
    ENDED,
    EntryKind,
    Origin,
    TimelineEntry,
    Transition,
    WorkOrder,
    WorkOrderStatus,
)
from iot_maint.storage.relational.database import RelationalDatabase
from iot_maint.storage.relational.tables.orders import order_numbers
from tests.builders import T0, a_work_order, an_alarm_event, an_evidence

OPENED = TimelineEntry(
    kind=EntryKind.OPENED,
    at=T0,
    recorded_at=T0 + timedelta(microseconds=1),
    by="rules",
    rule="pump.bearing_temp_warning",
    severity=Severity.WARNING,
    evidence=an_evidence(),
)
DISPATCHED = TimelineEntry(
    kind=EntryKind.TRANSITION, at=T0, recorded_at=T0, by="desk", transition=Transition.DISPATCH, note="张工"
)


def add(database: RelationalDatabase, *orders: WorkOrder) -> list[bool]:
    with database.transaction() as repositories:
        return [repositories.orders.add(order) for order in orders]


def get(database: RelationalDatabase, number: str) -> WorkOrder:
    with database.reading() as repositories:
        order = repositories.orders.get(number)
    assert order is not None
    return order


def test_an_order_comes_back_as_it_was_added(database: RelationalDatabase) -> None:
    order = replace(
        a_work_order(deadlines={"arrive": T0 + timedelta(hours=4)}, timeline=(OPENED, DISPATCHED)), previous="WO-0"
    )

    assert add(database, order) == [True]

    assert get(database, order.number) == order
    with database.reading() as repositories:
        assert repositories.orders.get("WO-unknown") is None


@pytest.mark.parametrize("status", [status for status in WorkOrderStatus if status not in ENDED])
def test_a_fault_has_one_open_preventive_order(database: RelationalDatabase, status: WorkOrderStatus) -> None:
    first = a_work_order("WO-1", status=status)
    second = a_work_order("WO-2", origin=Origin.FORECAST, timeline=(OPENED,))

    assert add(database, first, second) == [True, False]

    with database.reading() as repositories:
        assert repositories.orders.get("WO-2") is None


@pytest.mark.parametrize("status", sorted(ENDED))
def test_an_ended_order_lets_the_next_one_open(database: RelationalDatabase, status: WorkOrderStatus) -> None:
    assert add(database, a_work_order("WO-1", status=status), a_work_order("WO-2")) == [True, True]


def test_only_preventive_orders_of_the_same_fault_stand_in_each_others_way(database: RelationalDatabase) -> None:
    orders = (
        a_work_order("WO-1"),
        a_work_order("WO-2", fault_mode="cavitation"),
        a_work_order("WO-3", equipment="P-2"),
        a_work_order("WO-4", origin=Origin.MANUAL),
        a_work_order("WO-5", origin=Origin.MANUAL),
    )

    assert add(database, *orders) == [True] * 5


def test_a_number_is_never_taken_twice(database: RelationalDatabase) -> None:
    add(database, a_work_order("WO-1"))

    with pytest.raises(IntegrityError):
        add(database, a_work_order("WO-1", equipment="P-2"))


def test_numbers_count_per_day_and_grow_beyond_four_digits(database: RelationalDatabase, migrated_url: str) -> None:
    engine = create_engine(migrated_url)
    with engine.begin() as connection:
        connection.execute(insert(order_numbers).values(day="20260103", last=9998))
    engine.dispose()
    with database.transaction() as repositories:
        first = [repositories.orders.next_number("20260101") for _ in range(2)]
        other_day = repositories.orders.next_number("20260102")
        busy_day = [repositories.orders.next_number("20260103") for _ in range(2)]

    assert first == ["WO-20260101-0001", "WO-20260101-0002"]
    assert other_day == "WO-20260102-0001"
    assert busy_day == ["WO-20260103-9999", "WO-20260103-10000"]


def test_latest_is_the_open_order_else_the_newest(database: RelationalDatabase) -> None:
    def latest() -> str | None:
        with database.transaction() as repositories:
            order = repositories.orders.latest("P-1", "bearing_wear")
        return None if order is None else order.number

    assert latest() is None
    add(database, a_work_order("WO-1", status=WorkOrderStatus.CLOSED))
    add(database, a_work_order("WO-2", status=WorkOrderStatus.CLOSED))
    add(database, a_work_order("WO-3", origin=Origin.MANUAL), a_work_order("WO-4", equipment="P-2"))
    assert latest() == "WO-2"
    with database.transaction() as repositories:
        assert repositories.orders.set_status("WO-1", WorkOrderStatus.CLOSED, WorkOrderStatus.OPEN)
    assert latest() == "WO-1"


def test_a_status_changes_only_from_the_expected_one(database: RelationalDatabase) -> None:
    add(database, a_work_order("WO-1"))
    with database.transaction() as repositories:
        changed = [
            repositories.orders.set_status("WO-1", WorkOrderStatus.OPEN, WorkOrderStatus.DISPATCHED),
            repositories.orders.set_status("WO-1", WorkOrderStatus.OPEN, WorkOrderStatus.CLOSED),
            repositories.orders.set_status("WO-9", WorkOrderStatus.OPEN, WorkOrderStatus.CLOSED),
        ]

    assert changed == [True, False, False]
    assert get(database, "WO-1").status is WorkOrderStatus.DISPATCHED


def test_an_order_is_not_reopened_beside_an_open_one_and_the_transaction_goes_on(database: RelationalDatabase) -> None:
    add(database, a_work_order("WO-1", status=WorkOrderStatus.CLOSED), a_work_order("WO-2"))

    with database.transaction() as repositories:
        assert not repositories.orders.set_status("WO-1", WorkOrderStatus.CLOSED, WorkOrderStatus.OPEN)
        repositories.orders.append("WO-1", DISPATCHED)

    refused = get(database, "WO-1")
    assert (refused.status, refused.timeline) == (WorkOrderStatus.CLOSED, (DISPATCHED,))


def test_a_raised_urgency_is_stored_with_its_deadlines(database: RelationalDatabase) -> None:
    order = a_work_order("WO-1")
    worse = replace(order, severity=Severity.CRITICAL, urgency=1, deadlines={"arrive": T0 + timedelta(minutes=30)})
    add(database, order, a_work_order("WO-2", equipment="P-2"))
    with database.transaction() as repositories:
        repositories.orders.set_urgency(worse)

    assert get(database, "WO-1") == worse
    assert get(database, "WO-2").urgency == order.urgency


def test_a_rules_entry_is_appended_once_and_a_persons_every_time(database: RelationalDatabase) -> None:
    add(database, a_work_order("WO-1", timeline=(OPENED,)))
    again = replace(OPENED, recorded_at=T0 + timedelta(days=1))
    other_kind = replace(OPENED, kind=EntryKind.ALARM_CLEARED)
    with database.transaction() as repositories:
        appended = [repositories.orders.append("WO-1", e) for e in (again, DISPATCHED, DISPATCHED, other_kind)]

    assert appended == [False, True, True, True]
    assert get(database, "WO-1").timeline == (OPENED, DISPATCHED, DISPATCHED, other_kind)


def test_alarm_of_is_the_newest_alarm_behind_the_order(database: RelationalDatabase) -> None:
    add(database, a_work_order("WO-1"), a_work_order("WO-2", equipment="P-2"))
    with database.transaction() as repositories:
        for day in (2, 1):
            raised = an_alarm_event(AlarmEventKind.RAISED, raised_at=T0 + timedelta(days=day))
            alarm = repositories.alarms.record(raised)
            assert alarm is not None
            repositories.alarms.link_order(alarm.id, "warning", "WO-1")
        behind = repositories.orders.alarm_of("WO-1")

        assert repositories.orders.alarm_of("WO-2") is None
    assert behind is not None
    assert behind.key.raised_at == T0 + timedelta(days=2)


def test_orders_are_filtered_by_what_they_are(database: RelationalDatabase) -> None:
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    wanted = a_work_order(
        "WO-1",
        site="s2",
        equipment="P-2",
        fault_mode="cavitation",
        urgency=1,
        status=WorkOrderStatus.PAUSED,
        opened_at=noon,
    )
    add(database, wanted, a_work_order("WO-2"))
    queries = (
        WorkOrderQuery(site="s2"),
        WorkOrderQuery(equipment="P-2"),
        WorkOrderQuery(fault_mode="cavitation"),
        WorkOrderQuery(urgency=1),
        WorkOrderQuery(statuses=frozenset({WorkOrderStatus.PAUSED, WorkOrderStatus.PLANNED})),
        WorkOrderQuery(opened_from=noon, opened_until=noon + timedelta(microseconds=1)),
    )

    with database.reading() as repositories:
        for query in queries:
            assert repositories.orders.page(query, PageRequest()).items == [wanted], query
        assert not repositories.orders.page(WorkOrderQuery(equipment="P-2", opened_until=noon), PageRequest()).items
