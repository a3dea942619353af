"""How durations, texts, limits and bases are written in a catalog file."""

import re
from datetime import date, time, timedelta
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from iot_maint.services.register.columns import code_problem

DURATION = re.compile(r"^(\d+)(s|m|h|d)$")
Span = tuple[date, date]
LONGEST_DURATION = timedelta(days=3650)
LONGEST_SPAN = timedelta(days=366)
_HOURS = re.compile(r"^([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)$")
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def read_duration(written: object) -> object:
    """`"60s"`, `"10m"`, `"1h"`, `"15d"`."""
    match = DURATION.match(written) if isinstance(written, str) else None
    if match is None:
        raise ValueError('must be a duration such as "60s", "10m", "1h" or "15d"')
    seconds = int(match[1]) * SECONDS[match[2]]
    if seconds > LONGEST_DURATION.total_seconds():
        # A slip of the unit; and a moment so far from now may be none.
        raise ValueError(f"is longer than {LONGEST_DURATION.days} days")
    return timedelta(seconds=seconds)


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


def read_hours(written: object) -> object:
    """`"22:00-06:00"`."""
    match = _HOURS.match(written) if isinstance(written, str) else None
    if match is None:
        raise ValueError('must be hours such as "22:00-06:00"')
    first, last = time(int(match[1]), int(match[2])), time(int(match[3]), int(match[4]))
    if first == last:
        raise ValueError("begin and end are the same; leave hours out for the whole day")
    return first, last


def read_span(written: object) -> object:
    """`"2026-02-15/2026-02-23"`, both included, or one day."""
    try:
        days = [date.fromisoformat(part) for part in written.split("/")] if isinstance(written, str) else []
    except ValueError:
        days = []
    if len(days) not in (1, 2) or days[0] > days[-1]:
        raise ValueError('must be a day such as "2026-02-15", or days such as "2026-02-15/2026-02-23"')
    return days[0], days[-1]


def check_code(code: str) -> str:
    """As the register takes it."""
    if (problem := code_problem(code)) is not None:
        raise ValueError(f"no code of equipment: {problem}")
    return code


def check_length(span: Span) -> Span:
    """What is longer is a slip of the year."""
    if span[1] - span[0] > LONGEST_SPAN:
        raise ValueError(f"is longer than {LONGEST_SPAN.days} days")
    return span


Duration = Annotated[timedelta, BeforeValidator(read_duration)]
Positive = Annotated[Duration, Field(gt=timedelta(0))]
Window = Annotated[Duration, AfterValidator(check_window)]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
Code = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9]*(-[A-Z0-9]+)+$")]
ParameterName = Annotated[str, StringConstraints(pattern=r"^(setpoint|(nameplate|site)\.[a-z][a-z0-9_]*)$")]
EquipmentCode = Annotated[str, AfterValidator(check_code)]
Hours = Annotated[tuple[time, time], BeforeValidator(read_hours)]
Dates = Annotated[Span, BeforeValidator(read_span), AfterValidator(check_length)]
