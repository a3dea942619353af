"""What only the embedded store does: it forgets by itself, shares its file, and knows its format."""

import sqlite3
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from iot_maint.domain.errors import StoreUnavailable, UnknownFormat
from iot_maint.domain.queries import SeriesQuery
from iot_maint.domain.telemetry import Point
from iot_maint.storage.telemetry import SqliteTelemetryStore

QUERY = SeriesQuery(measurement="pump", equipment="P-01", metrics=["vib_rms"], start_ms=-1_000, end_ms=1_000_000)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "telemetry.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteTelemetryStore]:
    opened = SqliteTelemetryStore(path, busy_timeout=timedelta(milliseconds=100))
    yield opened
    opened.close()


def points(*instants: int, equipment: str = "P-01") -> list[Point]:
    tags = {"site": "north", "equipment": equipment}
    return [Point(measurement="pump", tags=tags, at_ms=at, fields={"vib_rms": 2.0, "flow": 1.0}) for at in instants]


def test_what_is_older_is_forgotten_and_counted(store: SqliteTelemetryStore) -> None:
    for number in range(60):
        store.write(points(0, 999, 1_000, 2_000, equipment=f"P-{number:02}"))

    assert store.drop_before(1_000) == 60 * 2 * 2
    assert [sample.at_ms for sample in store.read_series(QUERY)] == [1_000, 2_000]
    assert store.drop_before(1_000) == 0
    store.write(points(5_000))
    assert store.read_last("pump", "P-01")["flow"].at_ms == 5_000


def test_all_is_there_after_opening_again(store: SqliteTelemetryStore, path: Path) -> None:
    store.write(points(1, 2))
    store.close()

    again = SqliteTelemetryStore(path)
    again.write(points(3))
    assert [sample.at_ms for sample in again.read_series(QUERY)] == [1, 2, 3]
    again.close()


def test_two_stores_on_one_file_see_each_other(store: SqliteTelemetryStore, path: Path) -> None:
    other = SqliteTelemetryStore(path)
    store.write(points(1))
    other.write(points(2))
    store.write(points(3))

    assert [sample.at_ms for sample in other.read_series(QUERY)] == [1, 2, 3]
    other.close()


def test_readers_and_a_writer_work_at_once(store: SqliteTelemetryStore) -> None:
    store.write(points(*range(5_000)))
    reading = store.read_points("pump", "north", "P-01")
    first = next(reading)
    writer = threading.Thread(target=lambda: store.write(points(6_000)))
    writer.start()
    writer.join()

    assert len(first) + sum(len(chunk) for chunk in reading) in {5_000, 5_001}
    assert len(store.read_series(QUERY)) == 5_001


def test_a_file_locked_by_another_is_unavailable_and_then_works(store: SqliteTelemetryStore, path: Path) -> None:
    store.write(points(1))
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable, match="locked"):
        store.write([*points(2), *points(2, equipment="P-02")])
    other.execute("ROLLBACK")
    other.close()

    # Nothing of the failed write is remembered: its new series have no id yet.
    store.write([*points(2), *points(2, equipment="P-02")])
    assert store.read_last("pump", "P-02")["vib_rms"].at_ms == 2


def test_a_damaged_file_is_unavailable_never_a_refusal_of_the_points(path: Path) -> None:
    path.write_bytes(b"no database " * 1_000)
    store = SqliteTelemetryStore(path)

    for call in (store.check, lambda: store.write(points(1)), lambda: store.read_series(QUERY)):
        with pytest.raises(StoreUnavailable, match="telemetry\\.db"):
            call()


def test_a_file_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="nowhere"):
        SqliteTelemetryStore(tmp_path / "nowhere" / "telemetry.db").check()


def test_a_file_of_a_later_release_is_left_alone(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 7")
    connection.close()

    with pytest.raises(UnknownFormat, match="format 7"):
        SqliteTelemetryStore(path).write(points(1))


def test_windows_before_1970_are_aligned_like_the_others(store: SqliteTelemetryStore) -> None:
    store.write(points(-15, -5, 5))

    means = store.read_series(
        SeriesQuery(
            measurement="pump",
            equipment="P-01",
            metrics=["flow"],
            start_ms=-100,
            end_ms=100,
            every=timedelta(milliseconds=10),
        )
    )
    assert [sample.at_ms for sample in means] == [-20, -10, 0]
