"""CSV: `ts,site,equipment,<metric>…` in the first line, an empty cell where there is no reading."""

import csv
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

from iot_maint.domain.errors import InvalidInput, MalformedTelemetry
from iot_maint.domain.telemetry import Telemetry
from iot_maint.ingest.decoders.timestamps import read_timestamp
from iot_maint.ingest.decoders.values import read_values
from iot_maint.ingest.recordings.text import read_text_lines

REQUIRED = ("ts", "site", "equipment")


def read(path: Path, site_timezone: ZoneInfo) -> Iterator[tuple[int, Telemetry]]:
    """Line and telemetry in the order of the file."""
    rows = csv.DictReader(read_text_lines(path), restkey="")
    try:
        missing = [name for name in REQUIRED if name not in (rows.fieldnames or ())]
        if missing:
            raise InvalidInput(f"{path}:1", f"no column {', '.join(missing)}; a recording starts ts,site,equipment,…")
        for row in rows:
            yield rows.line_num, _telemetry(row, site_timezone)
    except (MalformedTelemetry, csv.Error) as error:
        raise InvalidInput(f"{path}:{rows.line_num}", str(error)) from None


def _telemetry(row: dict[str, str], site_timezone: ZoneInfo) -> Telemetry:
    if "" in row or None in row.values():
        raise MalformedTelemetry("wrong_shape", "more or fewer cells than the first line has columns")
    at_ms = read_timestamp(row["ts"], site_timezone)
    cells = {name: cell for name, cell in row.items() if name not in REQUIRED and cell.strip()}
    numbers, texts = read_values(cells, {})
    return Telemetry(
        site=row["site"],
        equipment=row["equipment"],
        at_ms=at_ms,
        received_at_ms=at_ms,
        values=numbers,
        texts=texts,
    )
