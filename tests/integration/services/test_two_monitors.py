"""Two processes on one database: whatever each of them saw, and whoever is faster, a fault has one open order."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Barrier

import pytest

from iot_maint.catalog import load_catalog
from iot_maint.clock import ReplayClock
from iot_maint.domain.alarms import AlarmEvent
from iot_maint.domain.catalog import Severity
from iot_maint.domain.work_orders import EntryKind
from iot_maint.services.ordering import OrderDesk
from iot_maint.storage.relational.database import RelationalDatabase, open_database
from tests.blocking import wait_until_blocked
from tests.builders import an_alarm_event
from tests.decide_path import SHANGHAI, DecidePath, orders_of, register, start_path
from tests.migrated import a_database
from tests.pump_stories import BEARING, HOT, PUMP, SEIZING, at, bearing_at
from tests.servers.postgresql import PostgresqlDatabase

CATALOG = load_catalog()
PATIENCE_S = 10

OpenAgain = Callable[[], RelationalDatabase]


@pytest.fixture
def open_postgresql(migrated_postgresql: PostgresqlDatabase) -> Iterator[OpenAgain]:
    with ExitStack() as opened:
        yield lambda: opened.enter_context(open_database(migrated_postgresql.url))


@pytest.fixture(params=["sqlite", "postgresql"])
def open_again(request: pytest.FixtureRequest) -> Iterator[OpenAgain]:
    """Opens the same database as another process would."""
    if request.param == "postgresql":
        yield request.getfixturevalue("open_postgresql")
        return
    url = a_database(request.getfixturevalue("tmp_path"))
    with ExitStack() as opened:
        yield lambda: opened.enter_context(open_database(url))


def two_processes(open_again: OpenAgain) -> tuple[DecidePath, DecidePath]:
    first, second = open_again(), open_again()
    register(first, PUMP)
    return start_path(first, CATALOG, at(0), worker="1"), start_path(second, CATALOG, at(0), worker="2")


def test_both_see_the_same_stream_and_one_order_opens(open_again: OpenAgain) -> None:
    first, second = two_processes(open_again)
    for start, end in ((0, 9), (10, 14), (15, 30)):
        first.decide(*bearing_at(HOT, start, end))
        second.decide(*bearing_at(HOT, start, end))

    (order,) = orders_of(first.database)
    assert [entry.kind for entry in order.timeline] == [EntryKind.OPENED]


def test_one_that_began_later_raises_later_and_adds_to_the_open_order(open_again: OpenAgain) -> None:
    first, second = two_processes(open_again)
    first.decide(*bearing_at(HOT, 0, 20))
    second.decide(*bearing_at(HOT, 3, 20))

    (order,) = orders_of(first.database)
    assert [(entry.kind, entry.at) for entry in order.timeline] == [
        (EntryKind.OPENED, at(10)),
        (EntryKind.EVIDENCE_ADDED, at(13)),
    ]


def test_one_that_sees_worse_raises_the_urgency_of_the_other_s_order(open_again: OpenAgain) -> None:
    first, second = two_processes(open_again)
    first.decide(*bearing_at(HOT, 0, 12))
    second.decide(*bearing_at(SEIZING, 12, 17))

    (order,) = orders_of(first.database)
    assert (order.urgency, order.severity) == (2, Severity.CRITICAL)


def test_both_raise_in_the_same_moment_and_one_order_opens(open_again: OpenAgain) -> None:
    paths = two_processes(open_again)
    for path, start in zip(paths, (0, 1), strict=True):
        path.decide(*bearing_at(HOT, start, 9))
    both_ready = Barrier(2)

    def raise_alarm(path: DecidePath) -> None:
        both_ready.wait(PATIENCE_S)
        path.decide(*bearing_at(HOT, 10, 12))

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(raise_alarm, path) for path in paths]:
            done.result(PATIENCE_S)

    (order,) = orders_of(paths[0].database)
    assert [entry.kind for entry in order.timeline] == [EntryKind.OPENED, EntryKind.EVIDENCE_ADDED]


def race(open_again: OpenAgain, postgresql: PostgresqlDatabase, leader: AlarmEvent, follower: AlarmEvent) -> None:
    """The follower looks for an order before the leader's is committed, and comes to insert its own after that."""
    first, second = open_again(), open_again()
    desk = OrderDesk(catalog=CATALOG, clock=ReplayClock(at(60)), site_zone=SHANGHAI, channels=())

    def follow() -> None:
        with second.transaction() as repositories:
            desk.save(repositories, follower, "pump")

    with ThreadPoolExecutor(1) as pool:
        with first.transaction() as repositories:
            desk.save(repositories, leader, "pump")
            following = pool.submit(follow)
            wait_until_blocked(postgresql, PATIENCE_S)
        following.result(PATIENCE_S)


