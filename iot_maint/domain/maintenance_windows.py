"""When work may be done without anybody missing the equipment: spans of local time on some weekdays."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_ONE = re.compile(
    r"(?P<first>[a-z]{3})(?:-(?P<last>[a-z]{3}))?\s+(?P<start>\d{2}:\d{2})-(?P<end>\d{2}:\d{2})", re.IGNORECASE
)
_LONGEST = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class MaintenanceWindow:
    """From `start` on one of `weekdays` (0 is Monday) until the next `end`, by the site's clock."""

    weekdays: frozenset[int]
    start: time
    end: time


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Window:
    """One span in which to work."""

    start: datetime
    end: datetime


def parse_windows(text: str) -> tuple[MaintenanceWindow, ...]:
    """`mon-fri 22:00-06:00; sun 08:00-12:00`; `ValueError` says what it may be."""
    return tuple(_parse(part.strip()) for part in text.split(";"))


def _parse(text: str) -> MaintenanceWindow:
    match = _ONE.fullmatch(text)
    try:
        if match is None:
            raise ValueError
        first, last = (_DAYS.index((match[name] or match["first"]).lower()) for name in ("first", "last"))
        start, end = time.fromisoformat(match["start"]), time.fromisoformat(match["end"])
    except ValueError:
        raise ValueError(f"{text!r} is not a maintenance window such as mon-fri 22:00-06:00") from None
    weekdays = frozenset((first + step) % 7 for step in range((last - first) % 7 + 1))
    return MaintenanceWindow(weekdays=weekdays, start=start, end=end)


def windows_between(
    declared: Sequence[MaintenanceWindow], after: datetime, before: datetime, zone: ZoneInfo
) -> Iterator[Window]:
    """Those that end after `after` and start before `before`, in the order of their starts."""
    day = after.astimezone(zone).date() - _LONGEST
    while day <= before.astimezone(zone).date():
        found = sorted(
            Window(
                start=datetime.combine(day, one.start, zone).astimezone(after.tzinfo),
                end=datetime.combine(day if one.end > one.start else day + _LONGEST, one.end, zone).astimezone(
                    after.tzinfo
                ),
            )
            for one in declared
            if day.weekday() in one.weekdays
        )
        yield from (window for window in found if window.end > after and window.start < before)
        day += _LONGEST
