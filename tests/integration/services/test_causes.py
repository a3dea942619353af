"""The supply is lost: one order, under which hangs what the lifts and pumps behind it show; on both databases."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Barrier

import pytest

from iot_maint.catalog import load_catalog
from iot_maint.domain.alarms import Alarm
from iot_maint.domain.equipment import EquipmentStatus
from iot_maint.domain.instants import epoch_ms
from iot_maint.domain.queries import AlarmQuery, PageRequest
from iot_maint.domain.telemetry import Telemetry
from iot_maint.domain.work_orders import EntryKind, Transition, WorkOrder, WorkOrderStatus
from iot_maint.services.shadowing import switch_shadow
from iot_maint.services.transitions import transition_order
from iot_maint.storage.relational.database import RelationalDatabase, open_database
from iot_maint.storage.relational.migrate import migrate
from tests.blocking import wait_until_blocked
from tests.builders import an_alarm_event
from tests.decide_path import DecidePath, register, start_path
from tests.migrated import a_database
from tests.pump_stories import at
from tests.servers.postgresql import PostgresqlDatabase
from tests.supply_stories import (
    ALL,
    COOL,
    DRY,
    FINE,
    HEAT,
    HOT,
    LOST,
    PRESSURE,
    ROOM,
    SUPPLY,
    TRAPPED,
    WET,
    heat,
    in_order,
    sent,
    supply,
    taps,
)

CATALOG = load_catalog()
PATIENCE_S = 20


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A migrated database with the site's register."""
    if request.param == "sqlite":
        found = a_database(tmp_path)
    else:
        server: PostgresqlDatabase = request.getfixturevalue("migrated_postgresql")
        found = server.url
    with open_database(found) as database:
        register(database, *ALL)
    return found


@pytest.fixture
def opened() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def path(url: str, opened: ExitStack) -> DecidePath:
    return start_path(opened.enter_context(open_database(url)), CATALOG, at(0))


def alarms_of(path: DecidePath, fault_mode: str) -> list[Alarm]:
    """The oldest first."""
    query = AlarmQuery(fault_mode=fault_mode)
    with path.database.reading() as repositories:
        return list(repositories.alarms.page(query, PageRequest(limit=100, sort="raised_at")).items)


def told(path: DecidePath) -> list[tuple[str, str, WorkOrderStatus]]:
    return [(order.equipment, order.fault_mode, order.status) for order in path.orders()]


def step(path: DecidePath, order: WorkOrder, *steps: Transition) -> None:
    for one in steps:
        with path.database.transaction() as repositories:
            transition_order(repositories, order.number, one, by="li", note="", clock=path.clock, channels=())


def test_lifts_and_pumps_without_supply_are_one_order_and_none_comes_after_it_is_back(path: DecidePath) -> None:
    path.replay(
        in_order(
            supply(LOST, 0, 40),
            heat(HOT, 2, 45),
            heat(HOT, 3, 45, code="E-2"),
            taps(DRY, 1, 42),
            supply(FINE, 41, 120),
            heat(COOL, 46, 120),
            heat(COOL, 46, 120, code="E-2"),
            taps(WET, 43, 120),
        ),
        batch=7,
    )

    (order,) = path.orders()
    assert (order.equipment, order.fault_mode, order.raised_at) == ("PR-1", SUPPLY, at(1))
    assert [(symptom.equipment, symptom.fault_mode) for symptom in order.symptoms] == [
        ("PR-1", "PQ-VOLT"),
        ("P-1", PRESSURE),
        ("E-1", HEAT),
        ("E-2", HEAT),
    ]
    assert all(alarm.cause is not None and alarm.cause.order == order.number for alarm in alarms_of(path, HEAT))
    assert all(alarm.waits_for is None and not alarm.orders for alarm in alarms_of(path, HEAT))


def test_what_a_rule_in_shadow_saw_before_the_cause_was_known_is_no_symptom_of_it(path: DecidePath) -> None:
    hot = [rule.id for rule in CATALOG.types["elevator"].rules.values() if rule.metric == "machine_room_temp"]
    with path.database.transaction() as repositories:
        for rule in hot:
            switch_shadow(repositories, CATALOG, path.clock, rule, equipment=None, shadow=True, by="li")
    path.roster.refresh()
    path.replay(in_order(heat(HOT, 0, 20), supply(LOST, 5, 20)))

    assert alarms_of(path, HEAT)
    assert all(alarm.key.shadow and alarm.cause is None for alarm in alarms_of(path, HEAT))
    (order,) = [one for one in path.orders() if one.fault_mode == SUPPLY]
    assert HEAT not in {symptom.fault_mode for symptom in order.symptoms}


