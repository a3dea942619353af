"""Schedules over event time: compiled to a question that is answered once a minute."""

from collections.abc import Callable
from datetime import datetime, time
from functools import lru_cache
from zoneinfo import ZoneInfo

from iot_maint.domain.schedules import Calendar, Holidays, Schedule

MINUTE_MS = 60_000
_REMEMBERED = 4  # minutes: messages come in the order of time, nearly

HoldsAt = Callable[[int], bool]


def compile_schedule(schedule: Schedule, calendar: Calendar, zone: ZoneInfo) -> HoldsAt:
    """Whether it holds at an instant (epoch ms), by the clock of that zone."""

    @lru_cache(maxsize=_REMEMBERED)
    def in_minute(minute: int) -> bool:
        return _holds(schedule, calendar, datetime.fromtimestamp(minute * 60, zone))

    return lambda at_ms: in_minute(at_ms // MINUTE_MS)


def _holds(schedule: Schedule, calendar: Calendar, local: datetime) -> bool:
    day = local.date()
    return (
        (schedule.hours is None or _between(schedule.hours, local.time()))
        and (not schedule.weekdays or day.weekday() in schedule.weekdays)
        and (not schedule.months or day.month in schedule.months)
        and (schedule.holidays is None or calendar.is_off(day) is (schedule.holidays is Holidays.ONLY))
        and (not schedule.dates or any(first <= day <= last for first, last in schedule.dates))
    )


def _between(hours: tuple[time, time], now: time) -> bool:
    first, last = hours
    return first <= now < last if first < last else now >= first or now < last
