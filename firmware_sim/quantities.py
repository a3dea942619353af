"""Texts for durations, rates and instants, as site files, profiles and options write them."""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import BeforeValidator

_UNIT_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_DURATION = re.compile(r"(-?\d+(?:\.\d+)?)(ms|s|m|h|d|w)")
_RATE = re.compile(r"(-?\d+(?:\.\d+)?)/(s|m|h|d|w)")


def parse_duration(text: object) -> timedelta:
    """`90s`, `20m`, `2h`, `5d`, `1w`; raises ValueError for anything else."""
    if isinstance(text, timedelta):
        return text
    match = _DURATION.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise ValueError(f"{text!r} is not a duration such as 90s, 20m, 2h or 5d")
    return timedelta(seconds=float(match[1]) * _UNIT_SECONDS[match[2]])


def parse_rate(value: object) -> float:
    """A growth per hour: a number, or a text such as `0.5/d`."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    match = _RATE.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f"{value!r} is not a rate: a number per hour, or a text such as 0.5/d")
    return float(match[1]) * 3600.0 / _UNIT_SECONDS[match[2]]


def parse_instant(text: object) -> datetime:
    """RFC 3339 with an offset, returned in UTC; raises ValueError without one."""
    try:
        instant = text if isinstance(text, datetime) else datetime.fromisoformat(str(text))
    except ValueError:
        raise ValueError(f"{text!r} is not an RFC 3339 time") from None
    if instant.tzinfo is None:
        raise ValueError(f"{text!r} has no offset: write 2026-01-01T08:00:00+08:00")
    return instant.astimezone(UTC)


def parse_start(value: object) -> timedelta | datetime:
    """When a fault begins: an offset from the start of the story, or an instant."""
    try:
        return parse_duration(value)
    except ValueError:
        pass
    try:
        return parse_instant(value)
    except ValueError:
        raise ValueError(f"{value!r} is neither an offset such as 20m nor an RFC 3339 time") from None


def to_ms(instant: datetime) -> int:
    """Epoch milliseconds of an aware instant, without a float in between."""
    return (instant - _EPOCH) // timedelta(milliseconds=1)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Duration = Annotated[timedelta, BeforeValidator(parse_duration)]
Start = Annotated[timedelta | datetime, BeforeValidator(parse_start)]
