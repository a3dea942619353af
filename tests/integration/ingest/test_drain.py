import gc
import weakref
from collections.abc import Callable, Sequence
from datetime import timedelta
from threading import Event
from zoneinfo import ZoneInfo

import pytest

from iot_maint.clock import ReplayClock
from iot_maint.domain.columns import TelemetryColumns
from iot_maint.domain.errors import StoreRefused, StoreUnavailable, UnknownFormat
from iot_maint.domain.point_columns import PointColumns
from iot_maint.domain.telemetry import Batch, Point
from iot_maint.ingest.decoders import canonical
from iot_maint.ingest.drain import Drain
from iot_maint.ingest.progress import Progress
from iot_maint.metering import PrometheusMeter
from iot_maint.services.platform_alarms import PlatformBoard
from tests.builders import T0
from tests.fakes import FaultySpool, FaultyStore
from tests.ingest_builders import T0_MS, a_telemetry, no_waiting, pump_points


class Bench:
    """A drain on a real spool and a real store, both of which may be told to fail."""

    def __init__(self, spool: FaultySpool, store: FaultyStore, meter: PrometheusMeter) -> None:
        self.spool, self.store, self.meter = spool, store, meter
        self.progress = Progress()
        self.reported: list[int] = []
        self.now_s = 0.0
        self.clock = ReplayClock(T0)
        self.platform = PlatformBoard(worker="1", clock=self.clock, meter=meter)
        self.drain = self.anew()

    def anew(self, to_points: Callable[[TelemetryColumns], Sequence[Sequence[Point]]] = pump_points) -> Drain:
        """As after a restart."""
        self.progress = Progress()
        return Drain(
            spool=self.spool,
            store=self.store,
            to_points=to_points,
            progress=self.progress,
            clock=self.clock,
            meter=self.meter,
            platform=self.platform,
            backoff=no_waiting(),
            report_stored=self.reported.append,
            monotonic=lambda: self.now_s,
        )

    def standing(self) -> list[tuple[str, str]]:
        return [(alarm.kind.value, alarm.detail) for alarm in self.platform.standing()]

    def spool_batches(self, count: int, start: int = 0) -> None:
        for n in range(start, start + count):
            self.spool.append([a_telemetry(at_ms=T0_MS + n, seq=float(n))], [], T0_MS + n)

    def stored(self, equipment: str = "P-01") -> list[float | str]:
        return [
            value
            for chunk in self.store.read_points("pump", "S1", equipment)
            for point in chunk
            for value in point.fields.values()
        ]

    def waiting(self) -> list[int]:
        return [batch.number for batch in self.spool.read_after(0, 1000)]


@pytest.fixture
def bench(spool: FaultySpool, store: FaultyStore, meter: PrometheusMeter) -> Bench:
    return Bench(spool, store, meter)


class Waits(Event):
    """A stop that waits for nobody but notes for how long it was asked to, and is set after so many rounds."""

    def __init__(self, rounds: int) -> None:
        super().__init__()
        self.waited: list[float | None] = []
        self._rounds = rounds

    def wait(self, timeout: float | None = None) -> bool:
        self.waited.append(timeout)
        if len(self.waited) >= self._rounds:
            self.set()
        return self.is_set()


def refuse_odd(points: Sequence[Point]) -> Exception | None:
    bad = any(isinstance(value, float) and value % 2 for point in points for value in point.fields.values())
    return StoreRefused(422, "field type conflict: seq is odd") if bad else None


def test_batches_are_stored_in_order_and_in_one_write(bench: Bench) -> None:
    bench.spool_batches(3)
    assert bench.drain.step()
    assert bench.stored() == [0.0, 1.0, 2.0]
    assert bench.store.writes == [3]
    assert bench.progress.stored == 3
    assert not bench.drain.step()


def test_a_batch_is_deleted_only_when_stored_and_covered(bench: Bench) -> None:
    bench.spool_batches(3)
    bench.drain.step()
    assert bench.waiting() == [1, 2, 3]
    bench.progress.covered = 2
    bench.drain.step()
    assert bench.waiting() == [3]
    bench.progress.covered = 9
    bench.spool_batches(1, start=3)
    bench.store.fault = lambda _points: StoreUnavailable("away")
    with pytest.raises(StoreUnavailable):
        bench.drain.step()
    assert bench.waiting() == [3, 4]


def test_a_store_that_is_away_loses_nothing(bench: Bench) -> None:
    bench.spool_batches(3)
    faults: list[Exception] = [
        StoreUnavailable("refused", retry_after=timedelta(milliseconds=1)),
        StoreUnavailable("timed out"),
    ]
    stop = Event()

    def fail_twice_then_stop(_points: Sequence[Point]) -> Exception | None:
        if faults:
            return faults.pop(0)
        stop.set()
        return None

    bench.store.fault = fail_twice_then_stop
    bench.drain.run(stop)
    assert bench.stored() == [0.0, 1.0, 2.0]
    assert bench.meter.registry.get_sample_value("iot_maint_store_failures_total", {"store": "telemetry"}) == 2


