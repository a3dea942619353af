"""Days, weeks and months of a site, for counting over time."""

from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

_LONGEST_MONTH = timedelta(days=31)


class Every(StrEnum):
    """How long a period is; weeks begin on Monday."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


def period_of(at: datetime, every: Every, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The period that holds that instant, from midnight to midnight of the zone, half open."""
    local = at.astimezone(zone)
    # Midnights by the calendar: a day on which the clocks change has not 24 hours.
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    if every is Every.DAY:
        return midnight, midnight + timedelta(days=1)
    if every is Every.WEEK:
        monday = midnight - timedelta(days=midnight.weekday())
        return monday, monday + timedelta(days=7)
    first = midnight.replace(day=1)
    return first, (first + _LONGEST_MONTH).replace(day=1)
