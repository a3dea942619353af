"""Recorded telemetry for `replay` and `backtest`: JSONL of messages, CSV of columns, or InfluxDB's line protocol.

In a recording nothing is late: every reading counts as received when it was taken.
"""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

from iot_maint.domain.errors import InvalidInput
from iot_maint.domain.telemetry import Telemetry
from iot_maint.ingest.recordings import columns, lines, messages

# (file, the zone of times that name none) → line and telemetry in the order of the file
ReadRecording = Callable[[Path, ZoneInfo], Iterator[tuple[int, Telemetry]]]

RECORDINGS: Mapping[str, ReadRecording] = {
    ".jsonl": messages.read,
    ".csv": columns.read,
    ".lp": lines.read,
    ".line": lines.read,
}


def read_recording(path: Path, site_timezone: ZoneInfo) -> Iterator[Telemetry]:
    """Telemetry of a file, by its ending; `InvalidInput` names the file and the line."""
    return (telemetry for _, telemetry in read_lines(path, site_timezone))


def read_lines(path: Path, site_timezone: ZoneInfo) -> Iterator[tuple[int, Telemetry]]:
    """The same, each with the line on which it ends, for who has something to say of it."""
    reader = RECORDINGS.get(path.suffix)
    if reader is None:
        raise InvalidInput(str(path), f"a recording ends in {', '.join(RECORDINGS)}")
    if not path.is_file():
        raise InvalidInput(str(path), "no such file")
    return reader(path, site_timezone)
