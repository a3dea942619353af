"""The `Retry-After` of an HTTP answer as a span (RFC 9110 §10.2.3)."""

from collections.abc import Mapping
from datetime import timedelta
from email.utils import parsedate_to_datetime

# A receiver that asks for more than a day is asked again after a day.
LONGEST_WAIT = timedelta(days=1)


def retry_after(headers: Mapping[str, str]) -> timedelta | None:
    """How long the answer asks to wait; `None` when it does not say, or says it unreadably.

    Comes as seconds, or as a date; a date is counted from the answer's own `Date`, so no clock is asked.
    """
    value = headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return min(timedelta(seconds=int(value[:9])), LONGEST_WAIT)
    try:
        span = parsedate_to_datetime(value) - parsedate_to_datetime(headers.get("Date", ""))
    except (TypeError, ValueError):
        return None
    return min(max(span, timedelta()), LONGEST_WAIT)
