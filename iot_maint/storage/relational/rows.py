"""Domain objects to rows and back: enums as their codes, structures as JSON text, times as they are."""

from datetime import date, datetime
from typing import TypeVar

import msgspec
from sqlalchemy import RowMapping

T = TypeVar("T")


def to_row(thing: object, *, without: tuple[str, ...] = ()) -> dict[str, object]:
    """A flat domain object's fields as column values."""
    row: dict[str, object] = msgspec.to_builtins(thing, builtin_types=(date, datetime, bytes))
    return {name: value for name, value in row.items() if name not in without}


def from_row(row: RowMapping, kind: type[T], **further: object) -> T:
    """A domain object from the columns named like its fields, and `further` ones; unknown columns are left out."""
    # A column's name is a subclass of str, which msgspec takes for no key.
    return msgspec.convert({str(name): value for name, value in row.items()} | further, kind)


def to_json(thing: object) -> str:
    """JSON text of a domain object; timedeltas as ISO 8601."""
    return msgspec.json.encode(thing).decode()


def from_json(text: str, kind: type[T]) -> T:
    """What `to_json` wrote."""
    return msgspec.json.decode(text, type=kind)


def to_optional_json(thing: object | None) -> str | None:
    """JSON text, or NULL for `None`."""
    return None if thing is None else to_json(thing)


def from_optional_json(text: str | None, kind: type[T]) -> T | None:
    """What `to_optional_json` wrote."""
    return None if text is None else from_json(text, kind)
