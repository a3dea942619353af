"""Telemetry embedded in one SQLite file: the same port with no server, for the demo and small sites.

A series is one field under one set of tags; its points are keyed by time, so the same point twice is once.
"""

import heapq
import itertools
import math
import sqlite3
from collections.abc import Iterator, Sequence
from datetime import timedelta
from operator import itemgetter
from pathlib import Path

import msgspec
import numpy as np

from iot_maint.domain.columns import Floats, Integers
from iot_maint.domain.queries import BinnedMetric, BinQuery, Bins, SeriesQuery, SeriesSample
from iot_maint.domain.telemetry import Point
from iot_maint.storage.telemetry import sqlite_statements as sql
from iot_maint.storage.telemetry.sqlite_file import SqliteFile

BUSY_TIMEOUT = timedelta(seconds=10)
_POINTS_A_CHUNK = 2_000
_SERIES_A_TRANSACTION = 50
_VALUES_AT_ONCE = 100_000
_VALUE = np.dtype([("at_ms", np.int64), ("value", np.float64)])
_BEFORE_ALL_MS = -(2**63)

SeriesKey = tuple[str, str, str, str, str]
"""(measurement, site, equipment, other tags as sorted JSON, field)"""


class SqliteTelemetryStore:
    """A `TelemetryStore` over one file.  Nothing opens before the first call; threads may share it."""

    def __init__(self, path: Path, *, busy_timeout: timedelta = BUSY_TIMEOUT) -> None:
        self._file = SqliteFile(path, busy_timeout=busy_timeout)
        self._series: dict[SeriesKey, int] = {}

    def write(self, points: Sequence[Point]) -> None:
        """Store all in one durable transaction; NaN and infinities are left out, as InfluxDB would have it."""
        values = [
            (_series_key(point, field), point.at_ms, value if isinstance(value, str) else float(value))
            for point in points
            for field, value in point.fields.items()
            if isinstance(value, str) or math.isfinite(value)
        ]
        if not values:
            return
        with self._file.write() as connection:
            ids = {key: self._series.get(key) or _series_id(connection, key) for key in {key for key, _, _ in values}}
            connection.executemany(sql.PUT_POINT, ((ids[key], at_ms, value) for key, at_ms, value in values))
        # Only now: a rolled-back series has no id.
        self._series.update(ids)

    def read_series(self, query: SeriesQuery) -> list[SeriesSample]:
        """The earliest `limit` samples of each metric; a mean carries the start of its window, counted from 1970."""
        with self._file.read() as connection:
            samples = [
                SeriesSample(metric=metric, at_ms=at_ms, value=value)
                for metric in query.metrics
                for at_ms, value in _read_metric(connection, query, metric)
            ]
        return sorted(samples, key=lambda sample: sample.at_ms)

    def read_bins(self, query: BinQuery) -> Bins:
        """Means over equal bins; some values of a metric are in memory at a time."""
        values = np.full((query.bins, len(query.metrics)), np.nan)
        with self._file.read() as connection:
            for column, metric in enumerate(query.metrics):
                sums, counts = _sum_bins(connection, query, metric)
                np.divide(sums, counts, out=values[:, column], where=counts > 0)
        return Bins(start_ms=query.start_ms, bin_ms=query.bin_ms, values=values)

    def read_last(self, measurement: str, equipment: str) -> dict[str, SeriesSample]:
        """The newest number of each metric."""
        with self._file.read() as connection:
            # Oldest first: where a code has reported from two sites, the newer sample replaces the older.
            return {
                field: SeriesSample(metric=field, at_ms=at_ms, value=value)
                for field, at_ms, value in connection.execute(sql.LAST_VALUES, (measurement, equipment))
            }

    def read_points(self, measurement: str, site: str, equipment: str) -> Iterator[Sequence[Point]]:
        """All points in time order, at most 2,000 a chunk."""
        with self._file.read() as connection:
            series = connection.execute(sql.SERIES_OF_SITE, (measurement, equipment, site)).fetchall()
        values = heapq.merge(*(self._page_through(number, field) for number, field in series), key=itemgetter(0))
        points = (
            Point(
                measurement=measurement,
                tags={"site": site, "equipment": equipment},
                at_ms=at_ms,
                fields={field: value for _, field, value in found},
            )
            for at_ms, found in itertools.groupby(values, key=itemgetter(0))
        )
        while chunk := list(itertools.islice(points, _POINTS_A_CHUNK)):
            yield chunk

    def read_events(self, measurement: str, since_ms: int, until_ms: int) -> list[Point]:
        """Points in [since_ms, until_ms) with all their tags, in time order."""
        with self._file.read() as connection:
            rows = connection.execute(sql.EVENTS, (measurement, since_ms, until_ms)).fetchall()
        return [
            Point(
                measurement=measurement,
                tags=_tags_of(site, equipment, tags),
                at_ms=at_ms,
                fields={field: value for *_, field, value in found},
            )
            for (at_ms, site, equipment, tags), found in itertools.groupby(rows, key=itemgetter(0, 1, 2, 3))
        ]

    def drop_before(self, at_ms: int) -> int:
        """Forget telemetry older than that, a few series at a time: writers need not wait for all of it."""
        with self._file.read() as connection:
            numbers = [number for (number,) in connection.execute(sql.ALL_SERIES)]
        dropped = 0
        for first in range(0, len(numbers), _SERIES_A_TRANSACTION):
            with self._file.write() as connection:
                dropped += sum(
                    connection.execute(sql.DROP_POINTS, (number, at_ms)).rowcount
                    for number in numbers[first : first + _SERIES_A_TRANSACTION]
                )
        return dropped

    def check(self) -> None:
        """Takes the file's write lock once, which a read-only or damaged file does not give."""
        with self._file.write() as connection:
            connection.execute(sql.ANY_POINT).fetchone()

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _page_through(self, series: int, field: str) -> Iterator[tuple[int, str, float | str]]:
        """(time, field, value) of one series, a page in memory and no connection held between pages."""
        after_ms = _BEFORE_ALL_MS
        while True:
            with self._file.read() as connection:
                page = connection.execute(sql.PAGE_OF_SERIES, (series, after_ms, _POINTS_A_CHUNK)).fetchall()
            for at_ms, value in page:
                yield at_ms, field, value
            if len(page) < _POINTS_A_CHUNK:
                return
            after_ms = page[-1][0]


