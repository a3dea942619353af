"""Homie: one value a topic, as text, and retained; the topic's `{metric}` says which.

Nothing says when it was taken: the time is that of reception, and what the broker retained is never evidence.
"""

from iot_maint.domain.errors import MalformedTelemetry
from iot_maint.ingest.decoders.readings import Readings
from iot_maint.ingest.decoders.values import MAX_TEXT

_LONGEST = 4 * MAX_TEXT  # bytes


def read(payload: bytes, readings: Readings) -> None:
    """The value; an empty payload is a property that was taken back, and says nothing."""
    try:
        # By the convention a single zero byte is the empty text.
        text = payload[:_LONGEST].decode("utf-8", "ignore" if len(payload) > _LONGEST else "strict").strip("\0")
    except UnicodeDecodeError as error:
        raise MalformedTelemetry("not_utf8", f"byte {error.start} is not UTF-8") from error
    readings.add({readings.names.metric: text})
