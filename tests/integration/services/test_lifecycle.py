"""The life of an alarm and of the orders it leads to: from telemetry, through the decide path, past people's steps."""

from collections.abc import Callable

import pytest

from iot_maint.catalog import load_catalog
from iot_maint.domain.alarms import Alarm
from iot_maint.domain.queries import AlarmQuery, PageRequest
from iot_maint.domain.work_orders import EntryKind, Transition, WorkOrderStatus
from iot_maint.services.transitions import transition_order
from iot_maint.storage.relational.database import RelationalDatabase
from tests.decide_path import DecidePath, register, start_path
from tests.pump_stories import BEARING, COOL, HOT, PUMP, SEIZING, at, bearing_at, pump

CATALOG = load_catalog()
REPAIR = (Transition.DISPATCH, Transition.ARRIVE, Transition.COMPLETE)


@pytest.fixture
def path(empty_databases: Callable[[], RelationalDatabase]) -> DecidePath:
    database = empty_databases()
    register(database, PUMP)
    return start_path(database, CATALOG, at(0))


def step(path: DecidePath, number: str, *transitions: Transition, note: str = "") -> None:
    """What a person does to an order."""
    for transition in transitions:
        with path.database.transaction() as repositories:
            transition_order(repositories, number, transition, by="li", note=note, clock=path.clock, channels=())


def alarms(path: DecidePath) -> list[Alarm]:
    with path.database.reading() as repositories:
        return list(repositories.alarms.page(AlarmQuery(), PageRequest(sort="raised_at")).items)


def kinds(path: DecidePath, index: int = 0) -> list[EntryKind]:
    return [entry.kind for entry in path.orders()[index].timeline]


def test_a_bearing_hot_for_ten_minutes_opens_one_order_with_its_evidence(path: DecidePath) -> None:
    path.decide(*bearing_at(COOL, 0, 2), *bearing_at(HOT, 3, 30))

    (order,) = path.orders()
    (evidence,) = order.evidence
    assert (order.equipment, order.fault_mode, order.urgency) == ("P-1", BEARING, 3)
    assert (order.onset_at, order.raised_at) == (at(3), at(13))
    assert (evidence.metric, evidence.limit, evidence.dwell_s) == ("bearing_temp", 80.0, 600.0)
    assert [value for _, value in evidence.readings[:4]] == [COOL, COOL, COOL, HOT]
    assert evidence.readings[3][0] == round(at(3).timestamp() * 1000)
    assert evidence.readings[-1] == (round(at(13).timestamp() * 1000), HOT)


def test_an_order_whose_alarm_clears_says_so_and_stays_open(path: DecidePath) -> None:
    path.decide(*bearing_at(HOT, 0, 12), *bearing_at(COOL, 13, 15))

    (order,) = path.orders()
    assert order.status is WorkOrderStatus.OPEN
    assert kinds(path) == [EntryKind.OPENED, EntryKind.ALARM_CLEARED]
    assert order.timeline[1].at == at(13)
    assert [alarm.cleared_at for alarm in alarms(path)] == [at(13)]


def test_a_second_alarm_of_the_same_fault_joins_the_open_order(path: DecidePath) -> None:
    path.decide(*bearing_at(HOT, 0, 12), *bearing_at(COOL, 13, 15), *bearing_at(HOT, 16, 30))

    (order,) = path.orders()
    assert kinds(path) == [EntryKind.OPENED, EntryKind.ALARM_CLEARED, EntryKind.EVIDENCE_ADDED]
    assert order.timeline[2].at == at(26)
    assert [alarm.key.raised_at for alarm in alarms(path)] == [at(10), at(26)]


def test_a_worse_severity_raises_the_urgency_of_the_open_order_and_its_deadlines(path: DecidePath) -> None:
    path.decide(*bearing_at(HOT, 0, 12))
    (before,) = path.orders()
    path.decide(*bearing_at(SEIZING, 13, 20))

    (order,) = path.orders()
    assert (before.urgency, order.urgency) == (3, 2)
    assert order.deadlines["finish"] < before.deadlines["finish"]
    assert kinds(path) == [EntryKind.OPENED, EntryKind.URGENCY_RAISED]
    assert order.timeline[1].at == at(18)


def test_an_order_closed_early_is_not_followed_while_its_alarm_only_stands(path: DecidePath) -> None:
    path.decide(*bearing_at(HOT, 0, 12))
    (order,) = path.orders()
    step(path, order.number, Transition.CLOSE, note="looks fine to me")
    path.decide(*bearing_at(HOT, 13, 40), *(pump(minute, motor_vib_rms=1.0, vib_rms=6.0) for minute in range(41, 60)))

    (order,) = path.orders()
    (alarm,) = alarms(path)
    assert order.status is WorkOrderStatus.CLOSED
    assert alarm.cleared_at is None
    assert "pump.vib_rms_warning" in alarm.rules
    with path.database.reading() as repositories:
        ((_, who, note),) = repositories.alarms.notes(alarm.id)
    assert who == "li"
    assert "looks fine to me" in note


def test_worsening_after_an_early_close_opens_a_linked_order_once(path: DecidePath) -> None:
    path.decide(*bearing_at(HOT, 0, 12))
    step(path, path.orders()[0].number, Transition.CLOSE)
    path.decide(*bearing_at(SEIZING, 13, 20))
    first, second = path.orders()

    assert (second.previous, second.urgency, second.raised_at) == (first.number, 2, at(18))
    assert len(alarms(path)) == 1

    step(path, second.number, Transition.CLOSE)
    path.decide(*bearing_at(HOT, 21, 22), *bearing_at(82.0, 23, 24), *bearing_at(SEIZING, 25, 40))
    assert len(path.orders()) == 2  # eased and worse again: each severity had its one order


def test_a_fault_that_returns_before_its_order_is_closed_reopens_it(path: DecidePath) -> None:
    path.decide(*bearing_at(HOT, 0, 12), *bearing_at(COOL, 13, 13))
    step(path, path.orders()[0].number, *REPAIR)
    path.decide(*bearing_at(HOT, 14, 24))

    (order,) = path.orders()
    assert order.status is WorkOrderStatus.OPEN
    assert kinds(path)[-1] is EntryKind.REOPENED


def test_a_verified_order_is_reopened_as_urgent_as_the_fault_now_is(path: DecidePath) -> None:
    path.decide(*bearing_at(HOT, 0, 12), *bearing_at(COOL, 13, 13))
    step(path, path.orders()[0].number, *REPAIR, Transition.VERIFY)
    path.decide(*bearing_at(SEIZING, 14, 19))

    (order,) = path.orders()
    assert (order.status, order.urgency) == (WorkOrderStatus.OPEN, 2)
    assert order.timeline[-1].kind is EntryKind.REOPENED


def test_a_fault_that_returns_a_day_after_its_order_is_closed_opens_one_linked_to_it(path: DecidePath) -> None:
    path.decide(*bearing_at(HOT, 0, 12), *bearing_at(COOL, 13, 13))
    step(path, path.orders()[0].number, *REPAIR, Transition.CLOSE)
    day = 24 * 60
    path.decide(*bearing_at(HOT, 14 + day, 30 + day))

    first, second = path.orders()
    assert (first.status, second.status) == (WorkOrderStatus.CLOSED, WorkOrderStatus.OPEN)
    assert second.previous == first.number


def test_orders_of_different_faults_stand_side_by_side(path: DecidePath) -> None:
    path.decide(*(pump(minute, bearing_temp=HOT, household_pressure=0.5) for minute in range(12)))

    assert sorted(order.fault_mode for order in path.orders()) == [BEARING, "PMP-PRESS"]