def _series_key(point: Point, field: str) -> SeriesKey:
    others = {key: value for key, value in sorted(point.tags.items()) if key not in {"site", "equipment"}}
    tags = msgspec.json.encode(others).decode()
    return (point.measurement, point.tags.get("site", ""), point.tags.get("equipment", ""), tags, field)


def _series_id(connection: sqlite3.Connection, key: SeriesKey) -> int:
    connection.execute(sql.ADD_SERIES, key)
    [number] = connection.execute(sql.FIND_SERIES, key).fetchone()
    return int(number)


def _read_metric(connection: sqlite3.Connection, query: SeriesQuery, metric: str) -> Iterator[tuple[int, float]]:
    asked = {"start": query.start_ms, "end": query.end_ms, "limit": query.limit}
    named = {"measurement": query.measurement, "equipment": query.equipment, "field": metric}
    if query.every is not None:
        window = {"window": query.every // timedelta(milliseconds=1)}
        return iter(connection.execute(sql.MEANS, {**asked, **window, **named}))
    numbers = connection.execute(sql.SERIES_OF_METRIC, named).fetchall()
    # A code that has reported from two sites has two series of one metric.
    each = (connection.execute(sql.VALUES, {**asked, "series": number}) for (number,) in numbers)
    return itertools.islice(heapq.merge(*each), query.limit)


def _sum_bins(connection: sqlite3.Connection, query: BinQuery, metric: BinnedMetric) -> tuple[Floats, Integers]:
    """By bin the sum of the values and how many there are.  The rows are summed here: grouped by SQLite, they would be
    sorted first, by what they are sorted by already."""
    sums, counts = np.zeros(query.bins), np.zeros(query.bins, dtype=np.int64)
    named = {"measurement": query.measurement, "equipment": query.equipment, "field": metric.name}
    span = {
        "start": query.start_ms,
        "end": query.end_ms,
        "minimum": -math.inf if metric.minimum is None else metric.minimum,
        "maximum": math.inf if metric.maximum is None else metric.maximum,
    }
    for (series,) in connection.execute(sql.SERIES_OF_METRIC, named).fetchall():
        found = connection.execute(sql.POSSIBLE_VALUES, {**span, "series": series})
        while len(rows := np.fromiter(itertools.islice(found, _VALUES_AT_ONCE), dtype=_VALUE)):
            bins = (rows["at_ms"] - query.start_ms) // query.bin_ms
            first, last = int(bins[0]), int(bins[-1])
            sums[first : last + 1] += np.bincount(bins - first, rows["value"])
            counts[first : last + 1] += np.bincount(bins - first)
    return sums, counts


def _tags_of(site: str, equipment: str, others: str) -> dict[str, str]:
    tags = {"site": site, "equipment": equipment, **msgspec.json.decode(others, type=dict[str, str])}
    return {key: value for key, value in tags.items() if value}
