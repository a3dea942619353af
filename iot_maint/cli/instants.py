"""Times as options take them."""

from datetime import datetime
from typing import overload
from zoneinfo import ZoneInfo

import typer

from iot_maint.domain.instants import sayable


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
    try:
        sayable(at)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} {error}", param_hint=option) from None
    return at if at.tzinfo is not None else at.replace(tzinfo=zone)
