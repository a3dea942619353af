"""One row of a register file, from texts to what it says of a piece of equipment."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec

from iot_maint.domain.catalog import Limit
from iot_maint.domain.equipment import Equipment, EquipmentStatus
from iot_maint.domain.json_value import Json
from iot_maint.services.limit_text import read_limit
from iot_maint.services.register.columns import (
    DAYS,
    FIXED,
    LIMIT,
    REQUIRED,
    SURPLUS,
    read_day,
    read_number,
    read_status,
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class BadRow:
    """A row, or a column, that is refused: where, and why."""

    line: int
    column: str
    reason: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.column}: {self.reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a row says; a None empties what was there, what is not named stays.

    `fields` are by the names of `Equipment`, days in ISO 8601; `limits` are by rule key.  Outside of files there is
    no line.
    """

    line: int = 0
    code: str
    fields: Mapping[str, str | None]
    parameters: Mapping[str, float | None] = field(default_factory=dict)
    limits: Mapping[str, Limit | None] = field(default_factory=dict)


def read_row(line: int, cells: Mapping[str, str]) -> Draft | list[BadRow]:
    """The draft of a row, or everything that cannot be read in it.  Columns are known to be good."""
    bad: list[BadRow] = []

    def read(column: str, reader: Callable[[str], T], text: str) -> T | None:
        try:
            return reader(text) if text else None
        except ValueError as error:
            bad.append(BadRow(line=line, column=column, reason=str(error)))
            return None

    fields: dict[str, str | None] = {}
    parameters: dict[str, float | None] = {}
    limits: dict[str, Limit | None] = {}
    for column, cell in cells.items():
        text = cell.strip()
        if column == SURPLUS:
            bad.append(BadRow(line=line, column="row", reason=f"has more cells than there are columns: {text}"))
        elif column in DAYS:
            day = read(column, read_day, text)
            fields[column] = day.isoformat() if day is not None else None
        elif column == "status":
            status = read(column, read_status, text)
            if status is not None:  # an empty cell is no status
                fields[column] = status.value
        elif column in FIXED:
            fields[column] = text or None
        elif column.startswith(LIMIT):
            limits[column.removeprefix(LIMIT)] = read(column, read_limit, text)
        else:
            parameters[column] = read(column, read_number, text)
    bad += [BadRow(line=line, column=name, reason="is required") for name in REQUIRED if not fields.get(name)]
    code = fields.get("code")
    if bad or code is None:
        return bad
    return Draft(line=line, code=code, fields=fields, parameters=parameters, limits=limits)


def equipment_of(draft: Draft, old: Equipment | None) -> Equipment:
    """The equipment after the draft.  What only its telemetry made known is in service once somebody registers it."""
    document: dict[str, Json] = msgspec.to_builtins(old) if old is not None else {}
    if old is not None and not old.registered:
        document["status"] = EquipmentStatus.IN_SERVICE.value
    before = dict(old.parameters) if old is not None else {}
    parameters = {name: value for name, value in {**before, **draft.parameters}.items() if value is not None}
    return msgspec.convert({**document, **draft.fields, "parameters": parameters}, Equipment)


def duplicates(drafts: list[Draft]) -> Iterator[BadRow]:
    """Rows whose code an earlier row has."""
    first: dict[str, int] = {}
    for draft in drafts:
        line = first.setdefault(draft.code, draft.line)
        if line != draft.line:
            yield BadRow(line=draft.line, column="code", reason=f"{draft.code} is in line {line} already")
