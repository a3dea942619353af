"""InfluxDB's line protocol, as an export or a backup holds it: tags `site` and `equipment`, time in ns."""

from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

from iot_maint.domain.errors import InvalidInput, MalformedTelemetry
from iot_maint.domain.telemetry import Telemetry
from iot_maint.ingest.decoders.line_protocol import parse_line
from iot_maint.ingest.decoders.timestamps import read_timestamp
from iot_maint.ingest.decoders.values import read_values
from iot_maint.ingest.recordings.text import read_text_lines


def read(path: Path, site_timezone: ZoneInfo) -> Iterator[tuple[int, Telemetry]]:
    """Line and telemetry in the order of the file; comments and empty lines are passed over."""
    for number, line in enumerate(read_text_lines(path), start=1):
        text = line.strip()
        if text and not text.startswith("#"):
            try:
                yield number, _telemetry(text, site_timezone)
            except (ValueError, MalformedTelemetry) as error:
                raise InvalidInput(f"{path}:{number}", str(error)) from None


def _telemetry(text: str, site_timezone: ZoneInfo) -> Telemetry:
    line = parse_line(text)
    if "site" not in line.tags or "equipment" not in line.tags:
        raise ValueError("the tags `site` and `equipment` are needed")
    if line.time is None:
        raise ValueError("a recorded line needs its time")
    numbers, texts = read_values(line.fields, {})
    at_ms = read_timestamp(line.time, site_timezone)
    return Telemetry(
        site=line.tags["site"],
        equipment=line.tags["equipment"],
        at_ms=at_ms,
        received_at_ms=at_ms,
        values=numbers,
        texts=texts,
    )
