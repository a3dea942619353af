"""All that a paged query finds."""

from iot_maint.domain.queries import Page, PageRequest
from iot_maint.services.paging import every_item


def pages_of(numbers: list[int], asked: list[PageRequest], request: PageRequest) -> Page[int]:
    asked.append(request)
    begin = int(request.cursor or 0)
    end = begin + request.limit
    return Page(items=numbers[begin:end], next_cursor=str(end) if end < len(numbers) else None)


def test_every_item_comes_once_and_in_order() -> None:
    asked: list[PageRequest] = []
    found = every_item(lambda request: pages_of(list(range(7)), asked, request), PageRequest(limit=3, sort="number"))

    assert list(found) == list(range(7))
    assert [(one.limit, one.sort, one.cursor) for one in asked] == [
        (3, "number", None),
        (3, "number", "3"),
        (3, "number", "6"),
    ]


def test_nothing_is_found_in_one_empty_page() -> None:
    asked: list[PageRequest] = []
    assert list(every_item(lambda request: pages_of([], asked, request), PageRequest())) == []
    assert len(asked) == 1


def test_a_page_is_read_only_when_it_is_wanted() -> None:
    asked: list[PageRequest] = []
    found = every_item(lambda request: pages_of([1, 2, 3], asked, request), PageRequest(limit=1))
    assert next(found) == 1
    assert len(asked) == 1