def test_after_a_restart_what_was_not_deleted_is_written_again(bench: Bench) -> None:
    bench.spool_batches(3)
    bench.drain.step()
    again = bench.anew()
    assert again.step()
    assert bench.stored() == [0.0, 1.0, 2.0]
    assert bench.store.writes == [3, 3]


def test_a_point_that_the_store_refuses_is_cornered_and_kept_with_its_words(bench: Bench) -> None:
    bench.spool_batches(8)
    bench.store.fault = refuse_odd
    assert bench.drain.step()
    assert bench.stored() == [0.0, 2.0, 4.0, 6.0]
    letters = bench.spool.dead_letters(0, 100)
    assert len(letters) == 4
    assert {letter.reason for letter in letters} == {"store_refused"}
    assert letters[0].detail == "422: field type conflict: seq is odd"
    assert bench.progress.stored == 8
    # It can be replayed: it is written as its device could have sent it.
    decoded = canonical.decode(letters[0].topic, letters[0].payload, T0_MS, ZoneInfo("Asia/Shanghai"))
    assert decoded.telemetry == (a_telemetry(at_ms=T0_MS + 1, seq=1.0),)


def test_dead_letters_of_an_interrupted_write_are_not_kept_twice(bench: Bench) -> None:
    bench.spool_batches(4)
    calls = 0

    def refuse_then_leave(points: Sequence[Point]) -> Exception | None:
        nonlocal calls
        calls += 1
        return StoreUnavailable("away") if calls == 5 else refuse_odd(points)

    bench.store.fault = refuse_then_leave
    with pytest.raises(StoreUnavailable):
        bench.drain.step()
    assert bench.drain.step()
    assert len(bench.spool.dead_letters(0, 100)) == 2


@pytest.mark.parametrize("status", [401, 403, 404, 409])
def test_a_store_that_refuses_us_keeps_everything_waiting(bench: Bench, status: int) -> None:
    bench.spool_batches(3)
    asked: list[int] = []

    def refuse(points: Sequence[Point]) -> Exception:
        asked.append(len(points))
        return StoreRefused(status, "no")

    bench.store.fault = refuse
    with pytest.raises(StoreRefused):
        bench.drain.step()
    assert asked == [3]
    assert bench.waiting() == [1, 2, 3]
    assert bench.spool.dead_letters(0, 10) == []


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_store_that_refuses_us_is_an_alarm_with_its_words_until_it_takes_something(bench: Bench, status: int) -> None:
    bench.spool_batches(3)
    bench.store.fault = lambda _points: StoreRefused(status, f"InfluxDB answered {status}: no such thing")
    for _ in range(2):
        with pytest.raises(StoreRefused):
            bench.drain.step()
        assert bench.standing() == [("telemetry_store_refuses", f"InfluxDB answered {status}: no such thing")]

    bench.store.fault = lambda _points: StoreUnavailable("restarting")
    with pytest.raises(StoreUnavailable):
        bench.drain.step()
    assert [kind for kind, _ in bench.standing()] == ["telemetry_store_refuses"]

    bench.store.fault = lambda _points: None
    bench.drain.step()
    assert bench.standing() == []
    assert bench.stored() == [0.0, 1.0, 2.0]


def test_bad_data_among_good_is_no_alarm(bench: Bench) -> None:
    bench.spool_batches(8)
    bench.store.fault = refuse_odd
    bench.drain.step()
    assert bench.standing() == []


def test_a_store_that_is_away_is_an_alarm_after_ten_seconds_and_gone_with_the_first_answer(bench: Bench) -> None:
    bench.spool_batches(8)
    bench.store.fault = lambda _points: StoreUnavailable("does not answer")
    for now_s, standing in ((0, []), (9, []), (10, [("telemetry_store_away", "does not answer")])):
        bench.now_s = now_s
        with pytest.raises(StoreUnavailable):
            bench.drain.step()
        assert bench.standing() == standing

    bench.store.fault = refuse_odd
    bench.drain.step()
    assert bench.standing() == []


def test_a_spool_that_is_out_of_reach_is_not_taken_for_the_store(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_spool: FaultySpool, _number: int, _limit: int) -> list[Batch]:
        raise StoreUnavailable("disk I/O error")

    monkeypatch.setattr(FaultySpool, "read_after", fail)
    for bench.now_s in (0, 60):
        with pytest.raises(StoreUnavailable):
            bench.drain.step()
    assert bench.standing() == []


def test_a_store_is_not_asked_before_the_time_that_it_asked_for(bench: Bench) -> None:
    bench.spool_batches(1)
    stop = Waits(rounds=2)
    asked = [timedelta(seconds=90), None]
    bench.store.fault = lambda _points: StoreUnavailable("busy", retry_after=asked.pop(0))
    bench.drain.run(stop)
    assert stop.waited == [90.0, 0.0]


