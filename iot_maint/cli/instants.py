"""Times as options take them."""

from datetime import datetime
from typing import overload
from zoneinfo import ZoneInfo

import typer

from iot_maint.domain.instants import FIRST_YEAR, LAST_YEAR


@overload
def read_instant(option: str, text: str, zone: ZoneInfo) -> datetime: ...
@overload
def read_instant(option: str, text: None, zone: ZoneInfo) -> None: ...
@overload
def read_instant(option: str, text: str | None, zone: ZoneInfo) -> datetime | None: ...
def read_instant(option: str, text: str | None, zone: ZoneInfo) -> datetime | None:
    """A day, or a time; without an offset the site's.  A usage error names the option and what it takes."""
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(
            f"{text!r} is no time such as 2026-03-01, 2026-03-01T08:00 (the site's) or 2026-03-01T08:00:00+08:00",
            param_hint=option,
        ) from None
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        raise typer.BadParameter(f"{text!r} lies outside of the years {FIRST_YEAR} to {LAST_YEAR}", param_hint=option)
    return at if at.tzinfo is not None else at.replace(tzinfo=zone)
