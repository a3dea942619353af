"""What every telemetry store does alike: real InfluxDB and SQLite, one suite."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from iot_maint.domain.ports import TelemetryStore
from iot_maint.domain.queries import SeriesQuery, SeriesSample, Statistic
from iot_maint.domain.telemetry import Point
from iot_maint.storage.telemetry import open_telemetry_store
from iot_maint.storage.telemetry.line_protocol import stored_field

T0 = 1_767_225_600_000
AWKWARD_CODES = [
    "P-01",
    "1号 水泵",
    'a"b',
    "a'b",
    "a,b",
    "a=b",
    "a\\b",
    "a\\ b",
    "a\\\\,=b",
    "泵😀",
    "a/b",
    "a;b--",
    "$x",
]


@pytest.fixture(params=["influxdb", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[TelemetryStore]:
    if request.param == "influxdb":
        url = request.getfixturevalue("influxdb").telemetry_url
    else:
        url = f"sqlite:///{tmp_path / 'telemetry.db'}"
    opened = open_telemetry_store(url)
    yield opened
    opened.close()


def a_point(
    at_ms: int = T0, equipment: str = "P-01", site: str = "north", measurement: str = "pump", **fields: float
) -> Point:
    return Point(
        measurement=measurement,
        tags={"site": site, "equipment": equipment},
        at_ms=at_ms,
        fields=fields or {"vib_rms": 2.1},
    )


def a_query(*metrics: str, equipment: str = "P-01", every: timedelta | None = None, limit: int = 10_000) -> SeriesQuery:
    return SeriesQuery(
        measurement="pump",
        equipment=equipment,
        metrics=metrics or ("vib_rms",),
        start_ms=T0,
        end_ms=T0 + 3_600_000,
        every=every,
        limit=limit,
    )


def values_of(samples: list[SeriesSample]) -> list[tuple[str, int, float]]:
    return [(sample.metric, sample.at_ms - T0, sample.value) for sample in samples]


def all_points(store: TelemetryStore, measurement: str, site: str, equipment: str) -> list[Point]:
    return [point for chunk in store.read_points(measurement, site, equipment) for point in chunk]


def test_what_was_written_is_read_back_in_time_order(store: TelemetryStore) -> None:
    store.write([a_point(T0 + 5_000, vib_rms=2.2, running=1.0), a_point(T0, vib_rms=2.1)])

    assert values_of(store.read_series(a_query("vib_rms", "running"))) == [
        ("vib_rms", 0, 2.1),
        ("vib_rms", 5_000, 2.2),
        ("running", 5_000, 1.0),
    ]


def test_the_span_is_half_open(store: TelemetryStore) -> None:
    store.write([a_point(T0 - 1), a_point(T0), a_point(T0 + 3_599_999), a_point(T0 + 3_600_000)])

    assert [sample.at_ms - T0 for sample in store.read_series(a_query())] == [0, 3_599_999]


def test_the_same_point_twice_is_one_and_the_later_value_stands(store: TelemetryStore) -> None:
    store.write([a_point(vib_rms=2.0)])
    store.write([a_point(vib_rms=2.0)])
    store.write([a_point(vib_rms=2.5), a_point(vib_rms=2.6)])

    assert values_of(store.read_series(a_query())) == [("vib_rms", 0, 2.6)]


def test_a_later_write_adds_metrics_to_an_instant_and_keeps_the_others(store: TelemetryStore) -> None:
    store.write([a_point(vib_rms=2.0)])
    store.write([a_point(flow=7.0)])

    assert [point.fields for point in all_points(store, "pump", "north", "P-01")] == [{"vib_rms": 2.0, "flow": 7.0}]


def test_a_whole_number_and_then_a_fraction_do_not_conflict(store: TelemetryStore) -> None:
    store.write([a_point(T0, vib_rms=5)])
    store.write([a_point(T0 + 1, vib_rms=5.1)])
    store.write([a_point(T0 + 2, vib_rms=True)])

    assert [sample.value for sample in store.read_series(a_query())] == [5.0, 5.1, 1.0]


@pytest.mark.parametrize("value", [0.0, -0.0, 1e16, 5e-324, -1.7976931348623157e308, 0.1 + 0.2])
def test_every_finite_number_comes_back_to_the_last_bit(store: TelemetryStore, value: float) -> None:
    store.write([a_point(vib_rms=value)])

    assert [sample.value for sample in store.read_series(a_query())] == [value]


def test_a_number_that_is_none_is_left_out_and_its_neighbours_are_kept(store: TelemetryStore) -> None:
    store.write([a_point(vib_rms=float("nan"), flow=float("inf")), a_point(vib_rms=float("-inf"), pressure=0.4)])

    assert set(store.read_last("pump", "P-01")) == {"pressure"}


@pytest.mark.parametrize("code", AWKWARD_CODES)
def test_awkward_codes_are_stored_and_found_as_they_are(store: TelemetryStore, code: str) -> None:
    store.write([a_point(equipment=code, site=code), a_point(equipment="another", site=code, vib_rms=9.0)])

    assert values_of(store.read_series(a_query(equipment=code))) == [("vib_rms", 0, 2.1)]
    assert store.read_last("pump", code)["vib_rms"].value == 2.1
    assert [point.tags for point in all_points(store, "pump", code, code)] == [{"site": code, "equipment": code}]
    assert {point.tags["equipment"] for point in store.read_events("pump", T0, T0 + 1)} == {code, "another"}


@pytest.mark.parametrize("code", ["a\\", "a\nb", "a\x00b", "a\r\n", "#a", "\\\\"])
def test_codes_that_line_protocol_cannot_write_are_still_found_by_their_own_name(
    store: TelemetryStore, code: str
) -> None:
    store.write([a_point(equipment=code, site=code), a_point(equipment="another")])

    assert values_of(store.read_series(a_query(equipment=code))) == [("vib_rms", 0, 2.1)]
    assert len(all_points(store, "pump", code, code)) == 1


@pytest.mark.parametrize("metric", [*AWKWARD_CODES, "time", "site", "equipment", "a\nb", "a\\", "mean", "1"])
def test_awkward_metrics_are_stored_and_found(store: TelemetryStore, metric: str) -> None:
    store.write([replace(a_point(), fields={metric: 3.5})])

    assert values_of(store.read_series(a_query(metric))) == [(metric, 0, 3.5)]
    assert [sample.value for sample in store.read_last("pump", "P-01").values()] == [3.5]
    [point] = all_points(store, "pump", "north", "P-01")
    assert list(point.fields.values()) == [3.5]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    site=st.text(min_size=1, max_size=20),
    equipment=st.text(min_size=1, max_size=20),
    metric=st.text(min_size=1, max_size=20),
    value=st.floats(allow_nan=False, allow_infinity=False),
    at_ms=st.integers(T0, T0 + 3_599_999),
)
def test_any_names_and_any_value_round_trip(
    store: TelemetryStore, site: str, equipment: str, metric: str, value: float, at_ms: int
) -> None:
    store.write([replace(a_point(at_ms, equipment, site), fields={metric: value})])

    found = store.read_series(a_query(metric, equipment=equipment))
    assert (metric, at_ms, value) in [(sample.metric, sample.at_ms, sample.value) for sample in found]
    assert any(point.at_ms == at_ms for point in all_points(store, "pump", site, equipment))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    measurement=st.text(min_size=1, max_size=20),
    fields=st.dictionaries(
        st.text(min_size=1, max_size=20), st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=5
    ),
)
def test_several_metrics_of_any_measurement_are_found_by_their_own_names(
    store: TelemetryStore, measurement: str, fields: dict[str, float]
) -> None:
    # Names whose stand-ins are one (a newline, and its picture) are one field: which of both it was is not kept.
    assume(len({stored_field(name) for name in fields}) == len(fields))
    store.write([Point(measurement=measurement, tags={"site": "n", "equipment": "P"}, at_ms=T0, fields=fields)])

    query = replace(a_query(*fields, equipment="P"), measurement=measurement)
    found = {sample.metric: sample.value for sample in store.read_series(query) if sample.at_ms == T0}
    assert found == fields
    assert set(fields.values()) <= {sample.value for sample in store.read_last(measurement, "P").values()}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    equipment=st.text(alphabet=st.sampled_from(list("P1 ,=\\\"'#;$/()-\n泵")), min_size=1, max_size=8),
    metric=st.text(alphabet=st.sampled_from(list("v ,=\\\"';()*/-\n时")), min_size=1, max_size=8),
)
def test_signs_of_the_languages_themselves_stay_within_their_names(
    store: TelemetryStore, equipment: str, metric: str
) -> None:
    store.write([replace(a_point(equipment=equipment), fields={metric: 7.5})])
    store.write([replace(a_point(equipment=f"{equipment}x"), fields={metric: 9.5})])

    assert values_of(store.read_series(a_query(metric, equipment=equipment))) == [(metric, 0, 7.5)]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(title=st.text(max_size=40), mode=st.text(max_size=10))
def test_any_text_of_an_event_round_trips(store: TelemetryStore, title: str, mode: str) -> None:
    tags = {"site": "north", "equipment": "P-01", "fault_mode": mode, "event": "opened"}
    store.write([Point(measurement="work_order_event", tags=tags, at_ms=T0, fields={"title": title, "number": "WO-1"})])

    texts = [point.fields["title"] for point in store.read_events("work_order_event", T0, T0 + 1)]
    assert title in texts


def test_events_come_back_with_all_tags_and_texts_in_time_order(store: TelemetryStore) -> None:
    def event(at_ms: int, kind: str) -> Point:
        return Point(
            measurement="work_order_event",
            tags={"site": "北区", "equipment": "P-01", "fault_mode": "bearing", "urgency": "2", "event": kind},
            at_ms=at_ms,
            fields={"number": "WO-20260101-0001", "title": '1号泵 "轴承"\n过热, a=b'},
        )

    events = [event(T0, "opened"), event(T0, "urgency_raised"), event(T0 + 1, "opened")]
    store.write(events[::-1])

    found = store.read_events("work_order_event", T0, T0 + 2)
    assert sorted(found, key=lambda point: (point.at_ms, point.tags["event"])) == events
    assert [point.at_ms for point in found] == [T0, T0, T0 + 1]
    assert store.read_events("work_order_event", T0 + 2, T0 + 9) == []


def test_the_last_sample_of_each_metric_has_its_own_time(store: TelemetryStore) -> None:
    store.write([a_point(T0, vib_rms=2.0, flow=7.0), a_point(T0 + 9, vib_rms=2.4), a_point(T0 + 4, vib_rms=9.9)])
    store.write([a_point(T0 + 50, equipment="P-02", pressure=1.0)])

    assert store.read_last("pump", "P-01") == {
        "vib_rms": SeriesSample(metric="vib_rms", at_ms=T0 + 9, value=2.4),
        "flow": SeriesSample(metric="flow", at_ms=T0, value=7.0),
    }


def test_means_stand_at_the_start_of_their_windows(store: TelemetryStore) -> None:
    store.write([a_point(T0 + second * 1_000, vib_rms=float(second)) for second in (0, 10, 59, 60, 130)])

    means = store.read_series(a_query(every=timedelta(minutes=1)))
    assert values_of(means) == [("vib_rms", 0, 23.0), ("vib_rms", 60_000, 60.0), ("vib_rms", 120_000, 130.0)]


def test_medians_stand_at_the_start_of_their_windows_and_no_outlier_moves_them(store: TelemetryStore) -> None:
    values = [(0, 1.0), (10_000, 900.0), (20_000, 2.0), (60_000, 5.0), (70_000, 6.0), (80_000, 7.0), (90_000, 90.0)]
    store.write([a_point(T0 + at_ms, vib_rms=value) for at_ms, value in values])
    query = replace(a_query(every=timedelta(minutes=1)), statistic=Statistic.MEDIAN)
    assert values_of(store.read_series(query)) == [("vib_rms", 0, 2.0), ("vib_rms", 60_000, 6.5)]


def test_a_gate_lets_pass_what_came_at_one_instant_with_a_value_above_zero(store: TelemetryStore) -> None:
    rows = [(0, 1.0, 0.0), (10_000, 2.0, 1.0), (20_000, 4.0, 1.0), (30_000, 9.0, 0.0)]
    store.write([a_point(T0 + at_ms, vib_rms=value, running=running) for at_ms, value, running in rows])
    store.write([a_point(T0 + 40_000, vib_rms=50.0), a_point(T0 + 10_000, site="south", vib_rms=70.0)])
    gated = replace(a_query(), gate="running")
    assert values_of(store.read_series(gated)) == [("vib_rms", 10_000, 2.0), ("vib_rms", 20_000, 4.0)]
    medians = replace(gated, every=timedelta(minutes=1), statistic=Statistic.MEDIAN)
    assert values_of(store.read_series(medians)) == [("vib_rms", 0, 3.0)]
    assert store.read_series(replace(gated, gate="unheard_of")) == []


def test_the_first_mean_covers_only_what_was_asked(store: TelemetryStore) -> None:
    store.write([a_point(T0 - 1_000, vib_rms=100.0), a_point(T0 + 1_000, vib_rms=2.0)])

    [mean] = store.read_series(a_query(every=timedelta(seconds=7)))
    assert mean.value == 2.0
    assert mean.at_ms == (T0 + 1_000) // 7_000 * 7_000


def test_the_limit_counts_each_metric_by_itself_from_the_start(store: TelemetryStore) -> None:
    store.write([a_point(T0 + at_ms, vib_rms=float(at_ms), flow=1.0) for at_ms in range(5)])

    assert values_of(store.read_series(a_query("vib_rms", "flow", limit=2))) == [
        ("vib_rms", 0, 0.0),
        ("flow", 0, 1.0),
        ("vib_rms", 1, 1.0),
        ("flow", 1, 1.0),
    ]
    assert len(store.read_series(a_query(every=timedelta(milliseconds=1), limit=3))) == 3


def test_points_for_copying_are_complete_and_come_in_bounded_chunks(store: TelemetryStore) -> None:
    written = [
        a_point(T0 + at_ms, vib_rms=at_ms / 8) if at_ms % 3 else a_point(T0 + at_ms, vib_rms=at_ms / 8, flow=1.5)
        for at_ms in range(4_500)
    ]
    store.write(written)
    store.write([a_point(equipment="P-02", vib_rms=9.0), a_point(site="south", vib_rms=9.0)])

    chunks = list(store.read_points("pump", "north", "P-01"))
    assert [point for chunk in chunks for point in chunk] == written
    assert max(len(chunk) for chunk in chunks) <= 2_000


def test_a_large_answer_is_not_cut(store: TelemetryStore) -> None:
    store.write([a_point(T0 + at_ms, vib_rms=float(at_ms)) for at_ms in range(25_000)])

    assert len(store.read_series(a_query(limit=100_000))) == 25_000


def test_what_was_never_written_is_empty_not_an_error(store: TelemetryStore) -> None:
    assert store.read_series(a_query()) == []
    assert store.read_series(a_query(every=timedelta(minutes=1))) == []
    assert store.read_last("pump", "P-01") == {}
    assert list(store.read_points("pump", "north", "P-01")) == []
    assert store.read_events("work_order_event", 0, T0) == []
    store.write([])
    store.write([Point(measurement="pump", tags={"site": "north", "equipment": "P-01"}, at_ms=T0, fields={})])
    assert store.read_last("pump", "P-01") == {}


def test_points_without_a_tag_come_back_without_it(store: TelemetryStore) -> None:
    store.write([Point(measurement="ingest", tags={"site": ""}, at_ms=T0, fields={"messages": 3.0})])

    assert store.read_events("ingest", T0, T0 + 1) == [
        Point(measurement="ingest", tags={}, at_ms=T0, fields={"messages": 3.0})
    ]


def test_a_store_that_is_well_passes_its_check_and_keeps_nothing_of_it(store: TelemetryStore) -> None:
    store.check()

    assert store.read_last("pump", "P-01") == {}
