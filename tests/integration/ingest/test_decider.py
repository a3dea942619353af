from threading import Event

import pytest

from iot_maint.domain.errors import StoreUnavailable, UnknownFormat
from iot_maint.domain.telemetry import Batch
from iot_maint.ingest.decider import Decider
from iot_maint.ingest.progress import Progress
from iot_maint.metering import PrometheusMeter
from tests.fakes import FaultySpool, NotingMonitor
from tests.ingest_builders import T0_MS, a_telemetry, no_waiting


class Bench:
    """A decider on a real spool, with rules that may be told to fail."""

    def __init__(self, spool: FaultySpool, meter: PrometheusMeter) -> None:
        self.spool, self.meter = spool, meter
        self.monitor = NotingMonitor()
        self.progress = Progress()
        self.now_s = 0.0
        self.decider = Decider(
            spool=spool,
            monitoring=self.monitor,
            progress=self.progress,
            meter=meter,
            backoff=no_waiting(),
            monotonic=lambda: self.now_s,
        )

    def spool_batches(self, count: int) -> None:
        for n in range(count):
            self.spool.append([a_telemetry(f"P-{n}"), a_telemetry(f"Q-{n}")], [], T0_MS)

    def decided(self) -> list[tuple[int, list[str]]]:
        return [(batch.number, [item.equipment for item in batch.telemetry]) for batch in self.monitor.handled]


@pytest.fixture
def bench(spool: FaultySpool, meter: PrometheusMeter) -> Bench:
    return Bench(spool, meter)


def test_batches_are_decided_in_order_from_the_checkpoint_on(bench: Bench) -> None:
    bench.spool_batches(3)
    bench.monitor.covered = 1
    assert bench.decider.resume(Event())
    assert bench.progress.covered == 1
    assert bench.decider.step(Event())
    assert bench.decided() == [(2, ["P-1", "Q-1"]), (3, ["P-2", "Q-2"])]
    assert not bench.decider.step(Event())


def test_a_checkpoint_is_saved_every_two_seconds_of_real_time(bench: Bench) -> None:
    bench.spool_batches(2)
    bench.decider.step(Event())
    assert bench.monitor.checkpoints == []
    bench.now_s = 2.0
    bench.decider.step(Event())
    assert bench.monitor.checkpoints == [2]
    assert bench.progress.covered == 2
    bench.now_s = 4.0
    bench.decider.step(Event())
    assert bench.monitor.checkpoints == [2]


def test_no_more_than_a_tenth_of_the_time_goes_into_checkpoints(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    saved_at: list[float] = []

    def take_a_second(_monitor: NotingMonitor, _number: int) -> None:
        saved_at.append(bench.now_s)
        bench.now_s += 1.0

    monkeypatch.setattr(NotingMonitor, "checkpoint", take_a_second)
    for bench.now_s in (2.0, 11.5, 12.0):
        bench.spool_batches(1)
        bench.decider.step(Event())

    assert saved_at == [2.0, 12.0]


def test_the_end_saves_a_last_checkpoint(bench: Bench) -> None:
    bench.spool_batches(2)
    stop = Event()

    def stop_at_the_second(batch: Batch) -> None:
        if batch.number == 2:
            stop.set()

    bench.monitor.fault = stop_at_the_second
    bench.decider.run(stop)
    assert bench.monitor.checkpoints == [2]


def test_a_checkpoint_that_fails_is_tried_again_and_covers_nothing(bench: Bench) -> None:
    bench.spool_batches(1)
    bench.monitor.checkpoint_faults = [StoreUnavailable("locked"), ValueError("a fault of ours")]
    for now_s in (2.0, 4.0):
        bench.now_s = now_s
        bench.decider.step(Event())
        assert bench.progress.covered == 0
    bench.now_s = 6.0
    bench.decider.step(Event())
    assert bench.progress.covered == 1


def test_a_database_that_is_away_delays_the_start_and_each_decision(bench: Bench) -> None:
    bench.spool_batches(2)
    bench.monitor.start_faults = [StoreUnavailable("away"), StoreUnavailable("away")]
    faults: list[Exception | None] = [None, StoreUnavailable("locked"), StoreUnavailable("locked"), None]
    bench.monitor.fault = lambda _batch: faults.pop(0)
    assert bench.decider.resume(Event())
    bench.decider.step(Event())
    assert [number for number, _ in bench.decided()] == [1, 2]
    assert bench.meter.registry.get_sample_value("iot_maint_store_failures_total", {"store": "database"}) == 4


def test_a_database_that_is_away_does_not_hold_up_the_end(bench: Bench) -> None:
    bench.spool_batches(1)
    stop = Event()

    def away(_batch: Batch) -> Exception:
        stop.set()
        return StoreUnavailable("away")

    bench.monitor.fault = away
    bench.decider.run(stop)
    assert bench.progress.decided == 0
    assert bench.monitor.checkpoints == []


def test_equipment_on_which_the_rules_fail_does_not_stop_the_others(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.spool_batches(2)

    def fail_on_p0(batch: Batch) -> Exception | None:
        return ZeroDivisionError("rule") if any(item.equipment == "P-0" for item in batch.telemetry) else None

    bench.monitor.fault = fail_on_p0
    bench.decider.step(Event())
    assert bench.decided() == [(1, ["Q-0"]), (2, ["P-1", "Q-1"])]
    assert bench.progress.decided == 2
    assert "equipment P-0" in caplog.text
    assert bench.meter.registry.get_sample_value("iot_maint_batches_skipped_total") == 1


def test_a_format_that_is_not_known_stops_deciding_and_is_named(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    stop = Event()

    def unknown() -> list[Batch]:
        stop.set()
        raise UnknownFormat("batch 1: version 99")

    monkeypatch.setattr(FaultySpool, "read_after", lambda _spool, _number, _limit: unknown())
    bench.decider.run(stop)
    assert "version 99" in caplog.text


def test_a_checkpoint_ahead_of_the_spool_skips_no_batch_that_is_still_to_come(bench: Bench) -> None:
    """As after a data directory was put back from a copy: its numbers are given once more."""
    bench.spool_batches(2)
    bench.monitor.covered = 5
    assert bench.decider.resume(Event())
    bench.spool_batches(1)
    assert bench.decider.step(Event())
    assert [number for number, _ in bench.decided()] == [3]


def test_the_time_that_deciding_takes_is_added_up_without_the_waiting(bench: Bench, meter: PrometheusMeter) -> None:
    bench.spool_batches(2)
    away = [StoreUnavailable("away")]

    def take_a_quarter(_batch: Batch) -> Exception | None:
        bench.now_s += 0.25
        return away.pop() if away else None

    bench.monitor.fault = take_a_quarter
    bench.decider.step(Event())

    assert meter.total("decide_s") == 0.5
