"""How durations, texts, limits and bases are written in a catalog file."""

import re
from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

DURATION = re.compile(r"^(\d+)(s|m|h|d)$")
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def read_duration(written: object) -> object:
    """`"60s"`, `"10m"`, `"1h"`, `"15d"`."""
    match = DURATION.match(written) if isinstance(written, str) else None
    if match is None:
        raise ValueError('must be a duration such as "60s", "10m", "1h" or "15d"')
    return timedelta(seconds=int(match[1]) * SECONDS[match[2]])


def check_window(window: timedelta) -> timedelta:
    """What is remembered of a window is bounded, and so is the window."""
    if not timedelta(seconds=10) <= window <= timedelta(days=30):
        raise ValueError("must be from 10s to 30d")
    return window


def read_limit(written: object) -> object:
    """A number is an absolute limit; a table `{ parameter, times, plus }` a relative one."""
    if isinstance(written, bool) or not isinstance(written, int | float | dict):
        raise ValueError('must be a number, or relative: { parameter = "setpoint", times = 1.0, plus = 0.05 }')
    return written if isinstance(written, dict) else {"value": written}


def read_basis(written: object) -> object:
    """`"engineering default"`, or `{ standard = "GB/T 10058" }`."""
    if written == "engineering default":
        return {}
    if not isinstance(written, dict) or "standard" not in written:
        raise ValueError('must be "engineering default" or { standard = "its number" }')
    return written


def read_plain_text(written: object) -> object:
    """A figure that needs no words (`"< 3.2"`) is the same text in both languages."""
    return {"zh": written, "en": written} if isinstance(written, str) else written


Duration = Annotated[timedelta, BeforeValidator(read_duration)]
Positive = Annotated[Duration, Field(gt=timedelta(0))]
Window = Annotated[Duration, AfterValidator(check_window)]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
Code = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9]*(-[A-Z0-9]+)+$")]
ParameterName = Annotated[str, StringConstraints(pattern=r"^(setpoint|(nameplate|site)\.[a-z][a-z0-9_]*)$")]
