"""Parameters of paths and queries, bounded as whatever they are looked up in is."""

from typing import Annotated

from fastapi import Path, Query
from pydantic import AfterValidator, AwareDatetime, BeforeValidator

from iot_maint.api.models.common import PRINTABLE, in_bounds

MAX_ID = 2**31 - 1

CodePath = Annotated[str, Path(min_length=1, max_length=128, pattern=PRINTABLE, examples=["P-01"])]
KeyPath = Annotated[str, Path(min_length=1, max_length=128, pattern=PRINTABLE, examples=["bearing_temp_warning"])]
NumberPath = Annotated[str, Path(min_length=1, max_length=40, pattern=PRINTABLE, examples=["WO-20260101-0001"])]
IdPath = Annotated[int, Path(ge=1, le=MAX_ID)]
TypeQuery = Annotated[str | None, Query(alias="type", min_length=1, max_length=128, pattern=PRINTABLE)]
CodeQuery = Annotated[str | None, Query(min_length=1, max_length=128, pattern=PRINTABLE)]


def _restore_plus(value: object) -> object:
    """`2026-01-01T08:00:00+08:00` pasted into a URL arrives with a space for its plus."""
    return value.replace(" ", "+") if isinstance(value, str) and "T" in value else value


InstantQuery = Annotated[AwareDatetime | None, BeforeValidator(_restore_plus), AfterValidator(in_bounds), Query()]
