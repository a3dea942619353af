"""What every telemetry store tells of its history in columns: real InfluxDB and SQLite, one suite."""

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from iot_maint.domain.history import HistorySpan
from iot_maint.domain.telemetry import Point
from iot_maint.storage.telemetry import InfluxTelemetryStore, SqliteTelemetryStore, influx_reader, open_telemetry_store

T0 = 1_767_225_600_000
Store = InfluxTelemetryStore | SqliteTelemetryStore


@pytest.fixture(params=["influxdb", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    if request.param == "influxdb":
        url = request.getfixturevalue("influxdb").telemetry_url
    else:
        url = f"sqlite:///{tmp_path / 'telemetry.db'}"
    opened = open_telemetry_store(url)
    yield opened
    opened.close()


def a_point(at_ms: int, equipment: str = "P-01", site: str = "north", **fields: float) -> Point:
    return Point(measurement="pump", tags={"site": site, "equipment": equipment}, at_ms=at_ms, fields=fields)


def test_rows_have_a_column_for_each_metric_that_has_a_value_there(store: Store) -> None:
    store.write([a_point(T0, vib_rms=2.1, running=1.0), a_point(T0 + 60_000, vib_rms=2.2), a_point(T0, "P-02", v=9.0)])

    rows = store.read_rows("pump", "north", "P-01", ["running", "vib_rms", "bearing_temp"], T0, T0 + 120_000)

    assert rows.metrics == ("running", "vib_rms")
    assert rows.at_ms.tolist() == [T0, T0 + 60_000]
    np.testing.assert_array_equal(rows.values, [[1.0, 2.1], [math.nan, 2.2]])


def test_rows_are_of_the_asked_time_half_open_and_of_the_asked_site(store: Store) -> None:
    store.write([a_point(T0 + second * 1000, vib_rms=float(second)) for second in range(5)])
    store.write([a_point(T0 + 1000, site="south", vib_rms=77.0)])

    rows = store.read_rows("pump", "north", "P-01", ["vib_rms"], T0 + 1000, T0 + 4000)

    assert rows.values[:, 0].tolist() == [1.0, 2.0, 3.0]


def test_where_nothing_rests_there_are_no_rows_and_no_span(store: Store) -> None:
    store.write([a_point(T0, vib_rms=2.1)])

    assert len(store.read_rows("pump", "north", "P-09", ["vib_rms"], T0, T0 + 1000)) == 0
    assert len(store.read_rows("pump", "north", "P-01", [], T0, T0 + 1000)) == 0
    assert store.read_span("pump", "north", "P-09", ["vib_rms"]) is None
    assert store.read_span("pump", "north", "P-01", []) is None


def test_the_span_is_from_the_first_to_the_last_of_any_of_the_metrics(store: Store) -> None:
    store.write([a_point(T0, vib_rms=2.1), a_point(T0 + 5000, running=1.0), a_point(T0 + 9000, other=1.0)])

    assert store.read_span("pump", "north", "P-01", ["vib_rms", "running"]) == HistorySpan(
        first_ms=T0, last_ms=T0 + 5000
    )


def test_more_rows_than_a_page_of_influxdb_are_all_read(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(influx_reader, "_ROWS_A_PAGE", 3)
    store.write([a_point(T0 + second * 1000, vib_rms=float(second)) for second in range(10)])

    rows = store.read_rows("pump", "north", "P-01", ["vib_rms"], T0, T0 + 60_000)

    assert rows.values[:, 0].tolist() == [float(second) for second in range(10)]


@settings(suppress_health_check=list(HealthCheck), deadline=None, max_examples=15, derandomize=True)
@given(values=st.lists(st.floats(allow_nan=False, allow_infinity=False, width=64), min_size=1, max_size=20))
def test_every_number_comes_back_to_the_last_bit(store: Store, values: list[float]) -> None:
    store.write([a_point(T0 + place * 1000, exact=value) for place, value in enumerate(values)])

    rows = store.read_rows("pump", "north", "P-01", ["exact"], T0, T0 + len(values) * 1000)

    assert rows.values[:, 0].tolist() == values
