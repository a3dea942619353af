"""However the stream is cut, and wherever the process dies: the same events, the same orders, byte for byte."""

import itertools
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_sim import build_site, simulate
from iot_maint.catalog import load_catalog
from iot_maint.domain.equipment import Equipment
from iot_maint.domain.telemetry import Batch, Telemetry
from iot_maint.services.monitoring import Outcome
from iot_maint.storage.relational.database import RelationalDatabase, open_database
from tests.builders import an_equipment
from tests.decide_path import DecidePath, orders_of, register, start_path, told_events, told_orders
from tests.migrated import a_database
from tests.pump_stories import HOT, PUMP, at, bearing_at

CATALOG = load_catalog()
START = datetime(2026, 3, 11, 2, tzinfo=UTC)
SITE = build_site(
    "s1",
    seed=5,
    devices=[{"code": f"P-{number}", "profile": "booster_pump", "tick": "60s"} for number in (1, 2, 3)],
    # P-1's bearing fails for good; P-2's runs hot twice; P-3 nobody registered.  A bad link on top.
    faults=[
        {"equipment": "P-1", "fault": "bearing", "start": "5m", "v_start": 4.6, "doubling": "1h"},
        {"equipment": "P-2", "fault": "override", "metric": "bearing_temp", "to": 99.0, "every": "45m", "width": "25m"},
        {"equipment": "P-3", "fault": "override", "metric": "bearing_temp", "to": 99.0},
        {"equipment": "*", "fault": "duplicates", "probability": 0.3},
        {"equipment": "*", "fault": "out_of_order", "probability": 0.2, "delay": "90s"},
    ],
)
REGISTER: tuple[Equipment, ...] = tuple(an_equipment(code, parameters={"setpoint": 0.38}) for code in ("P-1", "P-2"))

Cut = tuple[Batch, ...]


@contextmanager
def a_process() -> Iterator[DecidePath]:
    """A process on a fresh database with two of the pumps in its register."""
    with tempfile.TemporaryDirectory() as folder, open_database(a_database(Path(folder))) as database:
        register(database, *REGISTER)
        yield start_path(database, CATALOG, START)


@cache
def stream() -> tuple[Telemetry, ...]:
    """Ninety minutes of three pumps, as their messages arrive."""
    with tempfile.TemporaryDirectory() as folder, open_database(a_database(Path(folder))) as database:
        door = start_path(database, CATALOG, START)
        return tuple(door.admit(simulate(SITE, START, START + timedelta(minutes=90))).telemetry)


def cut(sizes: list[int]) -> Cut:
    """The stream in batches of these sizes, over and over."""
    batches: list[Batch] = []
    rest = iter(stream())
    for number, size in enumerate(itertools.cycle(sizes), start=1):
        telemetry = tuple(itertools.islice(rest, size))
        if not telemetry:
            return tuple(batches)
        batches.append(Batch(number=number, received_at_ms=telemetry[-1].received_at_ms, telemetry=telemetry))
    return tuple(batches)


def handle(path: DecidePath, batches: Cut) -> list[Outcome]:
    return [path.monitor.handle(batch) for batch in batches]


@pytest.fixture(scope="session")
def whole() -> tuple[bytes, bytes]:
    """What the stream says when it is decided in one piece."""
    with a_process() as path:
        outcomes = handle(path, cut([len(stream())]))
        return told_events(outcomes), told_orders(path.database)


def test_the_stream_tells_of_two_pumps_and_of_every_turn_an_alarm_can_take(whole: tuple[bytes, bytes]) -> None:
    events, orders = whole
    assert {kind for kind in ("raised", "joined", "worsened", "eased", "cleared") if kind.encode() in events} == {
        "raised",
        "joined",
        "worsened",
        "eased",
        "cleared",
    }
    assert orders.count(b'"number":"order') == 2


sizes = st.lists(st.integers(min_value=1, max_value=90), min_size=1, max_size=12)


