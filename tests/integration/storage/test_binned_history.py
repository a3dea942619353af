"""Histories in bins, which models learn from: real InfluxDB and SQLite give the same, one suite."""

from collections.abc import Iterator

import numpy as np
import pytest

from iot_maint.domain.ports import TelemetryStore
from iot_maint.domain.queries import BinnedMetric, BinQuery
from iot_maint.domain.telemetry import Point
from iot_maint.storage.telemetry import open_telemetry_store

T0 = 1_767_225_600_000
MINUTE = 60_000
NAN = float("nan")


@pytest.fixture(params=["influxdb", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TelemetryStore]:
    if request.param == "influxdb":
        url = request.getfixturevalue("influxdb").telemetry_url
    else:
        url = f"sqlite:///{tmp_path_factory.mktemp('store') / 'telemetry.db'}"
    opened = open_telemetry_store(url)
    yield opened
    opened.close()


def write(
    store: TelemetryStore, *values: tuple[int, float], metric: str = "vib_rms", code: str = "P-01", site: str = "north"
) -> None:
    tags = {"site": site, "equipment": code}
    store.write(
        [Point(measurement="pump", tags=tags, at_ms=T0 + after, fields={metric: value}) for after, value in values]
    )


def a_query(*metrics: BinnedMetric, bins: int = 4, code: str = "P-01", start_ms: int = T0) -> BinQuery:
    return BinQuery(
        measurement="pump",
        equipment=code,
        metrics=metrics or (BinnedMetric(name="vib_rms"),),
        start_ms=start_ms,
        end_ms=start_ms + bins * MINUTE,
        bin_ms=MINUTE,
    )


def test_a_bin_is_the_mean_of_its_values_and_an_empty_one_is_nan(store: TelemetryStore) -> None:
    write(store, (0, 1.0), (59_999, 2.0), (60_000, 5.0), (180_000, 7.0), (240_000, 9.0))

    bins = store.read_bins(a_query())

    assert (bins.start_ms, bins.bin_ms) == (T0, MINUTE)
    np.testing.assert_array_equal(bins.values, [[1.5], [5.0], [NAN], [7.0]])


def test_metrics_stand_side_by_side_in_the_asked_order(store: TelemetryStore) -> None:
    write(store, (0, 1.0))
    write(store, (0, 20.0), (60_000, 21.0), metric="bearing_temp")

    asked = (BinnedMetric(name="bearing_temp"), BinnedMetric(name="never_sent"), BinnedMetric(name="vib_rms"))

    np.testing.assert_array_equal(store.read_bins(a_query(*asked, bins=2)).values, [[20.0, NAN, 1.0], [21.0, NAN, NAN]])


def test_a_value_that_cannot_be_is_in_no_mean(store: TelemetryStore) -> None:
    write(store, (0, 1.0), (1_000, -5.0), (2_000, 1e9), (60_000, 2e9), (120_000, 0.0), (120_001, 1e-7), (180_000, 10.0))

    bins = store.read_bins(a_query(BinnedMetric(name="vib_rms", minimum=1e-7, maximum=10.0)))

    np.testing.assert_array_equal(bins.values, [[1.0], [NAN], [1e-7], [10.0]])


def test_other_equipment_is_left_out_and_a_code_that_moved_between_sites_is_one(store: TelemetryStore) -> None:
    write(store, (0, 1.0))
    write(store, (1_000, 3.0), site="south")
    write(store, (0, 100.0), code="P-02")

    np.testing.assert_array_equal(store.read_bins(a_query(bins=1)).values, [[2.0]])


@pytest.mark.parametrize("code", ["1号 水泵", "a'b", 'a"b', "a\\"])
def test_awkward_codes_have_histories_too(store: TelemetryStore, code: str) -> None:
    write(store, (0, 1.0), code=code)

    np.testing.assert_array_equal(store.read_bins(a_query(bins=1, code=code)).values, [[1.0]])


def test_bins_before_1970_are_where_they_belong(store: TelemetryStore) -> None:
    tags = {"site": "north", "equipment": "P-01"}
    store.write([Point(measurement="pump", tags=tags, at_ms=-90_000, fields={"vib_rms": 4.0})])

    np.testing.assert_array_equal(store.read_bins(a_query(bins=2, start_ms=-2 * MINUTE)).values, [[4.0], [NAN]])


def test_nothing_at_all_is_bins_of_nan(store: TelemetryStore) -> None:
    bins = store.read_bins(a_query())

    assert bins.values.shape == (4, 1)
    assert np.isnan(bins.values).all()


def test_a_long_history_comes_whole_over_the_edges_of_answers(store: TelemetryStore) -> None:
    many = 45_000
    write(store, *((number * MINUTE, float(number)) for number in range(many)))

    values = store.read_bins(a_query(bins=many)).values

    np.testing.assert_array_equal(values[:, 0], np.arange(many, dtype=np.float64))


def test_a_span_off_the_edges_of_bins_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="edges of bins"):
        a_query(start_ms=T0 + 1)
