"""What stands on a worker, how it comes into a real database, and how the next process takes it over."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from threading import Thread

import pytest

from iot_maint.clock import ReplayClock
from iot_maint.domain.errors import StoreUnavailable
from iot_maint.domain.platform_alarms import PlatformAlarmKind, StoredPlatformAlarm
from iot_maint.domain.queries import AlarmQuery, PageRequest
from iot_maint.metering import PrometheusMeter
from iot_maint.services.platform_alarms import PlatformBoard
from iot_maint.storage.relational.database import RelationalDatabase
from tests.builders import T0
from tests.fakes import FaultyDatabase

BROKER, STORE, FULL = (
    PlatformAlarmKind.BROKER_AWAY,
    PlatformAlarmKind.TELEMETRY_STORE_AWAY,
    PlatformAlarmKind.SPOOL_FULL,
)


class Bench:
    """A worker's board over a real database that may be away; `restart` is its next process."""

    def __init__(self, database: RelationalDatabase) -> None:
        self.real = database
        self.database = FaultyDatabase(inner=database)
        self.clock = ReplayClock(T0)
        self.now_s = 0.0
        self.restart()

    def restart(self) -> None:
        self.meter = PrometheusMeter()
        self.board = PlatformBoard(worker="1", clock=self.clock, meter=self.meter, monotonic=lambda: self.now_s)

    def after(self, seconds: float) -> None:
        self.now_s += seconds
        self.clock.advance(self.clock.now() + timedelta(seconds=seconds))

    def save(self) -> None:
        self.board.save(self.database)

    def go_away(self) -> None:
        def fail() -> None:
            raise StoreUnavailable("locked")

        self.database.before = fail

    def come_back(self) -> None:
        self.database.before = lambda: None

    def stored(self) -> list[tuple[str, str, float, float | None]]:
        """(kind, detail, raised, cleared), in seconds."""
        with self.real.reading() as repositories:
            page = repositories.alarm_list.page(AlarmQuery(), PageRequest(sort="raised_at"))
        found = [one for one in page.items if isinstance(one, StoredPlatformAlarm)]
        return [
            (
                one.alarm.kind.value,
                one.alarm.detail,
                (one.alarm.since - T0).total_seconds(),
                None if one.cleared_at is None else (one.cleared_at - T0).total_seconds(),
            )
            for one in found
        ]

    def gauge(self, kind: PlatformAlarmKind) -> float | None:
        return self.meter.registry.get_sample_value("iot_maint_platform_alarm", {"kind": kind.value})

    def standing(self) -> Sequence[str]:
        return [alarm.kind.value for alarm in self.board.standing()]


@pytest.fixture
def bench(empty_databases: Callable[[], RelationalDatabase]) -> Bench:
    return Bench(empty_databases())


def test_what_stands_is_told_counted_and_saved_once(bench: Bench) -> None:
    for detail in ("refused", "refused", "no route"):
        bench.board.raise_alarm(BROKER, detail)
        bench.after(1)
        bench.save()

    (alarm,) = bench.board.standing()
    assert (alarm.kind, alarm.detail, alarm.since, alarm.worker) == (BROKER, "no route", T0, "1")
    assert (bench.gauge(BROKER), bench.gauge(FULL)) == (1, 0)
    assert bench.stored() == [("broker_away", "no route", 0, None)]


def test_cleared_it_stands_no_longer_anywhere(bench: Bench) -> None:
    bench.board.raise_alarm(BROKER, "refused")
    bench.save()
    bench.after(5)
    for _ in range(2):
        bench.board.clear(BROKER)
    bench.save()

    assert bench.standing() == []
    assert bench.gauge(BROKER) == 0
    assert bench.stored() == [("broker_away", "refused", 0, 5)]


def test_one_that_was_never_raised_is_cleared_in_silence(bench: Bench) -> None:
    bench.board.clear(BROKER)
    bench.save()
    assert bench.stored() == []


def test_what_happened_while_the_database_was_away_is_saved_when_it_is_back(bench: Bench) -> None:
    bench.save()
    bench.go_away()
    bench.board.raise_alarm(BROKER, "refused")
    bench.after(1)
    bench.board.clear(BROKER)
    bench.board.raise_alarm(STORE, "timed out")
    bench.after(1)
    bench.board.raise_alarm(BROKER, "refused again")
    for _ in range(3):
        with pytest.raises(StoreUnavailable):
            bench.save()
    assert bench.standing() == ["telemetry_store_away", "broker_away"]

    bench.come_back()
    bench.save()
    assert bench.stored() == [
        ("broker_away", "refused", 0, 1),
        ("telemetry_store_away", "timed out", 1, None),
        ("broker_away", "refused again", 2, None),
    ]


def test_saving_writes_nothing_while_nothing_changes(bench: Bench) -> None:
    bench.board.raise_alarm(BROKER, "refused")
    bench.save()
    bench.go_away()
    bench.board.raise_alarm(BROKER, "refused")
    bench.board.clear(FULL)
    bench.save()


def test_a_restart_goes_on_with_what_is_raised_again(bench: Bench) -> None:
    bench.board.raise_alarm(BROKER, "refused")
    bench.save()
    bench.after(30)
    bench.restart()
    bench.board.raise_alarm(BROKER, "no route")
    bench.save()
    bench.after(120)
    bench.save()

    assert [alarm.since for alarm in bench.board.standing()] == [T0]
    assert bench.stored() == [("broker_away", "no route", 0, None)]
    bench.board.clear(BROKER)
    bench.save()
    assert bench.stored() == [("broker_away", "no route", 0, 150)]


def test_a_restart_clears_what_was_found_well_before_the_database_could_be_read(bench: Bench) -> None:
    bench.board.raise_alarm(BROKER, "refused")
    bench.save()
    bench.restart()
    bench.after(3)
    bench.board.clear(BROKER)
    bench.save()

    assert bench.standing() == []
    assert bench.stored() == [("broker_away", "refused", 0, 3)]


def test_a_restart_takes_over_the_rest_and_lets_go_of_what_nobody_finds_again(bench: Bench) -> None:
    bench.board.raise_alarm(STORE, "timed out")
    bench.board.raise_alarm(FULL, "4 GiB")
    bench.save()
    bench.restart()
    bench.save()
    assert bench.standing() == ["spool_full", "telemetry_store_away"]
    assert bench.gauge(STORE) == 1

    bench.after(50)
    bench.board.raise_alarm(FULL, "4 GiB")
    bench.after(11)
    bench.save()
    assert bench.standing() == ["spool_full"]
    assert bench.stored() == [("spool_full", "4 GiB", 0, None), ("telemetry_store_away", "timed out", 0, 61)]


def test_another_worker_s_alarms_are_its_own(bench: Bench) -> None:
    bench.board.raise_alarm(BROKER, "refused")
    bench.save()
    other = PlatformBoard(worker="2", clock=bench.clock, meter=PrometheusMeter())
    other.save(bench.database)
    other.raise_alarm(BROKER, "refused")
    other.save(bench.database)
    assert len(bench.stored()) == 2


def test_many_threads_may_tell_it_at_once(bench: Bench) -> None:
    def flap() -> None:
        for _ in range(200):
            bench.board.raise_alarm(BROKER, "refused")
            bench.board.clear(BROKER)

    threads = [Thread(target=flap) for _ in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        bench.save()
    bench.save()
    assert bench.standing() == []
    assert all(cleared is not None for *_, cleared in bench.stored())
