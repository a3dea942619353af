"""A metric's value as devices write it: numbers, numbers in strings, switches in words, texts; or dropped, counted."""

import math
from collections.abc import Mapping
from enum import StrEnum

from iot_maint.domain.errors import MalformedTelemetry
from iot_maint.ingest.decoders.names import is_name, is_writable

MAX_METRICS = 1000  # in one message or element of an array
MAX_TEXT = 256  # characters
_SWITCHES: Mapping[str, float] = {"true": 1.0, "on": 1.0, "开": 1.0, "false": 0.0, "off": 0.0, "关": 0.0}


class Dropped(StrEnum):
    """Why a value is dropped out of an otherwise good message; counted under that name."""

    NULL = "null"
    NOT_FINITE = "not_finite"
    EMPTY_TEXT = "empty_text"
    LONG_TEXT = "long_text"
    UNPRINTABLE_TEXT = "unprintable_text"
    NESTED = "nested"
    BAD_METRIC_NAME = "bad_metric_name"
    UNKNOWN_KEY = "unknown_key"
    SENTINEL = "sentinel"


# What a device writes when it has nothing to say; everything else dropped is data that was not understood.
SAYS_NOTHING = frozenset({Dropped.NULL, Dropped.NOT_FINITE, Dropped.EMPTY_TEXT, Dropped.SENTINEL})


def read_value(value: object) -> float | str | Dropped:
    """The number (booleans are 0.0 and 1.0), the text, or the reason to drop the value."""
    if isinstance(value, float):
        return value if math.isfinite(value) else Dropped.NOT_FINITE
    if isinstance(value, int):
        return _finite(value)
    if isinstance(value, str):
        return _read_text(value.strip())
    return Dropped.NULL if value is None else Dropped.NESTED


def read_values(values: Mapping[str, object], dropped: dict[str, int]) -> tuple[dict[str, float], dict[str, str]]:
    """(numbers, texts) by metric; adds to `dropped`.  Raises `MalformedTelemetry` (`too_many_values`)."""
    if len(values) > MAX_METRICS:
        raise MalformedTelemetry("too_many_values", f"{len(values)} metrics in one message, at most {MAX_METRICS}")
    numbers: dict[str, float] = {}
    texts: dict[str, str] = {}
    for metric, value in values.items():
        result = read_value(value) if is_name(metric) else Dropped.BAD_METRIC_NAME
        if type(result) is float:
            numbers[metric] = result
        elif isinstance(result, Dropped):
            dropped[result.value] = dropped.get(result.value, 0) + 1
        else:
            texts[metric] = str(result)
    return numbers, texts


def _finite(value: float) -> float | Dropped:
    try:
        number = float(value)
    except OverflowError:  # an integer beyond every double
        return Dropped.NOT_FINITE
    return number if math.isfinite(number) else Dropped.NOT_FINITE


def _read_text(text: str) -> float | str | Dropped:
    if not text:
        return Dropped.EMPTY_TEXT
    if len(text) > MAX_TEXT:
        return Dropped.LONG_TEXT
    switch = _SWITCHES.get(text.lower())
    if switch is not None:
        return switch
    try:
        return _finite(float(text.replace("_", "?")))  # Python reads 1_000 as a number; no device writes one so
    except ValueError:
        return text if is_writable(text) else Dropped.UNPRINTABLE_TEXT
