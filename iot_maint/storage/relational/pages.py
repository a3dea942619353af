"""Keyset pages: a cursor holds the last row's sort value and id, so rows that come in between shift nothing."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import msgspec
from sqlalchemy import ColumnElement, Connection, RowMapping, Select, tuple_

from iot_maint.domain.errors import InvalidInput
from iot_maint.domain.queries import PageRequest

_SmallInteger = Annotated[int, msgspec.Meta(ge=0, lt=2**31)]
# PostgreSQL takes no NUL in a text.
_Text = Annotated[str, msgspec.Meta(pattern="^[^\0]*$")]
_Instant = Annotated[datetime, msgspec.Meta(tz=True)]

# What a cursor holds: the sort it belongs to, the last row's value of it, and the last row's id.
BY_TEXT_THEN_CODE = msgspec.json.Decoder(tuple[str, _Text, _Text])
BY_TEXT = msgspec.json.Decoder(tuple[str, _Text, _SmallInteger])
BY_NUMBER = msgspec.json.Decoder(tuple[str, _SmallInteger, _SmallInteger])
BY_TIME = msgspec.json.Decoder(tuple[str, _Instant, _SmallInteger])

CursorDecoder = (
    msgspec.json.Decoder[tuple[str, str, str]]
    | msgspec.json.Decoder[tuple[str, str, int]]
    | msgspec.json.Decoder[tuple[str, int, int]]
    | msgspec.json.Decoder[tuple[str, datetime, int]]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sorting:
    """The keys that a list can be sorted by, each with its column and cursor; `id` breaks ties."""

    id: ColumnElement[int] | ColumnElement[str]
    default: str
    keys: Mapping[str, tuple[ColumnElement[object], CursorDecoder]]


def read_page(
    connection: Connection, statement: Select[*tuple[object, ...]], sorting: Sorting, request: PageRequest
) -> tuple[Sequence[RowMapping], str | None]:
    """The page's rows, and the next cursor; `InvalidInput` names `sort` or `cursor`."""
    sort = request.sort or sorting.default
    if sort.removeprefix("-") not in sorting.keys:
        raise InvalidInput("sort", f"one of {', '.join(sorting.keys)}, with - in front for descending")
    column, decoder = sorting.keys[sort.removeprefix("-")]
    descending = sort.startswith("-")
    place = tuple_(column, sorting.id)
    if request.cursor is not None:
        last = tuple_(*_decode(request.cursor, sort, decoder))
        statement = statement.where(place < last if descending else place > last)
    order = (column.desc(), sorting.id.desc()) if descending else (column, sorting.id)
    rows = connection.execute(statement.order_by(*order).limit(request.limit + 1)).mappings().all()
    if len(rows) <= request.limit:
        return rows, None
    items = rows[: request.limit]
    return items, _encode(sort, items[-1][column], items[-1][sorting.id])


def _encode(*parts: object) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(parts)).decode().rstrip("=")


def _decode(cursor: str, sort: str, decoder: CursorDecoder) -> tuple[object, object]:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        of_sort, value, row_id = decoder.decode(base64.b64decode(padded.encode(), altchars=b"-_", validate=True))
    except (binascii.Error, UnicodeError, msgspec.DecodeError) as error:
        raise InvalidInput("cursor", "not a cursor of this list; start again without it") from error
    if of_sort != sort:
        raise InvalidInput("cursor", f"belongs to sort={of_sort}; start again without it")
    return value, row_id
