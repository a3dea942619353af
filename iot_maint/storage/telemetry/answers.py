"""What InfluxDB's HTTP answers mean to the caller: ask again later, or never."""

from collections.abc import Mapping

import msgspec

from iot_maint.domain.errors import StoreRefused, StoreUnavailable
from iot_maint.domain.retry_after import retry_after
from iot_maint.storage.telemetry.urls import InfluxAddress
from iot_maint.tls import explain_failure

_ASK_AGAIN = frozenset({408, 425, 429})
_LONGEST_WORDS = 500


class _Complaint(msgspec.Struct):
    """InfluxDB's error body."""

    message: str = ""
    error: str = ""


def error_of(status: int, body: str, headers: Mapping[str, str]) -> StoreUnavailable | StoreRefused:
    """The error for an answer that is no success; its message carries InfluxDB's own words."""
    message = f"InfluxDB answered {status}: {_words_of(body)}"
    if status >= 500 or status in _ASK_AGAIN:
        return StoreUnavailable(message, retry_after=retry_after(headers))
    return StoreRefused(status, message)


def unreachable(address: InfluxAddress, cause: Exception) -> StoreUnavailable:
    """The error for no answer at all."""
    words = explain_failure(cause, address.tls_files.prefix) or str(cause)
    return StoreUnavailable(f"InfluxDB at {address.base_url} does not answer: {_one_line(words)}")


def _words_of(body: str) -> str:
    try:
        complaint = msgspec.json.decode(body, type=_Complaint)
    except msgspec.MsgspecError:
        words = body
    else:
        words = complaint.message or complaint.error
    return _one_line(words) or "(no explanation)"


def _one_line(words: str) -> str:
    # Whatever a proxy in between, or a library, had to say.
    return " ".join(words.split())[:_LONGEST_WORDS]