def test_a_power_room_under_maintenance_has_no_order_and_explains_what_its_planned_outage_does(
    path: DecidePath,
) -> None:
    with path.database.transaction() as repositories:
        repositories.equipment.update(replace(ROOM, status=EquipmentStatus.UNDER_MAINTENANCE))
    path.roster.refresh()
    path.replay(
        in_order(
            supply(LOST, 0, 40),
            heat(HOT, 2, 45),
            taps(DRY, 1, 42),
            supply(FINE, 41, 120),
            heat(COOL, 46, 120),
            taps(WET, 43, 120),
        ),
        batch=7,
    )

    assert path.orders() == []
    (cause,) = alarms_of(path, SUPPLY)
    symptoms = [*alarms_of(path, HEAT), *alarms_of(path, PRESSURE)]
    assert [alarm.cause.alarm for alarm in symptoms if alarm.cause is not None] == [cause.id, cause.id]


def test_people_in_a_lift_without_supply_have_an_order_at_once(path: DecidePath) -> None:
    path.decide(*supply(LOST, 0, 2), sent("E-1", 2, entrapment=0.0))
    path.decide(sent("E-1", 3, entrapment=1.0))

    assert told(path) == [("PR-1", SUPPLY, WorkOrderStatus.OPEN), ("E-1", TRAPPED, WorkOrderStatus.OPEN)]


def test_what_does_not_hang_on_the_power_room_has_its_own_order(path: DecidePath) -> None:
    path.replay(in_order(supply(LOST, 0, 10), taps(DRY, 1, 10, code="P-9")))

    assert ("P-9", PRESSURE, WorkOrderStatus.OPEN) in told(path)


def test_a_fault_that_began_before_the_supply_was_lost_has_its_own_order(path: DecidePath) -> None:
    path.replay(in_order(taps(DRY, 0, 3), supply(LOST, 20, 30)))
    path.replay(in_order(heat(HOT, 10, 14), heat(HOT, 15, 30), supply(LOST, 31, 40)))

    assert ("E-1", HEAT, WorkOrderStatus.OPEN) in told(path)


def test_a_symptom_that_outlives_its_cause_has_its_own_order_by_the_data_s_time(path: DecidePath) -> None:
    path.replay(in_order(supply(LOST, 0, 20), heat(HOT, 2, 60), supply(FINE, 21, 60)), batch=1)

    supply_order, own = path.orders()
    assert (own.equipment, own.fault_mode, own.onset_at, own.raised_at) == ("E-1", HEAT, at(2), at(7))
    assert own.opened_at == at(21 + 15)
    assert [symptom.order for symptom in supply_order.symptoms if symptom.equipment == "E-1"] == [own.number]


def test_the_same_stream_in_any_batches_and_twice_gives_the_same_orders(
    empty_databases: Callable[[], RelationalDatabase],
) -> None:
    stream = in_order(
        heat(HOT, 1, 80),
        supply(LOST, 6, 20),
        taps(DRY, 7, 30),
        supply(FINE, 21, 90),
        taps(WET, 31, 90),
        heat(COOL, 81, 90),
    )
    stories = set()
    for batch in (1, 13, 1000):
        database = empty_databases()
        register(database, *ALL)
        path = start_path(database, CATALOG, at(0))
        path.replay(stream, batch=batch)
        path.replay(stream, batch=batch)
        stories.add(tuple((o.fault_mode, o.status, o.onset_at, o.raised_at, o.previous) for o in path.orders()))

    ((early, cause, late),) = stories
    assert (early[0], cause[0], late[0]) == (HEAT, SUPPLY, HEAT)
    assert (early[1], late[1]) == (WorkOrderStatus.CANCELLED, WorkOrderStatus.OPEN)


def test_an_untouched_order_from_just_before_is_folded_under_the_cause(path: DecidePath) -> None:
    path.replay(in_order(taps(DRY, 0, 6), heat(COOL, 0, 6)))
    (early,) = path.orders()
    path.replay(in_order(supply(LOST, 4, 10), taps(DRY, 7, 10)), batch=1)

    early, cause = path.orders()
    assert (early.status, cause.fault_mode) == (WorkOrderStatus.CANCELLED, SUPPLY)
    assert early.timeline[-1].transition is Transition.CANCEL
    assert cause.number in early.timeline[-1].note
    assert [symptom.equipment for symptom in cause.symptoms] == ["P-1", "PR-1"]


