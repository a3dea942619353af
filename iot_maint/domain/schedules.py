"""When a limit holds: hours, weekdays, months, holidays and dates, in the site's zone."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from enum import StrEnum
from zoneinfo import ZoneInfo

DEFAULT_ZONE = ZoneInfo("Asia/Shanghai")  # of a site for which no setting says another


class Holidays(StrEnum):
    """What a schedule says of holidays; a weekend that is worked is none, a weekday off is one."""

    ONLY = "only"
    NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A named time; it holds while everything that is given does.  Empty: any.

    `hours`: from (included) to (excluded), over midnight if from is the later; `weekdays` from Monday, 0; `dates`:
    from and to, both included: a maintenance window, a works holiday.
    """

    name: str
    hours: tuple[time, time] | None = None
    weekdays: frozenset[int] = frozenset()
    months: frozenset[int] = frozenset()
    holidays: Holidays | None = None
    dates: tuple[tuple[date, date], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """Days off beside the weekends, and weekends that are worked; `official`: years of which the State announced it.

    Of a year that is not in `years` only the weekends are known.
    """

    days_off: frozenset[date] = frozenset()
    workdays: frozenset[date] = frozenset()
    years: Mapping[int, bool] = field(default_factory=dict)

    def is_off(self, day: date) -> bool:
        """Whether it is a day off: a holiday, or a weekend that is not worked."""
        if day in self.days_off:
            return True
        return day.weekday() >= _SATURDAY and day not in self.workdays


_SATURDAY = 5
