"""What may be the code of a site or of equipment, and the name of a metric; and where a topic carries the codes."""

import re
from functools import lru_cache

from iot_maint.domain.errors import MalformedTelemetry

MAX_NAME = 128  # characters
_CACHED = 65_536
# Controls of both sets, separators that break a line, and halves of surrogate pairs, which no UTF-8 can hold.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def is_name(text: str) -> bool:
    """Whether the text may name a metric or be a code: not blank, at most 128 characters, no control characters."""
    # What is too long must not even be remembered: 65,536 names of 256 KiB are more memory than there is.
    return 0 < len(text) <= MAX_NAME and _is_short_name(text)


@lru_cache(maxsize=_CACHED)
def _is_short_name(text: str) -> bool:
    return not text.isspace() and _UNPRINTABLE.search(text) is None


def is_writable(text: str) -> bool:
    """Whether the text can be stored and shown: no control characters, and UTF-8 can hold it."""
    return _UNPRINTABLE.search(text) is None


def printable(text: str, at_most: int = 200) -> str:
    """The text cut to a length and with unprintable characters replaced: fit for a log line and a dead letter."""
    clean = _UNPRINTABLE.sub("\ufffd", text[:at_most])
    return clean if len(text) <= at_most else f"{clean}…"


@lru_cache(maxsize=_CACHED)
def codes_in(topic: str) -> tuple[str, str]:
    """(site, equipment) of `iot/v1/{site}/{equipment}/telemetry`; raises `MalformedTelemetry` (`bad_topic`)."""
    levels = topic.split("/")
    match levels:
        case ["iot", "v1", site, equipment, "telemetry"]:
            for level, code in (("site", site), ("equipment", equipment)):
                if not is_name(code):
                    raise MalformedTelemetry("bad_topic", f"the {level}'s code is blank, unprintable or too long")
            return site, equipment
        case _:
            raise MalformedTelemetry("bad_topic", "expected iot/v1/{site}/{equipment}/telemetry")