def test_a_folded_symptom_that_stays_has_a_new_order_that_follows_the_cancelled_one(path: DecidePath) -> None:
    path.replay(in_order(taps(DRY, 0, 60), supply(LOST, 5, 10), supply(FINE, 11, 60)), batch=1)

    early, _, late = path.orders()
    assert (late.fault_mode, late.previous, late.status) == (PRESSURE, early.number, WorkOrderStatus.OPEN)


def test_an_order_that_somebody_has_dispatched_stays(path: DecidePath) -> None:
    path.decide(*taps(DRY, 0, 6))
    (early,) = path.orders()
    step(path, early, Transition.DISPATCH)
    path.replay(in_order(supply(LOST, 4, 10), taps(DRY, 7, 10)))

    early, cause = path.orders()
    assert early.status is WorkOrderStatus.DISPATCHED
    assert [(symptom.equipment, symptom.order) for symptom in cause.symptoms] == [("P-1", early.number), ("PR-1", None)]


def test_a_cause_whose_order_was_cancelled_as_a_false_alarm_explains_nothing_any_more(path: DecidePath) -> None:
    path.replay(in_order(supply(LOST, 0, 10), heat(HOT, 2, 10)))
    (order,) = path.orders()
    step(path, order, Transition.CANCEL)
    path.replay(in_order(supply(LOST, 11, 20), heat(HOT, 11, 20), taps(DRY, 12, 20)))

    assert sorted(told(path)) == [
        ("E-1", HEAT, WorkOrderStatus.OPEN),
        ("P-1", PRESSURE, WorkOrderStatus.OPEN),
        ("PR-1", "PQ-VOLT", WorkOrderStatus.OPEN),
        ("PR-1", SUPPLY, WorkOrderStatus.CANCELLED),
    ]


def test_a_panel_without_supply_behind_a_room_without_supply_is_the_same_event(path: DecidePath) -> None:
    path.replay(in_order(supply(LOST, 0, 12, code="PR-2"), supply(LOST, 2, 12), heat(HOT, 3, 12)))

    open_ones = [order for order in path.orders() if order.status is WorkOrderStatus.OPEN]
    (order,) = open_ones
    assert (order.equipment, order.fault_mode) == ("PR-1", SUPPLY)
    assert {symptom.equipment for symptom in order.symptoms} == {"PR-1", "PR-2", "E-1"}


def test_a_supply_that_is_lost_again_holds_back_what_still_waits(path: DecidePath) -> None:
    path.replay(
        in_order(
            supply(LOST, 0, 20), supply(FINE, 21, 25), supply(LOST, 26, 50), heat(HOT, 2, 60), supply(FINE, 51, 60)
        ),
        batch=1,
    )

    assert [order.fault_mode for order in path.orders()] == [SUPPLY]


def test_telemetry_that_was_held_up_is_judged_only_once_it_speaks_of_the_time_in_question(path: DecidePath) -> None:
    path.replay(in_order(supply(LOST, 0, 10), heat(HOT, 2, 11), supply(FINE, 11, 11)))
    last_ms = [epoch_ms(at(11))]
    follow_up = replace(path.follow_up, heard=lambda _equipment: {"machine_room_temp": last_ms[0]})
    path.clock.advance(at(11 + 15))
    assert follow_up.run() == []

    path.decide(*(replace(item, received_at_ms=epoch_ms(at(27))) for item in heat(COOL, 12, 27)))
    last_ms[0] = epoch_ms(at(27))
    follow_up.run()
    assert [order.fault_mode for order in path.orders()] == [SUPPLY]


def test_a_symptom_of_which_nothing_is_heard_any_more_has_its_order_after_waiting_twice(path: DecidePath) -> None:
    path.replay(in_order(supply(LOST, 0, 10), heat(HOT, 2, 11), supply(FINE, 11, 11)))
    follow_up = replace(path.follow_up, heard=lambda _equipment: {})
    path.clock.advance(at(11 + 29))
    assert follow_up.run() == []
    path.clock.advance(at(11 + 30))

    assert [step.order.fault_mode for step in follow_up.run()] == [HEAT]


