"""Epoch milliseconds, as telemetry counts, and aware datetimes in UTC, as alarms and orders do; exact both ways."""

from datetime import UTC, datetime, timedelta

# Beyond these a time is a slip, or an empty field's default, and not every zone could say it.
FIRST_YEAR, LAST_YEAR = 1970, 9998

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def sayable(at: datetime) -> datetime:
    """The same; `ValueError` where not every zone could say it."""
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        raise ValueError(f"lies outside of the years {FIRST_YEAR} to {LAST_YEAR}")
    return at


def instant(at_ms: int) -> datetime:
    """The datetime of epoch milliseconds, without float rounding."""
    return _EPOCH + at_ms * _MILLISECOND


def epoch_ms(at: datetime) -> int:
    """An aware datetime as epoch milliseconds, cut, never rounded up."""
    return (at - _EPOCH) // _MILLISECOND
