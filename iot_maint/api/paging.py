"""How a list is asked for."""

from typing import Annotated

from fastapi import Depends, Query

from iot_maint.domain.queries import PageRequest

MAX_LIMIT = 500


def page_request(
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT, description="At most that many rows.")] = 50,
    cursor: Annotated[
        str | None, Query(max_length=2_000, description="`next_cursor` of the page before; none: the first page.")
    ] = None,
    sort: Annotated[
        str | None, Query(max_length=40, description="A column to sort by; `-` in front: descending.")
    ] = None,
) -> PageRequest:
    """Limit, cursor and sort of a list."""
    return PageRequest(limit=limit, cursor=cursor, sort=sort)


Paging = Annotated[PageRequest, Depends(page_request)]