def raised(rule: str, severity: Severity, minute: float) -> AlarmEvent:
    return an_alarm_event(rule=f"pump.{rule}", site="s1", fault_mode=BEARING, severity=severity, raised_at=at(minute))


def test_a_process_that_comes_second_to_the_insert_adds_its_evidence(
    open_postgresql: OpenAgain, postgresql: PostgresqlDatabase
) -> None:
    early = raised("bearing_temp_warning", Severity.WARNING, 10)
    late = raised("vib_rms_warning", Severity.WARNING, 11)
    race(open_postgresql, postgresql, early, late)

    (order,) = orders_of(open_postgresql())
    assert [(entry.kind, entry.rule) for entry in order.timeline] == [
        (EntryKind.OPENED, "pump.bearing_temp_warning"),
        (EntryKind.EVIDENCE_ADDED, "pump.vib_rms_warning"),
    ]


def test_a_process_that_comes_second_with_worse_news_raises_the_urgency(
    open_postgresql: OpenAgain, postgresql: PostgresqlDatabase
) -> None:
    early = raised("bearing_temp_warning", Severity.WARNING, 10)
    worse = raised("bearing_temp_critical", Severity.CRITICAL, 11)
    race(open_postgresql, postgresql, early, worse)

    (order,) = orders_of(open_postgresql())
    assert (order.urgency, order.severity) == (2, Severity.CRITICAL)
    assert [entry.kind for entry in order.timeline] == [EntryKind.OPENED, EntryKind.URGENCY_RAISED]


@pytest.mark.slow
def test_a_pump_that_moves_to_another_process_in_mid_dwell_gets_the_order_it_would_have_got(
    open_again: OpenAgain,
) -> None:
    first, second = two_processes(open_again)
    first.decide(*bearing_at(HOT, 0, 6))
    first.monitor.checkpoint(1)
    second.decide(*bearing_at(HOT, 7, 12))
    second.monitor.checkpoint(1)
    # And back again, with the alarm standing.
    first.decide(*bearing_at(HOT, 13, 30))

    (order,) = orders_of(first.database)
    assert (order.onset_at, order.raised_at) == (at(0), at(10))
    assert [entry.kind for entry in order.timeline] == [EntryKind.OPENED]


@pytest.mark.slow
def test_a_batch_that_is_decided_again_after_the_move_opens_nothing_new(open_again: OpenAgain) -> None:
    first, second = two_processes(open_again)
    first.decide(*bearing_at(HOT, 0, 6))
    first.monitor.checkpoint(1)
    first.decide(*bearing_at(HOT, 7, 12))  # … and the process dies before its checkpoint
    second.decide(*bearing_at(HOT, 7, 14))
    second.monitor.checkpoint(1)
    again = start_path(open_again(), CATALOG, at(0), worker="1")
    again.decide(*bearing_at(HOT, 7, 12))
    again.monitor.checkpoint(2)

    (order,) = orders_of(first.database)
    assert (order.onset_at, order.raised_at) == (at(0), at(10))
    assert [entry.kind for entry in order.timeline] == [EntryKind.OPENED]
