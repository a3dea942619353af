"""How a list is asked for."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Query

from iot_maint.domain.queries import PageRequest

MAX_LIMIT = 500

Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="At most that many rows.")]
Cursor = Annotated[
    str | None, Query(max_length=2_000, description="`next_cursor` of the page before; none: the first page.")
]


def paged_by(*keys: str) -> Callable[..., PageRequest]:
    """A dependency: limit, cursor and sort of a list that can be sorted by those keys."""
    described = f"One of {', '.join(keys)}; `-` in front: descending."

    def page_request(
        limit: Limit = 50,
        cursor: Cursor = None,
        sort: Annotated[str | None, Query(pattern=rf"^-?({'|'.join(keys)})$", description=described)] = None,
    ) -> PageRequest:
        return PageRequest(limit=limit, cursor=cursor, sort=sort)

    return page_request
