"""Parameters of paths and queries, bounded as whatever they are looked up in is."""

from datetime import datetime
from typing import Annotated

from fastapi import Path, Query
from pydantic import AfterValidator, AwareDatetime, BeforeValidator

from iot_maint.api.models.common import PRINTABLE

MAX_ID = 2**31 - 1
FIRST_YEAR, LAST_YEAR = 1970, 9998

CodePath = Annotated[str, Path(min_length=1, max_length=128, pattern=PRINTABLE, examples=["P-01"])]
KeyPath = Annotated[str, Path(min_length=1, max_length=128, pattern=PRINTABLE, examples=["bearing_temp_warning"])]
NumberPath = Annotated[str, Path(min_length=1, max_length=40, pattern=PRINTABLE, examples=["WO-20260101-0001"])]
IdPath = Annotated[int, Path(ge=1, le=MAX_ID)]
TypeQuery = Annotated[str | None, Query(alias="type", min_length=1, max_length=128, pattern=PRINTABLE)]
CodeQuery = Annotated[str | None, Query(min_length=1, max_length=128, pattern=PRINTABLE)]


def _restore_plus(value: object) -> object:
    """`2026-01-01T08:00:00+08:00` pasted into a URL arrives with a space for its plus."""
    return value.replace(" ", "+") if isinstance(value, str) and "T" in value else value


def in_bounds(value: datetime) -> datetime:
    """A moment that every zone can say."""
    # Every zone must be able to say it: year 9999 may be 10000 elsewhere, and long ago offsets had seconds.
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise ValueError(f"lies outside of the years {FIRST_YEAR} to {LAST_YEAR}")
    return value


def _maybe_in_bounds(value: datetime | None) -> datetime | None:
    return None if value is None else in_bounds(value)


InstantQuery = Annotated[
    AwareDatetime | None, BeforeValidator(_restore_plus), AfterValidator(_maybe_in_bounds), Query()
]
