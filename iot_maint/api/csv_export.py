"""Whole lists as CSV, read page by page, so that a long one needs no more memory than a short one."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import TypeVar

from fastapi.responses import StreamingResponse

from iot_maint.domain.queries import Page, PageRequest
from iot_maint.services.tables import Cell, write_row

T = TypeVar("T")

PAGE = 500
CSV: dict[int | str, dict[str, object]] = {
    200: {"content": {"text/csv": {"schema": {"type": "string"}}}, "description": "One row an item."}
}


def stream_csv(
    name: str,
    columns: Sequence[str],
    read_page: Callable[[PageRequest], Page[T]],
    rows_of: Callable[[Sequence[T]], Iterable[Sequence[Cell]]],
    now: datetime,
) -> StreamingResponse:
    """A download of all rows.  The first page is read before anything is sent: a wrong filter is still a problem."""
    first = read_page(PageRequest(limit=PAGE))

    def lines() -> Iterator[str]:
        yield write_row(columns)
        page = first
        while True:
            yield "".join(write_row(row) for row in rows_of(page.items))
            if page.next_cursor is None:
                return
            page = read_page(PageRequest(limit=PAGE, cursor=page.next_cursor))

    headers = {"Content-Disposition": f'attachment; filename="{name}-{now:%Y%m%d-%H%M%S}.csv"'}
    return StreamingResponse(lines(), media_type="text/csv; charset=utf-8", headers=headers)
