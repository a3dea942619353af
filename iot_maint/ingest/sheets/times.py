"""The ways in which spreadsheets and loggers write a time; without a zone it counts as UTC: only spans matter here."""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from iot_maint.domain.errors import MalformedTelemetry
from iot_maint.domain.instants import FIRST_YEAR, LAST_YEAR, epoch_ms
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
_CLOCK = (
    r"(?:[T\s]+(?P<hour>\d{1,2})[:时](?P<minute>\d{1,2})"
    r"(?:[:分](?P<second>\d{1,2})(?:[.,](?P<fraction>\d{1,6}))?秒?)?分?)?"
)
_WAYS = (
    re.compile(
        r"(?P<year>(?:19|20)\d{2})(?P<month>[01]\d)(?P<day>[0-3]\d)"
        r"(?P<hour>[0-2]\d)(?P<minute>[0-5]\d)(?P<second>[0-5]\d)(?P<fraction>)"
    ),
    # 2026/1/1 8:00, 2026.1.1 8:00:00.5, 2026年1月1日 8:00, 2026-1-1
    re.compile(r"(?P<year>\d{4})\s*[-/.年]\s*(?P<month>\d{1,2})\s*[-/.月]\s*(?P<day>\d{1,2})\s*日?" + _CLOCK),
    # 31.1.2026 8:00: with dots the day is first everywhere.  With slashes it depends on who wrote it: not read.
    re.compile(r"(?P<day>\d{1,2})\.\s?(?P<month>\d{1,2})\.\s?(?P<year>\d{4})" + _CLOCK),
)
# As errors say it.
READ_TIMES = "epoch, 2026-01-31 08:00:00, 2026/1/31 8:00, 31.01.2026 08:00, 20260131080000 or 2026年1月31日 8:00"
# Milliseconds, for a stamp may lie beyond all datetimes.
_EARLIEST_MS, _LATEST_MS = (epoch_ms(datetime(year, 1, 1, tzinfo=UTC)) for year in (FIRST_YEAR, LAST_YEAR + 1))


def read_time(cell: str) -> int:
    """Epoch milliseconds; `ValueError` where it is no time."""
    text = cell.strip()
    at_ms = _read(text)
    if not _EARLIEST_MS <= at_ms < _LATEST_MS:
        raise ValueError(f"{printable(text[:40])!r} lies outside of the years {FIRST_YEAR} to {LAST_YEAR}")
    return at_ms


def _read(text: str) -> int:
    for way in _WAYS:
        if (match := way.fullmatch(text)) is not None:
            return _assembled(text, match)
    try:
        return read_timestamp(text.replace(",", ".") if text.count(",") == 1 else text, _UTC)
    except MalformedTelemetry:
        raise ValueError(_refused(text)) from None


def _assembled(text: str, match: re.Match[str]) -> int:
    year, month, day, hour, minute, second = (
        int(match[name] or 0) for name in ("year", "month", "day", "hour", "minute", "second")
    )
    try:
        at = datetime(year, month, day, hour, minute, second, int((match["fraction"] or "").ljust(6, "0")), tzinfo=UTC)
    except ValueError:
        raise ValueError(_refused(text)) from None
    return epoch_ms(at)


def _refused(text: str) -> str:
    if not text:
        return "the time is missing"
    return f"{printable(text[:40])!r} is no time; times are {READ_TIMES}"
