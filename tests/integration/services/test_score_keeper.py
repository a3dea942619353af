"""Scores reach the telemetry store, or are dropped and counted; the decide path never waits for them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from iot_maint.domain.errors import StoreRefused, StoreUnavailable
from iot_maint.metering import PrometheusMeter
from iot_maint.services.scoring.score_keeper import MEASUREMENT, ScoreKeeper
from iot_maint.services.scoring.scorer import Scored
from iot_maint.storage.telemetry.sqlite import SqliteTelemetryStore
from tests.fakes import FaultyStore


@pytest.fixture
def store(tmp_path: Path) -> Iterator[FaultyStore]:
    inner = SqliteTelemetryStore(tmp_path / "telemetry.db")
    yield FaultyStore(inner=inner)
    inner.close()


@pytest.fixture
def meter() -> PrometheusMeter:
    return PrometheusMeter()


def a_score(minute: int) -> Scored:
    return Scored("s1", "P-1", "tracker", [minute * 60_000], [4.5], ["vib_rms"])


def stored(store: FaultyStore) -> list[tuple[int, object, object]]:
    points = store.read_events(MEASUREMENT, 0, 10**12)
    return [(point.at_ms, point.fields["score"], point.fields["top_metric"]) for point in points]


def test_scores_are_written_under_their_equipment_and_detector(store: FaultyStore, meter: PrometheusMeter) -> None:
    keeper = ScoreKeeper(store, meter)
    keeper.take([a_score(1), a_score(2)])
    keeper.flush()
    assert stored(store) == [(60_000, 4.5, "vib_rms"), (120_000, 4.5, "vib_rms")]
    (point, _) = store.read_events(MEASUREMENT, 0, 10**12)
    assert point.tags == {"site": "s1", "equipment": "P-1", "detector": "tracker"}
    assert meter.total("scores_stored") == 2


def test_a_store_that_is_away_gets_them_later_in_their_order(store: FaultyStore, meter: PrometheusMeter) -> None:
    keeper = ScoreKeeper(store, meter)
    keeper.take([a_score(1), a_score(2)])
    store.fault = lambda _points: StoreUnavailable("away")
    with pytest.raises(StoreUnavailable):
        keeper.flush()
    store.fault = lambda _points: None
    keeper.take([a_score(3)])
    keeper.flush()
    assert [at_ms for at_ms, _, _ in stored(store)] == [60_000, 120_000, 180_000]


def test_beyond_the_bound_the_oldest_are_dropped_and_counted(store: FaultyStore, meter: PrometheusMeter) -> None:
    keeper = ScoreKeeper(store, meter, kept=2)
    keeper.take([a_score(1), a_score(2), a_score(3)])
    keeper.flush()
    assert [at_ms for at_ms, _, _ in stored(store)] == [120_000, 180_000]
    assert meter.total("scores_dropped") == 1


def test_what_the_store_refuses_is_dropped_and_counted(store: FaultyStore, meter: PrometheusMeter) -> None:
    keeper = ScoreKeeper(store, meter)
    keeper.take([a_score(1)])
    store.fault = lambda _points: StoreRefused(400, "no")
    with pytest.raises(StoreRefused):
        keeper.flush()
    store.fault = lambda _points: None
    keeper.flush()
    assert stored(store) == []
    assert meter.total("scores_dropped") == 1
