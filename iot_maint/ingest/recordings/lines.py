"""InfluxDB's line protocol, as an export or a backup holds it: tags `site` and `equipment`, time in ns."""

import re
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

from iot_maint.domain.errors import InvalidInput, MalformedTelemetry
from iot_maint.domain.telemetry import Telemetry
from iot_maint.ingest.decoders.timestamps import read_timestamp
from iot_maint.ingest.decoders.values import read_values

_ESCAPED = re.compile(r"\\([,= \\])")
_COMMA = re.compile(r"(?<!\\),")
_EQUALS = re.compile(r"(?<!\\)=")
# measurement and tags, fields (quoted strings may hold anything), and perhaps a time
_LINE = re.compile(
    r"(?P<series>(?:\\.|[^ \\])+) (?P<fields>(?:\"(?:\\.|[^\"\\])*\"|\\.|[^ \"\\])+)(?: (?P<time>-?\d+))?"
)
_FIELD = re.compile(r"(?P<key>(?:\\.|[^,=\\])+)=(?P<value>\"(?:\\.|[^\"\\])*\"|[^,]+)(?:,|$)")
_INTEGER = re.compile(r"-?\d+[iu]")
_SWITCHES = {"t": "true", "T": "true", "f": "false", "F": "false"}


def read(path: Path, site_timezone: ZoneInfo) -> Iterator[Telemetry]:
    """Telemetry in the order of the file; comments and empty lines are passed over."""
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            text = line.strip()
            if text and not text.startswith("#"):
                try:
                    yield _telemetry(text, site_timezone)
                except (ValueError, MalformedTelemetry) as error:
                    raise InvalidInput(f"{path}:{number}", str(error)) from None


def _telemetry(line: str, site_timezone: ZoneInfo) -> Telemetry:
    match = _LINE.fullmatch(line)
    if match is None:
        raise ValueError("no line protocol: expected `measurement,tags fields time`")
    tags = dict(_tag(part) for part in _COMMA.split(match["series"])[1:])
    if "site" not in tags or "equipment" not in tags:
        raise ValueError("the tags `site` and `equipment` are needed")
    if match["time"] is None:
        raise ValueError("a recorded line needs its time")
    numbers, texts = read_values(dict(_fields(match["fields"])), {})
    at_ms = read_timestamp(int(match["time"]), site_timezone)
    return Telemetry(
        site=tags["site"],
        equipment=tags["equipment"],
        at_ms=at_ms,
        received_at_ms=at_ms,
        values=numbers,
        texts=texts,
    )


def _tag(part: str) -> tuple[str, str]:
    key, *value = _EQUALS.split(part, maxsplit=1)
    if not value:
        raise ValueError(f"tag {part!r} has no value")
    return _plain(key), _plain(value[0])


def _plain(text: str) -> str:
    return _ESCAPED.sub(r"\1", text)


def _fields(text: str) -> Iterator[tuple[str, str]]:
    end = 0
    for match in _FIELD.finditer(text):
        if match.start() != end:
            break
        end = match.end()
        value = match["value"]
        if value.startswith('"'):
            yield _plain(match["key"]), re.sub(r"\\([\"\\])", r"\1", value[1:-1])
        else:
            number = value[:-1] if _INTEGER.fullmatch(value) else value
            yield _plain(match["key"]), _SWITCHES.get(number, number)
    if end != len(text):
        raise ValueError(f"cannot read the fields from {text[end : end + 20]!r} on")
