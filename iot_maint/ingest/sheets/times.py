"""The ways in which spreadsheets and loggers write a time; without a zone it counts as UTC: only spans matter here."""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from iot_maint.domain.errors import MalformedTelemetry
from iot_maint.domain.instants import epoch_ms
from iot_maint.ingest.decoders.names import printable
from iot_maint.ingest.decoders.timestamps import read_timestamp

TIME_NAMES = frozenset(
    {
        "time",
        "ts",
        "timestamp",
        "datetime",
        "date_time",
        "date",
        "at",
        "_time",
        "time_stamp",
        "epoch",
        "unix",
        "seconds",
    }
    | {"时间", "时间戳", "日期", "日期时间", "采集时间", "记录时间", "上报时间", "采样时间", "数据时间"}
)

_UTC = ZoneInfo("UTC")
# 2026/1/1 8:00, 2026.1.1 8:00:00.5, 2026年1月1日 8:00, 2026-1-1
_LOOSE = re.compile(
    r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?"
    r"(?:[T\s]+(\d{1,2})[:时](\d{1,2})(?:[:分](\d{1,2})(?:[.,](\d{1,6}))?秒?)?分?)?"
)
_COMPACT = re.compile(r"((?:19|20)\d{2})([01]\d)([0-3]\d)([0-2]\d)([0-5]\d)([0-5]\d)")


# Outside of that a time is a slip, or an empty field's default, and not every zone could say it.
_EARLIEST_MS, _LATEST_MS = 0, epoch_ms(datetime(9999, 1, 1, tzinfo=UTC))


def read_time(cell: str) -> int:
    """Epoch milliseconds; `ValueError` where it is no time."""
    text = cell.strip()
    at_ms = _read(text)
    if not _EARLIEST_MS <= at_ms < _LATEST_MS:
        raise ValueError(f"{printable(text[:40])!r} lies outside of the years 1970 to 9998")
    return at_ms


def _read(text: str) -> int:
    match = _COMPACT.fullmatch(text)
    if match is None:
        match = _LOOSE.fullmatch(text)
    if match is not None:
        return _assembled(text, match)
    try:
        return read_timestamp(text.replace(",", ".") if text.count(",") == 1 else text, _UTC)
    except MalformedTelemetry:
        raise ValueError(_refused(text)) from None


def _assembled(text: str, match: re.Match[str]) -> int:
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    fraction = match.group(7) if match.re is _LOOSE else None
    try:
        at = datetime(year, month, day, hour, minute, second, int((fraction or "").ljust(6, "0")), tzinfo=UTC)
    except ValueError:
        raise ValueError(_refused(text)) from None
    return epoch_ms(at)


def _refused(text: str) -> str:
    if not text:
        return "the time is missing"
    return f"{printable(text[:40])!r} is no time: epoch, 2026-01-01 08:00:00 or 2026/1/1 8:00"
