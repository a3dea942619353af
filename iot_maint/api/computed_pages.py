"""Pages of rows that were counted, not stored: a cursor holds the last row's key and period."""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec

from iot_maint.domain.errors import InvalidInput
from iot_maint.domain.queries import Page

T = TypeVar("T")

_PLACE = msgspec.json.Decoder(tuple[str, int])


def page_of(rows: Sequence[T], place: Callable[[T], tuple[str, int]], *, limit: int, cursor: str | None) -> Page[T]:
    """At most `limit` rows behind the cursor's place; `rows` ascend by theirs.  `InvalidInput` names `cursor`."""
    after = _decode(cursor) if cursor is not None else None
    left = [row for row in rows if after is None or place(row) > after]
    more = len(left) > limit
    return Page(items=left[:limit], next_cursor=_encode(place(left[limit - 1])) if more else None)


def _encode(place: tuple[str, int]) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(place)).decode().rstrip("=")


def _decode(cursor: str) -> tuple[str, int]:
    try:
        return _PLACE.decode(
            base64.b64decode((cursor + "=" * (-len(cursor) % 4)).encode(), altchars=b"-_", validate=True)
        )
    except (binascii.Error, UnicodeError, msgspec.DecodeError) as error:
        raise InvalidInput("cursor", "not a cursor of this list; start again without it") from error
