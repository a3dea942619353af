"""Reading a bucket of InfluxDB: what the telemetry port asks, as InfluxQL."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal

import numpy as np

from iot_maint.domain.queries import BinnedMetric, BinQuery, Bins, SeriesQuery, SeriesSample
from iot_maint.domain.telemetry import Point
from iot_maint.storage.telemetry.influx_queries import InfluxQueries
from iot_maint.storage.telemetry.influxql import (
    EARLIEST_MS,
    LATEST_MS,
    Cell,
    Series,
    quote,
    quote_metric,
    read_instant,
    select,
    time_range,
)
from iot_maint.storage.telemetry.line_protocol import stored_name

_ROWS_A_CHUNK = 2_000
_BINS_AN_ANSWER = 20_000
# `last(*)` names its columns so.
_LAST = "last_"


class InfluxReader:
    """The reading half of `TelemetryStore`."""

    def __init__(self, queries: InfluxQueries) -> None:
        self._queries = queries

    def read_series(self, query: SeriesQuery) -> list[SeriesSample]:
        """The earliest `limit` samples of each metric; a mean carries the start of its window, counted from 1970."""
        if not query.metrics:
            return []
        where = f'"equipment" = $equipment AND {time_range(query.start_ms, query.end_ms)}'
        what, windows = "{}", ""
        if query.every is not None:
            what, windows = "mean({})", f"GROUP BY time({query.every // timedelta(milliseconds=1)}ms) fill(none) "
        tail = f"{windows}ORDER BY time ASC LIMIT {query.limit}"
        statements = [
            select(what.format(quote_metric(metric)), source=query.measurement, where=where, tail=tail)
            for metric in query.metrics
        ]
        answers = self._queries.ask(";".join(statements), {"equipment": stored_name(query.equipment)})
        samples = [
            sample
            for metric, tables in zip(query.metrics, answers, strict=True)
            for sample in _samples_of(metric, tables)
        ]
        return sorted(samples, key=lambda sample: sample.at_ms)

    def read_bins(self, query: BinQuery) -> Bins:
        """Means over equal bins; an answer holds one metric's next 20,000 of them at most."""
        values = np.full((query.bins, len(query.metrics)), np.nan)
        equipment = {"equipment": stored_name(query.equipment)}
        for start_ms in range(query.start_ms, query.end_ms, _BINS_AN_ANSWER * query.bin_ms):
            end_ms = min(start_ms + _BINS_AN_ANSWER * query.bin_ms, query.end_ms)
            for column, metric in enumerate(query.metrics):
                statement = select(
                    f"mean({quote_metric(metric.name)})",
                    source=query.measurement,
                    where=f'"equipment" = $equipment AND {time_range(start_ms, end_ms)}{_bounds(metric)}',
                    tail=f"GROUP BY time({query.bin_ms}ms) fill(none)",
                )
                [tables] = self._queries.ask(statement, equipment)
                for table in tables:
                    means = np.array(table.values, dtype=np.float64)
                    values[(means[:, 0].astype(np.int64) - query.start_ms) // query.bin_ms, column] = means[:, 1]
        return Bins(start_ms=query.start_ms, bin_ms=query.bin_ms, values=values)

    def read_last(self, measurement: str, equipment: str) -> dict[str, SeriesSample]:
        """The newest number of each metric, by the name under which it rests."""
        where = '"equipment" = $equipment'
        values = {"equipment": stored_name(equipment)}
        fields = self._fields(measurement, where, values)
        if not fields:
            return {}
        statements = [select(f"last({quote(field)})", source=measurement, where=where) for field in fields]
        answers = self._queries.ask(";".join(statements), values)
        samples = (
            sample for field, tables in zip(fields, answers, strict=True) for sample in _samples_of(field, tables)
        )
        return {sample.metric: sample for sample in samples}

    def read_points(self, measurement: str, site: str, equipment: str) -> Iterator[Sequence[Point]]:
        """All points in time order, at most 2,000 a chunk; a page each, so nothing stays open between them."""
        where = '"site" = $site AND "equipment" = $equipment'
        values = {"site": stored_name(site), "equipment": stored_name(equipment)}
        fields = self._fields(measurement, where, values)
        if not fields:
            return
        selected = ", ".join(quote(field) for field in fields)
        tail = f"ORDER BY time ASC LIMIT {_ROWS_A_CHUNK}"
        start_ms = EARLIEST_MS
        while True:
            page = f"{where} AND {time_range(start_ms, LATEST_MS)}"
            [tables] = self._queries.ask(select(selected, source=measurement, where=page, tail=tail), values)
            points = [
                Point(
                    measurement=measurement,
                    tags={"site": site, "equipment": equipment},
                    at_ms=read_instant(row),
                    fields=_fields_of(fields, row),
                )
                for table in tables
                for row in table.values
            ]
            if points:
                yield points
            if len(points) < _ROWS_A_CHUNK:
                return
            start_ms = points[-1].at_ms + 1

    def read_events(self, measurement: str, since_ms: int, until_ms: int) -> list[Point]:
        """Points in [since_ms, until_ms) with all their tags, in time order."""
        span = time_range(since_ms, until_ms)
        [tables] = self._queries.ask(select("*", source=measurement, where=span, tail="GROUP BY *"))
        points = [
            Point(
                measurement=measurement,
                tags={key: value for key, value in table.tags.items() if value},
                at_ms=read_instant(row),
                fields=_fields_of(table.columns[1:], row),
            )
            for table in tables
            for row in table.values
        ]
        return sorted(points, key=lambda point: point.at_ms)

    def _fields(self, measurement: str, where: str, values: Mapping[str, str]) -> list[str]:
        """The fields that have a value there: `SHOW FIELD KEYS` would list those of all equipment."""
        [tables] = self._queries.ask(select("last(*)", source=measurement, where=where), values)
        return [
            column.removeprefix(_LAST)
            for table in tables
            for row in table.values
            for column, value in zip(table.columns[1:], row[1:], strict=True)
            if value is not None
        ]


def _bounds(metric: BinnedMetric) -> str:
    """The condition for values that can be; numbers are written to the last bit."""
    field = quote_metric(metric.name)
    lower = "" if metric.minimum is None else f" AND {field} >= {_number(metric.minimum)}"
    upper = "" if metric.maximum is None else f" AND {field} <= {_number(metric.maximum)}"
    return lower + upper


def _number(value: float) -> str:
    # InfluxQL knows no exponents.
    return format(Decimal(repr(float(value))), "f")


def _samples_of(metric: str, tables: list[Series]) -> list[SeriesSample]:
    return [
        SeriesSample(metric=metric, at_ms=read_instant(row), value=value)
        for table in tables
        for row in table.values
        if isinstance(value := row[1], float)
    ]


def _fields_of(columns: Sequence[str], row: Sequence[Cell]) -> dict[str, float | str]:
    return {name: value for name, value in zip(columns, row[1:], strict=True) if value is not None}
