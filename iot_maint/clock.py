"""The wall clock, behind one port: the system's, an accelerated one shared by all processes, or a replay's."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from iot_maint.domain.errors import BrokenSetting
from iot_maint.domain.ports import Clock

_ACCELERATED = re.compile(r"accelerated:(?P<t0>[^/]+)/(?P<r0>[^/]+)/(?P<speed>[^/]+)")


def read_system_time() -> datetime:
    """The only place where the machine's wall clock is read."""
    return datetime.now(UTC)


class SystemClock:
    """The machine's own time."""

    def now(self) -> datetime:
        """The present, in UTC."""
        return read_system_time()


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceleratedClock:
    """now = t0 + speed × (real − r0).  `r0` is an absolute real instant, so all processes and restarts share one."""

    t0: datetime
    r0: datetime
    speed: float
    real: Callable[[], datetime] = read_system_time

    def now(self) -> datetime:
        """The present of the accelerated time, in UTC."""
        return self.t0 + self.speed * (self.real() - self.r0)


class ReplayClock:
    """The clock of a replay: the newest reading seen so far.  Nothing is late there."""

    def __init__(self, start: datetime) -> None:
        self._now = start

    def now(self) -> datetime:
        """The newest reading's instant."""
        return self._now

    def advance(self, to: datetime) -> None:
        """Move on; never back."""
        self._now = max(self._now, to)


def speed_of(clock: Clock) -> float:
    """How many of its seconds pass in a real one."""
    return clock.speed if isinstance(clock, AcceleratedClock) else 1.0


def parse_clock(text: str) -> Clock:
    """`system`, or `accelerated:<t0>/<r0>/<speed>` with t0 and r0 in RFC 3339 with offset."""
    if text == "system":
        return SystemClock()
    match = _ACCELERATED.fullmatch(text)
    if match is None:
        raise BrokenSetting(f"IOT_MAINT_CLOCK: {text!r} is neither 'system' nor 'accelerated:<t0>/<r0>/<speed>'")
    try:
        speed = float(match["speed"])
    except ValueError:
        raise BrokenSetting(f"IOT_MAINT_CLOCK: speed {match['speed']!r} is not a number") from None
    if not 0 < speed <= 1_000_000:
        raise BrokenSetting(f"IOT_MAINT_CLOCK: speed {match['speed']} is not between 0 and 1000000")
    clock = AcceleratedClock(t0=_instant("t0", match["t0"]), r0=_instant("r0", match["r0"]), speed=speed)
    try:
        clock.now()
    except OverflowError:
        raise BrokenSetting(
            f"IOT_MAINT_CLOCK: at speed {match['speed']} from r0 on, it is beyond the year 9999"
        ) from None
    return clock


def _instant(name: str, text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise BrokenSetting(f"IOT_MAINT_CLOCK: {name} {text!r} is not an RFC 3339 time") from None
    if instant.tzinfo is None:
        raise BrokenSetting(
            f"IOT_MAINT_CLOCK: {name} {text!r} has no offset; write for example 2026-01-01T00:00:00+08:00"
        )
    try:
        return instant.astimezone(UTC)
    except OverflowError:
        raise BrokenSetting(f"IOT_MAINT_CLOCK: {name} {text!r} is outside the years 1 to 9999") from None
