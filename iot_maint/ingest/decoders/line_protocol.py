"""InfluxDB's line protocol, a message of one or more lines: `pump,asset=P-01 vib=2.1,run=true 1767225600000000000`.

`i` and `u` mark integers, `t`, `T`, `true` and so on are booleans.  A line without a time is of now.  A rule's
`equipment_tag` says which tag names the equipment; a line without it is the topic's.
"""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from iot_maint.domain.errors import MalformedTelemetry
from iot_maint.ingest.decoders.names import printable
from iot_maint.ingest.decoders.readings import Readings

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
_LONGEST_TIME = 20  # characters


class Line(NamedTuple):
    """One line, its values still as text."""

    tags: Mapping[str, str]
    fields: Mapping[str, str]
    time: int | None


def parse_line(text: str) -> Line:
    """Raises `ValueError` with what is wrong."""
    match = _LINE.fullmatch(text)
    if match is None:
        raise ValueError("no line protocol: expected `measurement,tags fields time`")
    time = match["time"]
    if time is not None and len(time) > _LONGEST_TIME:
        raise ValueError("the time has too many digits")
    return Line(
        tags=dict(_tag(part) for part in _COMMA.split(match["series"])[1:]),
        fields=dict(_fields(match["fields"])),
        time=None if time is None else int(time),
    )


def read(payload: bytes, readings: Readings) -> None:
    """All lines of a message; comments and empty lines are passed over."""
    try:
        text = payload.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise MalformedTelemetry("not_utf8", f"byte {error.start} is not UTF-8") from error
    tag = readings.source.rule.equipment_tag
    for one in text.split("\n"):
        written = one.strip()
        if not written or written.startswith("#"):
            continue
        try:
            line = parse_line(written)
        except ValueError as error:
            readings.refuse(MalformedTelemetry("not_line_protocol", printable(str(error))))
        else:
            readings.add(line.fields, line.time, line.tags.get(tag))


def _tag(part: str) -> tuple[str, str]:
    key, *value = _EQUALS.split(part, maxsplit=1)
    if not value:
        raise ValueError(f"tag {part!r} has no value")
    return _plain(key), _plain(value[0])


def _plain(text: str) -> str:
    return _ESCAPED.sub(r"\1", text)


def _fields(text: str) -> Iterator[tuple[str, str]]:
    end = 0
    # Matched where the last one ended, never searched for: a search of 256 KiB of quotes takes minutes.
    while end < len(text):
        match = _FIELD.match(text, end)
        if match is None:
            raise ValueError(f"cannot read the fields from {text[end : end + 20]!r} on")
        end = match.end()
        value = match["value"]
        if value.startswith('"'):
            yield _plain(match["key"]), re.sub(r"\\([\"\\])", r"\1", value[1:-1])
        else:
            number = value[:-1] if _INTEGER.fullmatch(value) else value
            yield _plain(match["key"]), _SWITCHES.get(number, number)
