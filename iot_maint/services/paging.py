"""All that a paged query finds, whatever its pages' size."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypeVar

from iot_maint.domain.queries import Page, PageRequest

T = TypeVar("T")


def every_item(read_page: Callable[[PageRequest], Page[T]], request: PageRequest) -> Iterator[T]:
    """Item by item; the next page is read when the one before is used up."""
    while True:
        page = read_page(request)
        yield from page.items
        if page.next_cursor is None:
            return
        request = replace(request, cursor=page.next_cursor)