def test_a_format_that_is_not_known_stops_the_drain_and_is_kept(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    stop = Event()

    def unknown(_number: int, _limit: int) -> list[Batch]:
        stop.set()
        raise UnknownFormat("batch 1: version 99")

    monkeypatch.setattr(FaultySpool, "read_after", lambda _spool, number, limit: unknown(number, limit))
    bench.drain.run(stop)
    assert "version 99" in caplog.text
    assert bench.progress.stored == 0


def test_a_store_that_refuses_us_is_asked_again_slowly(bench: Bench) -> None:
    bench.spool_batches(1)
    stop = Waits(rounds=3)
    bench.store.fault = lambda _points: StoreRefused(401, "unauthorized")
    bench.drain.run(stop)
    assert stop.waited == [30.0, 30.0, 30.0]
    assert bench.waiting() == [1]


def test_telemetry_that_makes_our_own_code_fail_is_cornered(bench: Bench) -> None:
    def crash_on_one(telemetry: TelemetryColumns) -> Sequence[Sequence[Point]]:
        if any(item.values.get("seq") == 1.0 for item in telemetry):
            raise ZeroDivisionError
        return pump_points(telemetry)

    bench.spool_batches(4)
    assert bench.anew(crash_on_one).step()
    assert bench.stored() == [0.0, 2.0, 3.0]
    assert [letter.reason for letter in bench.spool.dead_letters(0, 10)] == ["internal_error"]


def test_a_large_backlog_is_written_in_pieces(bench: Bench) -> None:
    for n in range(3):
        bench.spool.append([a_telemetry(at_ms=T0_MS + n * 4000 + i) for i in range(4000)], [], T0_MS)
    while bench.drain.step():
        pass
    assert max(bench.store.writes) <= 5000
    assert sum(bench.store.writes) == 12_000


def test_how_far_all_is_stored_is_reported_every_two_seconds(bench: Bench) -> None:
    bench.spool_batches(2)
    bench.progress.received_through_ms = T0_MS + 900
    bench.drain.step()
    # Of the last batch's millisecond more may come.
    assert bench.reported == [T0_MS]
    bench.drain.step()
    assert bench.reported == [T0_MS]
    bench.now_s = 2.0
    bench.drain.step()
    assert bench.reported == [T0_MS, T0_MS + 900]


def test_a_database_that_is_away_is_not_asked_with_every_step(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[float] = []

    def away_and_slow(_through_ms: int) -> None:
        asked.append(bench.now_s)
        bench.now_s += 10
        raise StoreUnavailable("locked")

    monkeypatch.setattr(bench.drain, "_report_stored", away_and_slow)
    bench.progress.received_through_ms = T0_MS
    while bench.now_s < 100:
        bench.spool_batches(1)
        bench.drain.step()
        bench.now_s += 1
    assert asked == [0, 42, 84]


def test_points_are_counted_by_measurement(bench: Bench) -> None:
    bench.spool_batches(3)
    bench.drain.step()
    value = bench.meter.registry.get_sample_value("iot_maint_points_stored_total", {"measurement": "pump"})
    assert value == 3


def depth_and_age(meter: PrometheusMeter) -> tuple[float | None, float | None]:
    read = meter.registry.get_sample_value
    return read("iot_maint_spool_batches"), read("iot_maint_spool_age_s")


def test_what_waits_is_seen_to_grow_while_the_store_is_away(bench: Bench) -> None:
    bench.store.fault = lambda _points: StoreUnavailable("away")
    for number, waited_s in ((1, 10), (2, 40)):
        bench.spool_batches(1, start=number - 1)
        bench.progress.note_spooled(number)
        bench.clock.advance(T0 + timedelta(seconds=waited_s))
        with pytest.raises(StoreUnavailable):
            bench.drain.step()
        assert depth_and_age(bench.meter) == (number, waited_s)

    bench.store.fault = lambda _points: None
    bench.drain.step()
    assert depth_and_age(bench.meter) == (0, 0)
    assert bench.meter.total("batches_stored") == 2


def test_nothing_waits_after_a_restart_with_an_empty_spool(bench: Bench) -> None:
    bench.spool_batches(3)
    bench.spool.delete_through(3)
    bench.progress.note_spooled(bench.spool.last_number())

    bench.drain.step()

    assert depth_and_age(bench.meter) == (0, 0)


def test_what_could_not_be_stored_is_let_go_although_its_error_is_a_circle(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[weakref.ref[TelemetryColumns]] = []
    stop = Event()

    def away(points: Sequence[Point]) -> StoreUnavailable:
        assert isinstance(points, PointColumns)
        kept.append(weakref.ref(points.telemetry))
        if len(kept) == 3:
            stop.set()
        error = StoreUnavailable("away")
        error.args = ("away", error)
        return error

    # From the file each time, as behind a backlog.
    monkeypatch.setattr("iot_maint.storage.recent_batches.RecentBatches.after", lambda *_: [])
    bench.spool_batches(4)
    bench.store.fault = away
    gc.collect()
    gc.disable()
    try:
        bench.drain.run(stop)
        assert [reference() for reference in kept] == [None, None, None]
    finally:
        gc.enable()
