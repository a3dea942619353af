"""When a reading was taken: epoch numbers of any unit, ISO 8601, or local time without a zone; all become epoch ms."""

import math
from datetime import datetime
from zoneinfo import ZoneInfo

from iot_maint.domain.errors import MalformedTelemetry
from iot_maint.domain.instants import epoch_ms
from iot_maint.ingest.decoders.names import printable

# 1e9 s, 1e12 ms, 1e15 µs and 1e18 ns are all the year 2001; a unit's range ends a hundred times later.
_SECONDS_BELOW = 10**11
_MILLISECONDS_BELOW = 10**14
_MICROSECONDS_BELOW = 10**17
_NANOSECONDS_BELOW = 10**20
_LONGEST = 64  # characters


def read_timestamp(value: object, site_timezone: ZoneInfo) -> int:
    """Epoch milliseconds of what stood in a time field; raises `MalformedTelemetry` (`bad_timestamp`).

    The unit of a number, also of one in a string, follows from its magnitude; ISO 8601 without an offset is the
    site's local time.
    """
    if type(value) is int:
        return _from_integer(value)
    if type(value) is float:
        return _from_float(value)
    if type(value) is str and len(value) <= _LONGEST:
        return _from_text(value.strip(), site_timezone)
    raise _refusal(value)


def read_timestamp_number(number: float) -> int:
    """Epoch milliseconds of a number whose unit follows from its magnitude; raises `MalformedTelemetry`."""
    return _from_float(number)


def _from_integer(number: int) -> int:
    if number < 0 or number >= _NANOSECONDS_BELOW:
        raise _refusal(number)
    if number < _SECONDS_BELOW:
        return number * 1000
    if number < _MILLISECONDS_BELOW:
        return number
    return number // (1000 if number < _MICROSECONDS_BELOW else 1_000_000)


def _from_float(number: float) -> int:
    if not math.isfinite(number):
        raise _refusal(number)
    # Seconds carry their milliseconds behind the point; of the finer units only whole numbers are exact in a double.
    return round(number * 1000) if 0 <= number < _SECONDS_BELOW else _from_integer(int(number))


def _from_text(text: str, site_timezone: ZoneInfo) -> int:
    if text.isdecimal():
        return _from_integer(int(text))
    if text.replace(".", "", 1).isdecimal():
        return _from_float(float(text))
    try:
        instant = datetime.fromisoformat(text)
        if ":" not in text and "T" not in text.upper():
            raise _refusal(text)  # a date alone names no instant
        return epoch_ms(instant if instant.tzinfo is not None else instant.replace(tzinfo=site_timezone))
    except (ValueError, OverflowError) as error:
        raise _refusal(text) from error


def _refusal(value: object) -> MalformedTelemetry:
    return MalformedTelemetry("bad_timestamp", f"{printable(str(value)[:_LONGEST])!r} is no instant")
