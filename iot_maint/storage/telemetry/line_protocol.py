"""Points as InfluxDB line protocol: the one place that knows how names and values are escaped.

https://docs.influxdata.com/influxdb/v2/reference/syntax/line-protocol/.  Some characters have no form in a name:
a control character (a newline ends the line), a backslash at the very end (it escapes the separator behind it) and,
in a field key, a backslash before any separator.  They are kept as visible stand-ins, by the `stored_…` functions,
when writing and when asking alike; so whoever asks by the original name finds his points.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import chain, pairwise

import msgspec

from iot_maint.domain.columns import LastMade
from iot_maint.domain.point_columns import Head, PointColumns
from iot_maint.domain.telemetry import Point

# Unicode's pictures of the control characters: ␊ for a newline.
_STAND_INS = {code: 0x2400 + code for code in range(0x20)} | {0x7F: 0x2421}
_BACKSLASH = "\N{REVERSE SOLIDUS OPERATOR}"
_IN_MEASUREMENT = str.maketrans({",": "\\,", " ": "\\ "})
_IN_KEY_OR_TAG = str.maketrans({",": "\\,", " ": "\\ ", "=": "\\="})
_IN_TEXT = str.maketrans({'"': '\\"', "\\": "\\\\"})
# InfluxDB refuses a field `time`, and a field named like a tag cannot be told from it in a query.
_NUMBERS = msgspec.json.Encoder()
_TAKEN_KEYS = frozenset({"time", "site", "equipment"})


@lru_cache(maxsize=65_536)
def stored_name(name: str) -> str:
    """The form in which a measurement, a tag value or a field key rests in InfluxDB."""
    name = name.translate(_STAND_INS)
    return name[:-1] + _BACKSLASH if name.endswith("\\") else name


def stored_measurement(name: str) -> str:
    """As `stored_name`; a leading `#` would make the line a comment."""
    name = stored_name(name)
    return f"\N{FULLWIDTH NUMBER SIGN}{name[1:]}" if name.startswith("#") else name


def stored_field(name: str) -> str:
    """As `stored_name`, without backslashes, and out of the way of `time` and of the tags."""
    name = stored_name(name).replace("\\", _BACKSLASH)
    return f"{name}_" if name in _TAKEN_KEYS else name


def render_lines(points: Sequence[Point]) -> bytes:
    """One line a point, times in ms, UTF-8; empty when no point has a storable field.

    Every number is a float.  NaN and infinities have no form in line protocol and are left out.
    """
    if isinstance(points, PointColumns) and (lines := _render_columns(points)):
        return lines
    return "\n".join(line for point in points if (line := _render_line(point))).encode()


def _render_columns(points: PointColumns) -> bytes:
    """The lines of points that hold finite floats alone, as telemetry does; else nothing.

    All numbers are written in one go, and all lines are one template, filled in at once.
    """
    telemetry, start, stop = points.telemetry, points.start, points.stop
    starts = telemetry.starts[start : stop + 1]
    encoded = _NUMBERS.encode(telemetry.values[starts[0] : starts[-1]].tolist())
    if b"null" in encoded:  # NaN, or an infinity
        return b""
    numbers = encoded[1:-1].decode("ascii").split(",")
    templates = _TEMPLATES.of(points.heads)
    lines = "\n".join([templates[origin] for origin in telemetry.origin_of[start:stop].tolist()])
    times = telemetry.at_ms[start:stop].tolist()
    return (lines % tuple(_with_times(numbers, (starts - starts[0]).tolist(), times))).encode()


def _with_times(numbers: list[str], starts: list[int], times: list[int]) -> Iterable[str | int]:
    """Each message's numbers and then its time, message by message."""
    width = starts[1] if times else 0
    if starts == list(range(0, width * len(times) + 1, width or 1)):  # all of one width, nearly always
        columns = [numbers[place::width] for place in range(width)]
        return chain.from_iterable(zip(*columns, times, strict=True))
    pairs = zip(pairwise(starts), times, strict=True)
    return chain.from_iterable((*numbers[start:end], at_ms) for (start, end), at_ms in pairs)


def _render_line(point: Point) -> str:
    fields = ",".join(
        f"{_field_key(key)}={rendered}" for key, value in point.fields.items() if (rendered := _render_value(value))
    )
    return f"{_series_of(point.measurement, point.tags)} {fields} {point.at_ms}" if fields else ""


def _render_value(value: float | str) -> str:
    if isinstance(value, str):
        return f'"{value.translate(_IN_TEXT)}"'
    return repr(float(value)) if math.isfinite(value) else ""


def _series_of(measurement: str, tags: Mapping[str, str]) -> str:
    return _render_series(measurement, tuple(sorted(tags.items())))


@lru_cache(maxsize=65_536)
def _render_series(measurement: str, tags: tuple[tuple[str, str], ...]) -> str:
    series = stored_measurement(measurement).translate(_IN_MEASUREMENT)
    # An empty tag value is a syntax error; InfluxDB holds an absent tag and an empty one for the same.
    return series + "".join(f",{_render_tag(key)}={_render_tag(value)}" for key, value in tags if value)


def _render_tag(text: str) -> str:
    return stored_name(text).translate(_IN_KEY_OR_TAG)


@lru_cache(maxsize=2**19)
def _template_of(head: Head) -> str:
    """A line, `%s` where a number or the time goes."""
    series = _series_of(head.measurement, head.tags).replace("%", "%%")
    return f"{series} {','.join(_field_key(name).replace('%', '%%') + '=%s' for name in head.fields)} %s"


_TEMPLATES = LastMade[tuple[Head, ...], list[str]](lambda heads: [_template_of(head) for head in heads])


@lru_cache(maxsize=65_536)
def _field_key(name: str) -> str:
    return stored_field(name).translate(_IN_KEY_OR_TAG)
