"""Numbers, units and spans as people write them."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from iot_maint.domain.catalog import Language, Metric, MetricKind
from iot_maint.services.texts import NO, YES

_SPAN_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


def say_number(value: float) -> str:
    """At most three decimals, none that say nothing; never in powers of ten for what a plant measures."""
    if value != 0 and abs(value) < 0.001:
        return f"{value:.2g}"
    return f"{value:.3f}".rstrip("0").rstrip(".")


def say_quantity(value: float, metric: Metric | None, language: Language) -> str:
    """A value with its unit; yes or no for a boolean, the member's name for an enum."""
    if metric is None:
        return say_number(value)
    if metric.kind is MetricKind.BOOLEAN:
        return (YES if value != 0 else NO).of(language)
    if metric.kind is MetricKind.ENUM and 0 <= value < len(metric.members):
        return metric.members[int(value)]
    unit = "" if metric.unit == "1" else f" {metric.unit}"
    return say_number(value) + unit


def say_span(span: timedelta) -> str:
    """In the largest unit that divides it: 90 s, 10 min, 2 h."""
    seconds = span.total_seconds()
    for size, unit in _SPAN_UNITS:
        if seconds >= size and seconds % size == 0:
            return f"{round(seconds / size)} {unit}"
    return f"{say_number(seconds)} s"


def say_instant(at: datetime, zone: ZoneInfo) -> str:
    """RFC 3339 with the site's offset, to the second, or to the millisecond where there are any."""
    local = at.astimezone(zone)
    return local.isoformat(timespec="milliseconds" if local.microsecond >= 1000 else "seconds")


def say_known_instant(at: datetime | None, zone: ZoneInfo) -> str | None:
    """The same; None where there is none."""
    return None if at is None else say_instant(at, zone)


def say_clock_time(at: datetime, zone: ZoneInfo) -> str:
    """For people who stand in that zone."""
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"
