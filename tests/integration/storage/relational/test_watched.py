"""Whoever writes to the database notices its absence; whoever only reads does not speak for it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from iot_maint.clock import ReplayClock
from iot_maint.domain.errors import Conflict, StoreUnavailable
from iot_maint.domain.platform_alarms import PlatformAlarmKind
from iot_maint.metering import PrometheusMeter
from iot_maint.services.absence import Absence
from iot_maint.services.platform_alarms import PlatformBoard
from iot_maint.storage.relational.database import open_database
from iot_maint.storage.relational.watched import WatchedDatabase
from tests.builders import T0
from tests.fakes import FaultyDatabase
from tests.migrated import a_database


class Bench:
    """A watched database that may be away, at a time that the test sets."""

    def __init__(self, inner: FaultyDatabase) -> None:
        self.inner = inner
        self.now_s = 0.0
        self.board = PlatformBoard(worker="1", clock=ReplayClock(T0), meter=PrometheusMeter())
        absence = Absence(self.board, PlatformAlarmKind.DATABASE_AWAY, monotonic=lambda: self.now_s)
        self.database = WatchedDatabase(inner, absence)

    def go_away(self) -> None:
        def fail() -> None:
            raise StoreUnavailable("the database is locked")

        self.inner.before = fail

    def write_at(self, second: float) -> None:
        self.now_s = second
        with self.database.transaction() as repositories:
            repositories.orders.next_number("20260101")

    def fails_at(self, second: float) -> None:
        with pytest.raises(StoreUnavailable):
            self.write_at(second)

    def said(self) -> list[str]:
        return [alarm.detail for alarm in self.board.standing()]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with open_database(a_database(tmp_path)) as database:
        yield Bench(FaultyDatabase(inner=database))


def test_a_database_that_is_away_for_ten_seconds_is_an_alarm_until_something_is_written(bench: Bench) -> None:
    bench.write_at(0)
    bench.go_away()
    bench.fails_at(1)
    assert bench.said() == []
    bench.fails_at(11)
    assert bench.said() == ["the database is locked"]

    bench.inner.before = lambda: None
    bench.write_at(12)
    assert bench.said() == []


def test_one_that_can_still_be_read_is_away_all_the_same(bench: Bench) -> None:
    bench.go_away()
    bench.fails_at(0)
    bench.inner.before = lambda: None
    with bench.database.reading() as repositories:
        assert repositories.alarms.get(1) is None
    bench.go_away()
    bench.fails_at(10)
    assert bench.said() == ["the database is locked"]


def test_what_a_transaction_refuses_by_itself_is_no_absence(bench: Bench) -> None:
    for bench.now_s in (0, 20):
        with pytest.raises(Conflict), bench.database.transaction():
            raise Conflict("somebody was faster")
    assert bench.said() == []


def test_what_fails_is_rolled_back(bench: Bench) -> None:
    def take_a_number_and_fail() -> None:
        with bench.database.transaction() as repositories:
            assert repositories.orders.next_number("20260101").endswith("0001")
            raise Conflict("somebody was faster")

    with pytest.raises(Conflict):
        take_a_number_and_fail()
    with bench.database.transaction() as repositories:
        assert repositories.orders.next_number("20260101").endswith("0001")
