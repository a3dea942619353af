"""Schedules by the clock of the site: night, weekends that are worked, holidays, seasons, windows of dates."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from iot_maint.domain.schedules import Calendar, Holidays, Schedule
from iot_maint.rules.timetable import compile_schedule

ZONE = ZoneInfo("Asia/Shanghai")
CALENDAR = Calendar(
    days_off=frozenset({date(2026, 10, 1), date(2026, 10, 2)}),
    workdays=frozenset({date(2026, 10, 10)}),
    years={2026: True},
)
NIGHT = Schedule(name="night", hours=(time(22), time(6)))
OFFICE = Schedule(name="office", hours=(time(8), time(18)), holidays=Holidays.NEVER)
OFF = Schedule(name="off", holidays=Holidays.ONLY)
SUMMER = Schedule(name="summer", months=frozenset({6, 7, 8}))
MONDAY_MORNING = Schedule(name="monday", hours=(time(6), time(12)), weekdays=frozenset({0}))
OVERHAUL = Schedule(name="overhaul", dates=((date(2026, 3, 9), date(2026, 3, 11)),))


@pytest.mark.parametrize(
    ("schedule", "local", "holds"),
    [
        (NIGHT, "2026-03-09T22:00", True),
        (NIGHT, "2026-03-10T05:59", True),
        (NIGHT, "2026-03-10T06:00", False),
        (OFFICE, "2026-10-09T09:00", True),
        (OFFICE, "2026-10-01T09:00", False),  # a Thursday, but a holiday
        (OFFICE, "2026-10-10T09:00", True),  # a Saturday that is worked
        (OFFICE, "2026-10-11T09:00", False),
        (OFF, "2026-10-02T12:00", True),
        (OFF, "2026-10-10T12:00", False),
        (OFF, "2026-10-11T12:00", True),
        (SUMMER, "2026-06-01T00:00", True),
        (SUMMER, "2026-05-31T23:59", False),
        (MONDAY_MORNING, "2026-03-09T06:00", True),
        (MONDAY_MORNING, "2026-03-10T06:00", False),
        (OVERHAUL, "2026-03-11T23:59", True),
        (OVERHAUL, "2026-03-12T00:00", False),
    ],
)
def test_a_schedule_holds_by_the_clock_of_its_zone(schedule: Schedule, local: str, holds: bool) -> None:
    at_ms = round(datetime.fromisoformat(local).replace(tzinfo=ZONE).timestamp() * 1000)

    assert compile_schedule(schedule, CALENDAR, ZONE)(at_ms) is holds