@settings(max_examples=30, deadline=None)
@given(sizes=sizes)
def test_any_cut_gives_the_same_events_and_orders(sizes: list[int], whole: tuple[bytes, bytes]) -> None:
    with a_process() as path:
        outcomes = handle(path, cut(sizes))

        assert (told_events(outcomes), told_orders(path.database)) == whole


@settings(max_examples=30, deadline=None)
@given(sizes=sizes, data=st.data())
def test_a_crash_anywhere_after_any_checkpoint_changes_nothing(
    sizes: list[int], data: st.DataObject, whole: tuple[bytes, bytes]
) -> None:
    batches = cut(sizes)
    crashed = data.draw(st.integers(min_value=0, max_value=len(batches)), label="decided before the crash")
    saved = data.draw(st.integers(min_value=0, max_value=crashed), label="covered by the checkpoint")
    with a_process() as before:
        outcomes = handle(before, batches[:saved])
        before.monitor.checkpoint(saved)
        outcomes += handle(before, batches[saved:crashed])

        after = start_path(before.database, CATALOG, START)
        covered = after.monitor.start()
        outcomes += handle(after, batches[covered:])

        assert covered == saved
        assert (told_events(outcomes), told_orders(after.database)) == whole


@settings(max_examples=10, deadline=None)
@given(sizes=sizes, data=st.data())
def test_a_batch_that_is_handled_twice_counts_once(
    sizes: list[int], data: st.DataObject, whole: tuple[bytes, bytes]
) -> None:
    batches = cut(sizes)
    twice = data.draw(st.sets(st.integers(min_value=1, max_value=len(batches))), label="handled twice")
    with a_process() as path:
        outcomes = handle(path, tuple(each for batch in batches for each in (batch,) * (1 + (batch.number in twice))))

        assert (told_events(outcomes), told_orders(path.database)) == whole


@pytest.fixture
def database(empty_databases: Callable[[], RelationalDatabase]) -> RelationalDatabase:
    database = empty_databases()
    register(database, PUMP)
    return database


def batch(number: int, first: int, last: int) -> Batch:
    """A hot bearing from one minute to another."""
    telemetry = bearing_at(HOT, first, last)
    return Batch(number=number, received_at_ms=telemetry[-1].received_at_ms, telemetry=telemetry)


def test_a_dwell_that_began_before_a_crash_counts_on(database: RelationalDatabase) -> None:
    before = start_path(database, CATALOG, at(0))
    before.monitor.handle(batch(1, 0, 4))
    before.monitor.checkpoint(1)
    before.monitor.handle(batch(2, 5, 6))

    after = start_path(database, CATALOG, at(7))
    assert after.monitor.start() == 1
    handle(after, (batch(2, 5, 6), batch(3, 7, 12)))

    (order,) = orders_of(database)
    assert (order.onset_at, order.raised_at) == (at(0), at(10))


def test_batches_decided_again_after_a_crash_open_no_second_order(database: RelationalDatabase) -> None:
    before = start_path(database, CATALOG, at(0))
    before.monitor.handle(batch(1, 0, 4))
    before.monitor.checkpoint(1)
    (opened,) = before.monitor.handle(batch(2, 5, 12)).steps

    for _ in range(2):
        after = start_path(database, CATALOG, at(13))
        after.monitor.start()
        outcome = after.monitor.handle(batch(2, 5, 12))
        assert [event.finding.at for event in outcome.events] == [at(10)]
        assert outcome.steps == ()

    (order,) = orders_of(database)
    assert (order.number, len(order.timeline)) == (opened.order.number, 1)


def test_the_checkpoint_of_another_spool_covers_nothing(database: RelationalDatabase) -> None:
    start_path(database, CATALOG, at(0)).monitor.checkpoint(7)

    assert start_path(database, CATALOG, at(0)).monitor.start() == 7
    assert start_path(database, CATALOG, at(0), spool_id="another").monitor.start() == 0
    assert start_path(database, CATALOG, at(0), worker="2").monitor.start() == 0
