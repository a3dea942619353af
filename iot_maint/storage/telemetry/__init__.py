"""Telemetry at rest: real InfluxDB 2.x, or one SQLite file; both behind `TelemetryStore`."""

from datetime import timedelta

from iot_maint.storage.telemetry.influx import CONNECT_TIMEOUT, TIMEOUT, InfluxTelemetryStore
from iot_maint.storage.telemetry.sqlite import SqliteTelemetryStore
from iot_maint.storage.telemetry.urls import SYSTEM_AUTHORITIES, InfluxAddress, parse_telemetry_url
from iot_maint.tls import TlsFiles

__all__ = ["InfluxTelemetryStore", "SqliteTelemetryStore", "open_telemetry_store"]


def open_telemetry_store(
    url: str,
    *,
    tls_files: TlsFiles = SYSTEM_AUTHORITIES,
    connect_timeout: timedelta = CONNECT_TIMEOUT,
    timeout: timedelta = TIMEOUT,
) -> InfluxTelemetryStore | SqliteTelemetryStore:
    """The store behind `IOT_MAINT_TELEMETRY_URL`; nothing connects before its first call.

    `BrokenSetting` for a URL, or a file of TLS, that cannot be read.  `timeout` bounds an InfluxDB answer, or the wait
    for a locked file.
    """
    address = parse_telemetry_url(url, tls_files)
    if isinstance(address, InfluxAddress):
        return InfluxTelemetryStore(address, connect_timeout=connect_timeout, timeout=timeout)
    return SqliteTelemetryStore(address.path, busy_timeout=timeout)
