"""What the listener adds up in arrays is what one reading after the other comes to, however the stream is cut."""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from iot_maint.catalog import load_catalog
from iot_maint.domain.catalog import Metric
from iot_maint.domain.columns import TelemetryColumns
from iot_maint.domain.telemetry import Rejection, Telemetry, TimestampSource
from iot_maint.metering import PrometheusMeter
from iot_maint.services.quality.listener import NEAR_INTERVALS, Listener
from iot_maint.services.quality.slots import LAGS
from iot_maint.services.roster import Roster
from iot_maint.storage.relational.database import RelationalDatabase
from tests.builders import an_equipment
from tests.decide_path import register
from tests.ingest_builders import a_telemetry
from tests.silence_stories import T0_MS

CATALOG = load_catalog()
CODES = {"P-1": "P-1", "P-2": "P-2", "OLD": "P-2"}
METRICS = {
    "bearing_temp": [60.0, 61.0, 75.0, 200.0, 400.0, -60.0, -9999.0],
    "vib_rms": [0.0, 2.0, 900.0, 1001.0],
    "running": [0.0, 1.0],
    "pressure_spike": [1.0, 1.2, 101.0],
    "unheard_of": [1.0, 2.0],
}
STEP = {"bearing_temp": 100.0, "vib_rms": 500.0}


@dataclass
class Series:
    """One series, reading by reading."""

    heard_ms: int = 0
    at_ms: int = 0
    value: float | None = None
    unchanged_since_ms: int = 0
    gaps: list[int] = field(default_factory=lambda: [0, 0])
    readings: int = 0
    out_of_range: int = 0
    jumps: int = 0


@dataclass
class Reference:
    """The same definitions, in plain Python."""

    metrics: dict[str, Metric]
    series: dict[tuple[str, str], Series] = field(default_factory=dict)
    lags: dict[str, list[int]] = field(default_factory=dict)
    heard: dict[str, int] = field(default_factory=dict)

    def hear(self, item: Telemetry) -> None:
        code = CODES.get(item.equipment)
        if code is None or item.retained:
            return
        self.heard[code] = item.received_at_ms
        if item.ts_source is TimestampSource.DEVICE:
            self.lags.setdefault(code, []).append(item.received_at_ms - item.at_ms)
        for name, value in item.values.items():
            metric = self.metrics.get(name)
            if metric is not None and value not in metric.sentinels:
                self._read(self.series.setdefault((code, name), Series()), metric, item, value)

    def _read(self, series: Series, metric: Metric, item: Telemetry, value: float) -> None:
        series.heard_ms = item.received_at_ms
        if item.at_ms <= series.at_ms:
            return
        low = metric.minimum if metric.minimum is not None else -np.inf
        high = metric.maximum if metric.maximum is not None else np.inf
        possible, first = low <= value <= high, series.value is None
        gap = 0 if first else item.at_ms - series.at_ms
        series.out_of_range += not possible
        if series.value is not None and possible and low <= series.value <= high:
            near = metric.interval is None or gap <= NEAR_INTERVALS * metric.interval / timedelta(milliseconds=1)
            far = metric.max_step is not None and abs(value - series.value) > metric.max_step
            series.jumps += far and near
        if value != series.value:
            series.unchanged_since_ms = item.at_ms
        series.gaps = [series.gaps[1], gap]
        series.at_ms, series.value = item.at_ms, value
        series.readings += 1


PUMP = CATALOG.types["pump"]
METRICS_OF_A_PUMP = {name: replace(metric, max_step=STEP.get(name)) for name, metric in PUMP.metrics.items()}
WITH_STEPS = replace(CATALOG, types={**CATALOG.types, "pump": replace(PUMP, metrics=METRICS_OF_A_PUMP)})


@pytest.fixture
def database(empty_databases: Callable[[], RelationalDatabase]) -> RelationalDatabase:
    database = empty_databases()
    second = an_equipment("P-2")
    register(database, an_equipment("P-1"), second, replace(second, code="OLD", merged_into="P-2"))
    return database


@pytest.fixture
def roster(database: RelationalDatabase) -> Roster:
    roster = Roster(database, WITH_STEPS, timedelta(hours=1), monotonic=lambda: 0.0)
    roster.refresh()
    return roster


values = st.dictionaries(st.sampled_from(sorted(METRICS)), st.integers(0, 6), min_size=1).map(
    lambda chosen: {name: METRICS[name][index % len(METRICS[name])] for name, index in chosen.items()}
)


