"""Telemetry in a real InfluxDB 2.x: written as line-protocol bytes, read by InfluxQL.  See ADR 0006."""

from collections.abc import Sequence
from datetime import timedelta
from typing import cast

from influxdb_client import InfluxDBClient, WritePrecision
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.rest import ApiException
from urllib3.exceptions import HTTPError

from iot_maint.domain.telemetry import Point
from iot_maint.storage.telemetry.answers import error_of, unreachable
from iot_maint.storage.telemetry.influx_queries import InfluxQueries
from iot_maint.storage.telemetry.influx_reader import InfluxReader
from iot_maint.storage.telemetry.line_protocol import render_lines
from iot_maint.storage.telemetry.urls import InfluxAddress

CONNECT_TIMEOUT = timedelta(seconds=3)
TIMEOUT = timedelta(seconds=20)
# The client annotates its constants as something that they are not: they are strings.
_PRECISION = cast(WritePrecision, WritePrecision.MS)


class InfluxTelemetryStore(InfluxReader):
    """A `TelemetryStore` over one bucket.  Nothing connects before the first call; threads may share it."""

    def __init__(
        self, address: InfluxAddress, *, connect_timeout: timedelta = CONNECT_TIMEOUT, timeout: timedelta = TIMEOUT
    ) -> None:
        self._address = address
        super().__init__(InfluxQueries(address, connect_timeout=connect_timeout, timeout=timeout))
        self._client = InfluxDBClient(
            url=address.base_url,
            token=address.token,
            org=address.org,
            timeout=(_milliseconds(connect_timeout), _milliseconds(timeout)),
            ssl_context=address.tls_context(),
        )
        # Its batching mode loses data without a word when the server refuses or is away.
        self._writes = self._client.write_api(write_options=SYNCHRONOUS)

    def write(self, points: Sequence[Point]) -> None:
        """Store all, durably, before returning."""
        lines = render_lines(points)
        if lines:
            self._send(lines)

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
                raise unreachable(self._address, error) from error
            raise error_of(error.status, error.body or "", error.headers or {}) from error
        except (HTTPError, UnicodeDecodeError) as error:
            # urllib3's own errors pass through influxdb-client as they are: timeouts, resets, refusals.
            # It decodes every answer as UTF-8, also that of some proxy which is no InfluxDB.
            raise unreachable(self._address, error) from error


def _milliseconds(span: timedelta) -> int:
    return span // timedelta(milliseconds=1)
