"""JSONL of MQTT messages: `{"topic": …, "payload": {…}, "received_at": …?}` a line."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from iot_maint.domain.errors import InvalidInput, MalformedTelemetry
from iot_maint.domain.telemetry import Telemetry, TimestampSource
from iot_maint.ingest.decoders.canonical import decode
from iot_maint.ingest.decoders.timestamps import read_timestamp


class _Line(msgspec.Struct, forbid_unknown_fields=True):
    topic: str
    payload: msgspec.Raw
    received_at: str | int | float | None = None


_decoder = msgspec.json.Decoder(_Line)


def read(path: Path, site_timezone: ZoneInfo) -> Iterator[tuple[int, Telemetry]]:
    """Line and telemetry in the order of the file; `received_at` dates only payloads that carry no time."""
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            try:
                message = _decoder.decode(line)
                received_ms = 0 if message.received_at is None else read_timestamp(message.received_at, site_timezone)
                decoded = decode(message.topic, bytes(message.payload), received_ms, site_timezone)
            except (msgspec.DecodeError, UnicodeDecodeError, MalformedTelemetry) as error:
                raise InvalidInput(f"{path}:{number}", str(error)) from None
            for telemetry in decoded.telemetry:
                if message.received_at is None and telemetry.ts_source is TimestampSource.RECEIVED:
                    raise InvalidInput(f"{path}:{number}", "neither the payload nor received_at names a time")
                yield number, replace(telemetry, received_at_ms=telemetry.at_ms)