@st.composite
def messages(draw: st.DrawFn) -> Telemetry:
    received_ms = T0_MS + draw(st.integers(0, 2000)) * 1000
    return Telemetry(
        site=draw(st.sampled_from(["s1", "s1", "s1", "s1", "gate"])),
        equipment=draw(st.sampled_from([*CODES, "STRANGER"])),
        at_ms=received_ms - draw(st.sampled_from([-2000, 0, 0, 500, 60_000, 3_600_000])),
        received_at_ms=received_ms,
        values=draw(values),
        retained=draw(st.sampled_from([False] * 9 + [True])),
        ts_source=draw(st.sampled_from([TimestampSource.DEVICE] * 5 + [TimestampSource.RECEIVED])),
    )


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=200)
@given(st.lists(messages(), max_size=60), st.lists(st.integers(1, 60), max_size=10))
def test_arrays_and_plain_python_come_to_the_same(roster: Roster, stream: list[Telemetry], cuts: Sequence[int]) -> None:
    stream.sort(key=lambda item: item.received_at_ms)
    listener = Listener(roster, PrometheusMeter())
    reference = Reference(metrics=METRICS_OF_A_PUMP)
    edges = [0, *sorted({min(cut, len(stream)) for cut in cuts}), len(stream)]
    for begin, end in itertools.pairwise(edges):
        listener.observe(TelemetryColumns.of(stream[begin:end]))
    for item in stream:
        if item.site == "s1":
            reference.hear(item)

    found = {
        name: Series(
            heard_ms=int(listener.series.heard_ms[slot]),
            at_ms=int(listener.series.at_ms[slot]),
            value=float(listener.series.value[slot]),
            unchanged_since_ms=int(listener.series.unchanged_since_ms[slot]),
            gaps=[int(listener.series.gap_before_ms[slot]), int(listener.series.gap_ms[slot])],
            readings=int(listener.series.readings[slot]),
            out_of_range=int(listener.series.out_of_range[slot]),
            jumps=int(listener.series.jumps[slot]),
        )
        for slot, name in enumerate(listener.series.names)
        if listener.series.heard_ms[slot] > 0 and slot > 0
    }
    assert found == reference.series
    for slot, monitored in enumerate(listener.equipment.monitored):
        if monitored is None:
            continue
        lags = reference.lags.get(monitored.equipment.code, [])
        count = int(listener.equipment.lag_count[slot])
        assert count == len(lags)
        assert sorted(listener.equipment.lags[slot][: min(count, LAGS)].tolist()) == sorted(lags[-LAGS:])
        assert int(listener.equipment.heard_ms[slot]) == reference.heard.get(monitored.equipment.code, 0)


def test_the_slots_grow_beyond_their_first_room(empty_databases: Callable[[], RelationalDatabase]) -> None:
    database = empty_databases()
    codes = [f"P-{number}" for number in range(300)]
    register(database, *map(an_equipment, codes))
    roster = Roster(database, CATALOG, timedelta(hours=1), monotonic=lambda: 0.0)
    roster.refresh()
    listener = Listener(roster, PrometheusMeter())
    for at_ms in (T0_MS, T0_MS + 5000):
        listener.observe(
            TelemetryColumns.of(
                Telemetry(site="s1", equipment=code, at_ms=at_ms, received_at_ms=at_ms, values={"vib_rms": 2.0})
                for code in codes
            )
        )
    assert len(listener.series) == len(listener.equipment) == 301
    assert listener.series.readings[1:301].tolist() == [2] * 300
    assert np.isnan(listener.series.value[301:]).all()
    assert np.isinf(listener.series.high[301:]).all()


def test_a_changed_interval_is_followed_by_the_next_batch(database: RelationalDatabase, roster: Roster) -> None:
    listener = Listener(roster, PrometheusMeter())
    item = Telemetry(site="s1", equipment="P-1", at_ms=T0_MS, received_at_ms=T0_MS, values={"vib_rms": 2.0})
    listener.observe(TelemetryColumns.of([item]))
    slot = listener.series.names.index(("P-1", "vib_rms"))
    assert listener.series.interval_ms[slot] == 60_000
    with database.transaction() as repositories:
        repositories.equipment.update(an_equipment("P-1", parameters={"interval.vib_rms": 600.0}))
    roster.refresh()
    listener.observe(TelemetryColumns.of([item]))
    assert listener.series.interval_ms[slot] == 600_000


def test_texts_are_heard_while_the_slots_grow(empty_databases: Callable[[], RelationalDatabase]) -> None:
    database = empty_databases()
    codes = [f"E-{number}" for number in range(200)]
    register(database, *map(an_equipment, codes))
    roster = Roster(database, WITH_STEPS, timedelta(hours=1), monotonic=lambda: 0.0)
    roster.refresh()
    listener = Listener(roster, PrometheusMeter())
    told = [replace(a_telemetry(code), site="s1", values={}, texts={"bearing_temp": "?"}) for code in codes]

    listener.observe(TelemetryColumns.of(told))

    assert (listener.series.heard_ms[1 : len(codes) + 1] == T0_MS).all()


def test_who_is_refused_for_its_time_leaves_no_names_behind(roster: Roster) -> None:
    listener = Listener(roster, PrometheusMeter())
    for number in range(1000):
        refused = replace(a_telemetry("NOBODY"), site="s1", values={f"m-{number}": 1.0})
        listener.note_refused(refused, Rejection(reason="too_old", detail=""))

    assert len(listener.series) == 1  # nobody's