def test_a_cause_and_its_symptoms_saved_by_two_processes_at_once_are_one_order(url: str, opened: ExitStack) -> None:
    paths = [
        start_path(opened.enter_context(open_database(url)), CATALOG, at(0), worker=worker, spool_id=worker)
        for worker in ("1", "2", "3")
    ]
    before = (supply(LOST, 0, 0), heat(HOT, 0, 4), taps(DRY, 0, 4))
    after = (supply(LOST, 1, 2), heat(HOT, 5, 6), taps(DRY, 5, 6))
    for path, stream in zip(paths, before, strict=True):
        path.decide(*stream)
    ready = Barrier(3)

    def save(path: DecidePath, stream: list[Telemetry]) -> None:
        ready.wait(PATIENCE_S)
        path.decide(*stream)

    with ThreadPoolExecutor(3) as pool:
        for done in [pool.submit(save, path, stream) for path, stream in zip(paths, after, strict=True)]:
            done.result(PATIENCE_S)

    standing = [order for order in paths[0].orders() if order.status is not WorkOrderStatus.CANCELLED]
    assert [(order.equipment, order.fault_mode) for order in standing] == [("PR-1", SUPPLY)]
    assert {symptom.equipment for symptom in standing[0].symptoms} == {"E-1", "P-1"}


def test_two_processes_that_follow_up_at_once_open_one_order(url: str, opened: ExitStack) -> None:
    first, second = (start_path(opened.enter_context(open_database(url)), CATALOG, at(0), worker=w) for w in "12")
    first.decide(*in_order(supply(LOST, 0, 20), heat(HOT, 2, 21), supply(FINE, 21, 21)))
    ready = Barrier(2)

    def follow_up(path: DecidePath) -> int:
        path.clock.advance(at(21) + timedelta(minutes=16))
        ready.wait(PATIENCE_S)
        return len(path.follow_up.run())

    with ThreadPoolExecutor(2) as pool:
        done = sorted(pool.map(follow_up, (first, second)))

    assert done[0] == 0 < done[1]
    assert [order.fault_mode for order in first.orders()] == [SUPPLY, HEAT]


def test_the_order_s_story_names_its_symptoms_once(path: DecidePath) -> None:
    stream = in_order(supply(LOST, 0, 10), heat(HOT, 2, 10), heat(HOT, 2, 10, code="E-2"))
    path.replay(stream)
    path.replay(stream, batch=3)

    (order,) = path.orders()
    assert [entry.kind for entry in order.timeline] == [EntryKind.OPENED]
    assert [symptom.equipment for symptom in order.symptoms] == ["PR-1", "E-1", "E-2"]


RAISES = {
    "cause": (an_alarm_event(equipment="PR-1", fault_mode=SUPPLY, raised_at=at(12)), "power_room"),
    "symptom": (an_alarm_event(equipment="E-1", fault_mode=HEAT, raised_at=at(12)), "elevator"),
}


@pytest.mark.parametrize(("first", "second"), [("cause", "symptom"), ("symptom", "cause")])
def test_whoever_of_cause_and_symptom_is_saved_later_waits_for_the_other_and_sees_it(
    postgresql: PostgresqlDatabase, opened: ExitStack, first: str, second: str
) -> None:
    migrate(postgresql.url)
    one, other = (start_path(opened.enter_context(open_database(postgresql.url)), CATALOG, at(20)) for _ in range(2))
    register(one.database, *ALL)

    def save_second() -> None:
        with other.database.transaction() as repositories:
            other.desk.save(repositories, *RAISES[second])

    with ThreadPoolExecutor(1) as pool:
        with one.database.transaction() as repositories:
            one.desk.save(repositories, *RAISES[first])
            following = pool.submit(save_second)
            wait_until_blocked(postgresql, PATIENCE_S)
        following.result(PATIENCE_S)

    (standing,) = [order for order in one.orders() if order.status is not WorkOrderStatus.CANCELLED]
    assert (standing.fault_mode, [symptom.equipment for symptom in standing.symptoms]) == (SUPPLY, ["E-1"])


def test_a_symptom_under_repair_when_its_cause_is_over_is_ordered_after_the_repair(path: DecidePath) -> None:
    path.decide(*(sent("E-1", minute, door_reopen_rate=30.0) for minute in (-600, -540, -480, -420, -360, -300, -240)))
    (repair,) = path.orders()
    step(path, repair, Transition.DISPATCH, Transition.ARRIVE)
    path.replay(in_order(supply(LOST, 0, 20), heat(HOT, 2, 60), supply(FINE, 21, 60)), batch=5)
    assert [order.fault_mode for order in path.orders()] == [repair.fault_mode, SUPPLY]

    step(path, repair, Transition.COMPLETE)
    path.follow_up.run()
    assert [order.fault_mode for order in path.orders()] == [repair.fault_mode, SUPPLY, HEAT]


def test_several_rules_of_one_fault_at_two_severities_are_one_order(path: DecidePath) -> None:
    path.decide(*(sent("P-9", minute, household_pressure=DRY, discharge_pressure=0.1) for minute in range(30)))

    (order,) = path.orders()
    assert {evidence.severity.value for evidence in order.evidence} == {"critical", "warning"}
