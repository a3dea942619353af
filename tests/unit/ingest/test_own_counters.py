"""What the service's own counters are called in the telemetry store, and how many fields they may become."""

import re
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

import iot_maint
from iot_maint.clock import ReplayClock
from iot_maint.domain.errors import StoreUnavailable
from iot_maint.domain.telemetry import Point
from iot_maint.ingest.own_counters import DROPPED, REJECTED, STORES, CounterReporter, flatten
from iot_maint.metering import COUNTERS, GAUGES, PrometheusMeter
from iot_maint.storage.telemetry.sqlite import SqliteTelemetryStore
from tests.builders import T0
from tests.fakes import FaultyStore
from tests.ingest_builders import T0_MS

PACKAGE = Path(iot_maint.__file__).parent
ROOMS = [*(PACKAGE / "ingest").rglob("*.py"), PACKAGE / "services" / "admission.py"]
_REASON = re.compile(
    r"""(?:MalformedTelemetry\(|\breason=|dead_letter\(\w+,\ |_letter_of_\w+\(\w+\[0\],\ )\s*"(\w+)\"""", re.VERBOSE
)


@pytest.fixture
def meter() -> PrometheusMeter:
    return PrometheusMeter()


def test_a_counter_without_labels_keeps_its_name(meter: PrometheusMeter) -> None:
    meter.count("messages_received", 3)
    meter.set("spool_age_s", 1.5)

    fields = flatten(meter.samples())

    assert fields["messages_received"] == 3
    assert fields["spool_age_s"] == 1.5


def test_a_reason_gets_a_field_beside_the_total(meter: PrometheusMeter) -> None:
    meter.count("messages_rejected", 2, reason="not_json")
    meter.count("messages_rejected", reason="too_old")
    meter.count("values_dropped", 4, reason="null")
    meter.count("store_failures", store="spool")

    fields = flatten(meter.samples())

    assert fields["messages_rejected"] == 3
    assert fields["messages_rejected_not_json"] == 2
    assert fields["messages_rejected_too_old"] == 1
    assert fields["values_dropped_null"] == 4
    assert fields["store_failures_spool"] == 1


def test_what_never_occurred_is_a_total_of_zero(meter: PrometheusMeter) -> None:
    fields = flatten(meter.samples())

    assert set(fields) == {*COUNTERS, *GAUGES} - {"deliveries", "outbox_depth"}
    assert set(fields.values()) == {0.0}


def test_points_are_one_total_over_all_measurements(meter: PrometheusMeter) -> None:
    meter.count("points_stored", 5, measurement="pump")
    meter.count("points_stored", 2, measurement="elevator")

    fields = flatten(meter.samples())

    assert {name: value for name, value in fields.items() if name.startswith("points_stored")} == {"points_stored": 7}


def test_reasons_that_nobody_declared_share_one_field(meter: PrometheusMeter) -> None:
    for number in range(1000):
        meter.count("messages_rejected", reason=f"made_up_{number}")

    fields = flatten(meter.samples())

    assert fields["messages_rejected"] == fields["messages_rejected_other"] == 1000
    assert len(fields) <= len(COUNTERS) + len(GAUGES) + 1


def test_every_reason_in_the_code_is_declared() -> None:
    assert {reason for path in ROOMS for reason in _REASON.findall(path.read_text("utf-8"))} == REJECTED


def test_every_name_would_fit_unescaped() -> None:
    assert all(re.fullmatch(r"[a-z0-9_]+", label) for label in REJECTED | DROPPED | STORES)


class Bench:
    """A reporter on a real store that may be told to fail, and a clock that the test moves."""

    def __init__(self, folder: Path) -> None:
        self.meter, self.clock = PrometheusMeter(), ReplayClock(T0)
        self.store = FaultyStore(inner=SqliteTelemetryStore(folder / "telemetry.db"))
        tags = {"worker": "1", "installation": "0a1b2c3d"}
        self.reporter = CounterReporter(store=self.store, meter=self.meter, clock=self.clock, tags=tags)

    def report_at(self, seconds: int) -> None:
        self.clock.advance(T0 + timedelta(seconds=seconds))
        self.reporter.report()

    def stored(self, field: str) -> list[tuple[int, float | str]]:
        """(seconds, value) of one field."""
        points = self.store.read_events("ingest", T0_MS, T0_MS + 3_600_000)
        return [((point.at_ms - T0_MS) // 1000, point.fields[field]) for point in points if field in point.fields]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.store.close()


def test_a_report_is_a_point_of_the_worker_at_the_service_s_time(bench: Bench) -> None:
    bench.meter.count("messages_received", 7)
    bench.report_at(15)

    [point] = bench.store.read_events("ingest", T0_MS, T0_MS + 3_600_000)
    assert point.tags["worker"] == "1"
    assert point.tags["installation"] == "0a1b2c3d"
    assert point.at_ms == T0_MS + 15_000
    assert point.fields["messages_received"] == 7


def test_a_reason_that_occurs_for_the_first_time_was_zero_at_the_report_before(bench: Bench) -> None:
    bench.report_at(0)
    bench.meter.count("messages_rejected", 5, reason="not_json")
    bench.report_at(15)
    bench.report_at(30)

    assert bench.stored("messages_rejected_not_json") == [(0, 0), (15, 5), (30, 5)]
    assert bench.stored("messages_rejected") == [(0, 0), (15, 5), (30, 5)]


def test_a_store_that_is_away_costs_one_report_and_no_more(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    def away(_points: Sequence[Point]) -> Exception:
        return StoreUnavailable("away")

    bench.store.fault = away
    bench.report_at(0)
    bench.store.fault = lambda _points: None
    bench.report_at(15)

    assert bench.stored("messages_received") == [(15, 0)]
    assert "own counters were not stored: away" in caplog.text
