"""Telemetry in a real InfluxDB 2.x: written as line-protocol bytes, read by InfluxQL.  See ADR 0006."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import cast

from influxdb_client import InfluxDBClient, WritePrecision
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.rest import ApiException
from urllib3.exceptions import HTTPError

from iot_maint.domain.queries import SeriesQuery, SeriesSample
from iot_maint.domain.telemetry import Point
from iot_maint.storage.telemetry.answers import error_of, unreachable
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
from iot_maint.storage.telemetry.line_protocol import render_lines, stored_name
from iot_maint.storage.telemetry.urls import InfluxAddress

CONNECT_TIMEOUT = timedelta(seconds=3)
TIMEOUT = timedelta(seconds=20)
_ROWS_A_CHUNK = 2_000
# The client annotates its constants as something that they are not: they are strings.
_PRECISION = cast(WritePrecision, WritePrecision.MS)
# `last(*)` names its columns so.
_LAST = "last_"


class InfluxTelemetryStore:
    """A `TelemetryStore` over one bucket.  Nothing connects before the first call; threads may share it."""

    def __init__(
        self, address: InfluxAddress, *, connect_timeout: timedelta = CONNECT_TIMEOUT, timeout: timedelta = TIMEOUT
    ) -> None:
        self._address = address
        self._queries = InfluxQueries(address, connect_timeout=connect_timeout, timeout=timeout)
        self._client = InfluxDBClient(
            url=address.base_url,
            token=address.token,
            org=address.org,
            timeout=(_milliseconds(connect_timeout), _milliseconds(timeout)),
        )
        # Its batching mode loses data without a word when the server refuses or is away.
        self._writes = self._client.write_api(write_options=SYNCHRONOUS)

    def write(self, points: Sequence[Point]) -> None:
        """Store all, durably, before returning."""
        lines = render_lines(points)
        if lines:
            self._send(lines)

    def read_series(self, query: SeriesQuery) -> list[SeriesSample]:
        """The earliest `limit` samples of each metric; a mean carries the start of its window, counted from 1970."""
        if not query.metrics:
            return []
        where = f'"equipment" = $equipment AND {time_range(query.start_ms, query.end_ms)}'
        what, windows = "{}", ""
        if query.every is not None:
            what, windows = "mean({})", f"GROUP BY time({_milliseconds(query.every)}ms) fill(none) "
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

    def drop_before(self, at_ms: int) -> int:
        """Nothing to do: the bucket forgets by its own retention, see `set_retention`."""
        del at_ms
        return 0

    def retention_days(self) -> float | None:
        """For how long the bucket keeps its points; `None` is for ever."""
        return self._queries.retention_days()

    def set_retention(self, days: int | None) -> None:
        """Let the bucket forget points older than that; `None` keeps them for ever."""
        self._queries.set_retention(days)

    def check(self) -> None:
        """Asks whether the token may write to the bucket (a comment, so nothing is stored) and read it."""
        self._send(b"# iot-maint")
        self._queries.ask("SHOW MEASUREMENTS LIMIT 1")

    def close(self) -> None:
        """Let go of the connections."""
        self._queries.close()
        self._client.close()

    def _send(self, lines: bytes) -> None:
        try:
            self._writes.write(bucket=self._address.bucket, record=lines, write_precision=_PRECISION)
        except ApiException as error:
            # Status 0 is a failed TLS handshake: nothing was answered at all.
            if not error.status:
                raise unreachable(self._address.base_url, error) from error
            raise error_of(error.status, error.body or "", error.headers or {}) from error
        except (HTTPError, UnicodeDecodeError) as error:
            # urllib3's own errors pass through influxdb-client as they are: timeouts, resets, refusals.
            # It decodes every answer as UTF-8, also that of some proxy which is no InfluxDB.
            raise unreachable(self._address.base_url, error) from error

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


def _samples_of(metric: str, tables: list[Series]) -> list[SeriesSample]:
    return [
        SeriesSample(metric=metric, at_ms=read_instant(row), value=value)
        for table in tables
        for row in table.values
        if isinstance(value := row[1], float)
    ]


def _fields_of(columns: Sequence[str], row: Sequence[Cell]) -> dict[str, float | str]:
    return {name: value for name, value in zip(columns, row[1:], strict=True) if value is not None}


def _milliseconds(span: timedelta) -> int:
    return span // timedelta(milliseconds=1)
