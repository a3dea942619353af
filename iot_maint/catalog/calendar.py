"""Holidays and schedules as files write them."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from pathlib import Path

from iot_maint.catalog.parse import parse_file, say_problem
from iot_maint.catalog.scalars import Span
from iot_maint.catalog.schema import HolidaysTable, ScheduleTable, YearTable
from iot_maint.domain.errors import BrokenCatalog
from iot_maint.domain.schedules import Calendar, Holidays, Schedule

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def build_schedule(name: str, table: ScheduleTable) -> Schedule:
    """The domain's word for it."""
    return Schedule(
        name=name,
        hours=table.hours,
        weekdays=frozenset(WEEKDAYS.index(day) for day in table.days),
        months=frozenset(table.months),
        holidays=None if table.holidays is None else Holidays(table.holidays),
        dates=tuple(table.dates),
    )


def load_calendar(paths: Iterable[Path]) -> Calendar:
    """The years of all files; of a year that stands in several, the last file's."""
    years: dict[int, YearTable] = {}
    for path in paths:
        table, toml = parse_file(path, HolidaysTable)
        for year, days in table.years.items():
            for key, spans in (("days_off", days.days_off), ("workdays", days.workdays)):
                if any(first.year != int(year) or last.year != int(year) for first, last in spans):
                    raise BrokenCatalog(
                        say_problem(path, toml, ("years", year, key), f"has days that are not of {year}")
                    )
            years[int(year)] = days
    return Calendar(
        days_off=frozenset(day for one in years.values() for day in _days(one.days_off)),
        workdays=frozenset(day for one in years.values() for day in _days(one.workdays)),
        years={year: one.official for year, one in sorted(years.items())},
    )


def _days(spans: Iterable[Span]) -> Iterator[date]:
    for first, last in spans:
        for number in range((last - first).days + 1):
            yield first + timedelta(days=number)
