"""Equipment under repair opens no orders; afterwards its fault is watched, and what still stands is ordered."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from iot_maint.catalog import load_catalog
from iot_maint.domain.alarms import Alarm, Wait
from iot_maint.domain.equipment import EquipmentStatus
from iot_maint.domain.instants import epoch_ms
from iot_maint.domain.outbox import Channel
from iot_maint.domain.queries import AlarmQuery, PageRequest
from iot_maint.domain.work_orders import EntryKind, Transition, WorkOrder, WorkOrderStatus
from iot_maint.services.shadowing import switch_shadow
from iot_maint.services.transitions import transition_order
from iot_maint.storage.relational.database import open_database
from iot_maint.storage.relational.orders import SqlWorkOrders
from tests.builders import a_work_order
from tests.decide_path import DecidePath, register, start_path
from tests.migrated import a_database
from tests.pump_stories import BEARING, COOL, HOT, PUMP, SEIZING, at, bearing_at, pump
from tests.servers.postgresql import PostgresqlDatabase

CATALOG = load_catalog()
WARNING = "pump.bearing_temp_warning"
AT_WORK = (Transition.DISPATCH, Transition.ARRIVE)
DAY = 24 * 60  # minutes


@pytest.fixture(params=["sqlite", "postgresql"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[DecidePath]:
    if request.param == "sqlite":
        url = a_database(tmp_path)
    else:
        server: PostgresqlDatabase = request.getfixturevalue("migrated_postgresql")
        url = server.url
    with ExitStack() as stack:
        database = stack.enter_context(open_database(url))
        register(database, PUMP)
        yield start_path(database, CATALOG, at(0))


def step(path: DecidePath, number: str, *steps: Transition) -> None:
    for one in steps:
        with path.database.transaction() as repositories:
            transition_order(repositories, number, one, by="li", note="", clock=path.clock, channels=())


def tell(path: DecidePath, minute: float) -> list[str]:
    """Time passes; what is due happens."""
    path.clock.advance(at(minute))
    return [step.event for step in path.follow_up.run()]


def alarms(path: DecidePath, fault_mode: str) -> list[Alarm]:
    with path.database.reading() as repositories:
        page = repositories.alarms.page(AlarmQuery(fault_mode=fault_mode), PageRequest(sort="raised_at"))
    return list(page.items)


def bearing_order(path: DecidePath) -> str:
    """The number of the order for a hot bearing, at minute 12."""
    path.decide(*bearing_at(HOT, 0, 12))
    (order,) = path.orders()
    return order.number


@pytest.mark.parametrize("paused", [False, True])
def test_another_fault_found_during_a_repair_is_recorded_and_ordered_only_afterwards(
    path: DecidePath, paused: bool
) -> None:
    number = bearing_order(path)
    step(path, number, *AT_WORK, *([Transition.PAUSE] if paused else []))
    path.decide(*(pump(minute, household_pressure=0.02) for minute in range(13, 20)))

    assert [order.number for order in path.orders()] == [number]
    (alarm,) = alarms(path, "PMP-PRESS")
    assert (alarm.locked_out, alarm.waits_for) == (True, Wait.LOCKOUT)
    assert tell(path, 21) == []

    step(path, number, *([Transition.RESUME] if paused else []), Transition.COMPLETE)
    assert tell(path, 22) == ["opened"]
    _, late = path.orders()
    assert (late.fault_mode, late.raised_at, late.opened_at) == ("PMP-PRESS", at(18), at(22))
    (alarm,) = alarms(path, "PMP-PRESS")
    assert (alarm.locked_out, alarm.waits_for) == (True, None)
    assert tell(path, 23) == []


def test_a_fault_that_came_and_went_during_the_repair_is_never_ordered(path: DecidePath) -> None:
    number = bearing_order(path)
    step(path, number, *AT_WORK)
    path.decide(*(pump(minute, household_pressure=0.02) for minute in range(13, 20)))
    path.decide(pump(20, household_pressure=0.2))
    step(path, number, Transition.COMPLETE)

    assert tell(path, 21) == []
    assert len(path.orders()) == 1


def test_a_fault_that_endangers_people_is_ordered_during_a_repair_too(path: DecidePath) -> None:
    number = bearing_order(path)
    step(path, number, *AT_WORK)
    path.decide(*(pump(minute, residual_chlorine=0.01) for minute in range(13, 60, 5)))

    assert "WTR-QUAL" in {order.fault_mode for order in path.orders()}


def test_the_same_fault_during_its_own_repair_is_evidence_in_its_order(path: DecidePath) -> None:
    number = bearing_order(path)
    step(path, number, *AT_WORK)
    path.decide(*bearing_at(COOL, 13, 14), *bearing_at(HOT, 15, 26))

    (order,) = path.orders()
    assert order.timeline[-1].kind is EntryKind.EVIDENCE_ADDED


def test_an_alarm_that_waits_for_the_register_s_maintenance_is_ordered_when_it_is_back_in_service(
    path: DecidePath,
) -> None:
    with path.database.transaction() as repositories:
        repositories.equipment.update(replace(PUMP, status=EquipmentStatus.UNDER_MAINTENANCE))
    path.decide(*bearing_at(HOT, 0, 12))  # the rules have not heard of it yet
    assert path.orders() == []
    assert tell(path, 13) == []

    with path.database.transaction() as repositories:
        repositories.equipment.update(PUMP)
    assert tell(path, 14) == ["opened"]


def under_maintenance(path: DecidePath, is_repaired: bool) -> None:
    status = EquipmentStatus.UNDER_MAINTENANCE if is_repaired else EquipmentStatus.IN_SERVICE
    with path.database.transaction() as repositories:
        repositories.equipment.update(replace(PUMP, status=status))
    path.roster.refresh()


def test_what_still_stands_when_the_register_s_maintenance_ends_is_ordered_with_its_evidence(path: DecidePath) -> None:
    under_maintenance(path, True)
    path.decide(*bearing_at(HOT, 0, 12))
    (alarm,) = alarms(path, BEARING)
    assert (alarm.key.raised_at, alarm.waits_for, path.orders()) == (at(10), Wait.LOCKOUT, [])
    assert tell(path, 13) == []

    under_maintenance(path, False)
    path.decide(*bearing_at(HOT, 14, 20))
    assert tell(path, 21) == ["opened"]
    (order,) = path.orders()
    assert (order.raised_at, order.opened_at) == (at(10), at(21))


def test_what_came_and_went_under_the_register_s_maintenance_is_never_ordered(path: DecidePath) -> None:
    under_maintenance(path, True)
    path.decide(*bearing_at(HOT, 0, 12), *bearing_at(COOL, 13, 14))
    under_maintenance(path, False)

    assert tell(path, 15) == []
    path.decide(*bearing_at(COOL, 16, 30))
    assert path.orders() == []


@pytest.mark.parametrize(
    "done",
    [(), (Transition.VERIFY,), (Transition.CLOSE,), (Transition.VERIFY, Transition.CLOSE)],
    ids=["completed", "verified", "closed", "verified and closed"],
)
def test_a_fault_that_is_back_within_the_check_reopens_its_order(
    path: DecidePath, done: tuple[Transition, ...]
) -> None:
    number = bearing_order(path)
    step(path, number, *AT_WORK)
    path.decide(*bearing_at(COOL, 13, 14))
    step(path, number, Transition.COMPLETE, *done)
    path.decide(*bearing_at(HOT, 600, 612))

    (order,) = path.orders()
    assert (order.status, order.watched_since) == (WorkOrderStatus.OPEN, None)
    assert order.timeline[-1].kind is EntryKind.REOPENED
    assert order.timeline[-1].evidence is not None


def test_a_fault_that_is_back_later_than_that_has_an_order_that_follows_the_closed_one(path: DecidePath) -> None:
    number = bearing_order(path)
    path.decide(*bearing_at(COOL, 13, 14))
    step(path, number, *AT_WORK, Transition.COMPLETE, Transition.CLOSE)
    path.decide(*bearing_at(HOT, DAY + 600, DAY + 612))

    _, late = path.orders()
    assert late.previous == number


def test_an_order_closed_without_a_repair_is_not_watched(path: DecidePath) -> None:
    number = bearing_order(path)
    path.decide(*bearing_at(COOL, 13, 14))
    step(path, number, Transition.CLOSE)
    assert tell(path, 14 + DAY) == []
    path.decide(*bearing_at(HOT, DAY + 20, DAY + 32))

    assert [order.status for order in path.orders()] == [WorkOrderStatus.CLOSED, WorkOrderStatus.OPEN]


def test_a_day_without_the_fault_is_told_in_the_order_s_story(path: DecidePath) -> None:
    number = bearing_order(path)
    path.decide(*bearing_at(COOL, 13, 14))
    step(path, number, *AT_WORK, Transition.COMPLETE)
    assert tell(path, 14 + DAY - 1) == []
    assert tell(path, 14 + DAY) == ["fault_stayed_away"]
    assert tell(path, 14 + DAY + 1) == []

    (order,) = path.orders()
    assert (order.timeline[-1].kind, order.timeline[-1].note) == (EntryKind.FAULT_STAYED_AWAY, "24 h")
    assert order.status is WorkOrderStatus.COMPLETED


@pytest.mark.parametrize(
    ("metric", "minute", "kind"),
    [
        ("bearing_temp", 20, EntryKind.FAULT_STAYED_AWAY),
        ("bearing_temp", 5, EntryKind.REPAIR_UNSEEN),
        ("tank_level", 20, EntryKind.REPAIR_UNSEEN),
    ],
    ids=["heard", "not heard since", "only another metric"],
)
def test_a_fault_stayed_away_only_if_it_could_have_been_seen(
    path: DecidePath, metric: str, minute: float, kind: EntryKind
) -> None:
    number = bearing_order(path)
    path.decide(*bearing_at(COOL, 13, 14))
    step(path, number, *AT_WORK, Transition.COMPLETE)
    path.clock.advance(at(14) + timedelta(days=1))
    replace(path.follow_up, heard=lambda _equipment: {metric: epoch_ms(at(minute))}).run()

    (order,) = path.orders()
    assert order.timeline[-1].kind is kind


def test_a_fault_that_never_went_reopens_its_order_when_the_check_ends(path: DecidePath) -> None:
    number = bearing_order(path)
    step(path, number, *AT_WORK, Transition.COMPLETE, Transition.CLOSE)
    assert tell(path, 12 + DAY) == ["reopened"]

    (order,) = path.orders()
    assert (order.status, order.fault_mode) == (WorkOrderStatus.OPEN, BEARING)


def another_order(path: DecidePath, number: str = "WO-20260101-0099") -> str:
    """An open one of the same fault, as a person makes it of an older one by opening it again."""
    with path.database.transaction() as repositories:
        beside = a_work_order(number, site=PUMP.site, equipment=PUMP.code, fault_mode=BEARING, opened_at=at(0))
        assert repositories.orders.add(beside)
    return number


def test_where_another_order_of_the_fault_is_open_the_closed_one_says_so_and_stays_closed(path: DecidePath) -> None:
    number = bearing_order(path)
    step(path, number, *AT_WORK, Transition.COMPLETE, Transition.CLOSE)
    beside = another_order(path)

    assert tell(path, 12 + DAY) == ["fault_stands"]
    assert tell(path, 12 + DAY + 1) == []

    orders = {order.number: order for order in path.orders()}
    assert (orders[number].status, orders[number].watched_since) == (WorkOrderStatus.CLOSED, None)
    assert (orders[number].timeline[-1].kind, orders[number].timeline[-1].note) == (EntryKind.FAULT_STANDS, beside)
    assert orders[beside].status is WorkOrderStatus.OPEN


def told_to_the_store(path: DecidePath) -> list[str]:
    told: list[str] = []
    with path.database.transaction() as repositories:
        while deliveries := repositories.outbox.due(path.clock.now(), 100, Channel.TELEMETRY):
            for delivery in deliveries:
                told.append(delivery.event.event)
                repositories.outbox.update(replace(delivery, delivered_at=path.clock.now()))
    return told


@pytest.mark.parametrize("closed", [False, True], ids=["completed", "closed"])
def test_the_store_s_newest_event_of_an_ended_order_stays_its_end(path: DecidePath, closed: bool) -> None:
    number = bearing_order(path)
    path.decide(*bearing_at(COOL, 13, 14))
    step(path, number, *AT_WORK, Transition.COMPLETE, *((Transition.CLOSE,) if closed else ()))

    assert tell(path, 14 + DAY) == ["fault_stayed_away"]

    assert ("fault_stayed_away" in told_to_the_store(path)) is not closed


def test_an_alarm_that_comes_while_another_order_of_its_fault_is_opened_is_added_to_that_one(
    path: DecidePath, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = bearing_order(path)
    path.decide(*bearing_at(COOL, 13, 14))
    step(path, number, *AT_WORK, Transition.COMPLETE, Transition.CLOSE)
    look, beside = SqlWorkOrders.latest, "WO-20260101-0099"

    def look_before_somebody_opens_one(orders: SqlWorkOrders, equipment: str, fault_mode: str) -> WorkOrder | None:
        found = look(orders, equipment, fault_mode)
        orders.add(a_work_order(beside, site=PUMP.site, equipment=PUMP.code, fault_mode=BEARING, opened_at=at(0)))
        return found

    monkeypatch.setattr(SqlWorkOrders, "latest", look_before_somebody_opens_one)
    path.decide(*bearing_at(HOT, 600, 612))

    orders = {order.number: order for order in path.orders()}
    assert (orders[number].status, orders[number].timeline[-1].transition) == (WorkOrderStatus.CLOSED, Transition.CLOSE)
    assert orders[beside].timeline[-1].kind is EntryKind.EVIDENCE_ADDED


def test_a_source_in_shadow_that_still_sees_the_fault_opens_nothing_again(path: DecidePath) -> None:
    with path.database.transaction() as repositories:
        switch_shadow(repositories, CATALOG, path.clock, WARNING, equipment=None, shadow=True, by="li")
    path.roster.refresh()
    path.decide(*bearing_at(SEIZING, 0, 12))
    (order,) = path.orders()
    path.decide(*bearing_at(HOT, 13, 14))  # only the warning, which is in shadow, still stands
    step(path, order.number, *AT_WORK, Transition.COMPLETE)

    assert [(one.key.shadow, one.cleared_at is None) for one in alarms(path, BEARING)] == [(False, False), (True, True)]
    assert tell(path, 14 + DAY) == ["fault_stayed_away"]
