"""Pages and their cursors, on every list."""

import base64
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TypeVar

import pytest

from iot_maint.domain.equipment import EquipmentStatus
from iot_maint.domain.errors import InvalidInput
from iot_maint.domain.queries import AlarmQuery, EquipmentQuery, Page, PageRequest, WorkOrderQuery
from iot_maint.storage.relational.database import RelationalDatabase
from tests.builders import T0, a_work_order, an_alarm_event, an_equipment

T = TypeVar("T")
HOUR = timedelta(hours=1)


def walk(read: Callable[[PageRequest], Page[T]], sort: str | None, limit: int) -> list[Sequence[T]]:
    """All pages, as far as a cursor leads on."""
    pages = [read(PageRequest(limit=limit, sort=sort))]
    while (cursor := pages[-1].next_cursor) is not None:
        assert len(pages) < 10, "the cursors lead in a circle"
        pages.append(read(PageRequest(limit=limit, sort=sort, cursor=cursor)))
    return [page.items for page in pages]


def equipment_pages(database: RelationalDatabase, sort: str | None, limit: int = 2) -> list[list[str]]:
    with database.reading() as repositories:
        pages = walk(lambda request: repositories.equipment.page(EquipmentQuery(), request), sort, limit)
    return [[one.code for one in page] for page in pages]


def order_pages(database: RelationalDatabase, sort: str | None) -> list[str]:
    with database.reading() as repositories:
        pages = walk(lambda request: repositories.orders.page(WorkOrderQuery(), request), sort, 2)
    return [one.number for page in pages for one in page]


@pytest.fixture
def five_pumps(database: RelationalDatabase) -> RelationalDatabase:
    names = {"P-1": "乙", "P-2": "甲", "P-3": "甲", "P-4": "乙", "P-5": "丙"}
    with database.transaction() as repositories:
        for code, name in names.items():
            repositories.equipment.add(an_equipment(code, name=name, parameters={"setpoint": float(code[2:])}))
    return database


def test_equipment_comes_by_code_and_the_last_page_has_no_cursor(five_pumps: RelationalDatabase) -> None:
    assert equipment_pages(five_pumps, None) == [["P-1", "P-2"], ["P-3", "P-4"], ["P-5"]]
    assert equipment_pages(five_pumps, "-code", limit=5) == [["P-5", "P-4", "P-3", "P-2", "P-1"]]


def test_equal_names_are_told_apart_by_code(five_pumps: RelationalDatabase) -> None:
    ascending = [code for page in equipment_pages(five_pumps, "name", limit=1) for code in page]
    descending = [code for page in equipment_pages(five_pumps, "-name", limit=1) for code in page]

    assert sorted(ascending) == ["P-1", "P-2", "P-3", "P-4", "P-5"]
    assert descending == ascending[::-1]
    assert ascending.index("P-3") == ascending.index("P-2") + 1
    assert ascending.index("P-4") == ascending.index("P-1") + 1


def test_each_of_a_page_has_its_own_parameters(five_pumps: RelationalDatabase) -> None:
    with five_pumps.reading() as repositories:
        items = repositories.equipment.page(EquipmentQuery(), PageRequest(limit=3)).items

    assert [one.parameters for one in items] == [{"setpoint": 1.0}, {"setpoint": 2.0}, {"setpoint": 3.0}]


def test_equipment_is_filtered_by_what_it_is(five_pumps: RelationalDatabase) -> None:
    other = an_equipment(
        "L-1", name="Lift_1 客梯", equipment_type="elevator", site="s2", kind=None, status=EquipmentStatus.RETIRED
    )
    queries = (
        EquipmentQuery(site="s2"),
        EquipmentQuery(type="elevator"),
        EquipmentQuery(status=EquipmentStatus.RETIRED),
        EquipmentQuery(text="lift"),
        EquipmentQuery(text="客梯"),
        EquipmentQuery(text="l-1"),
        EquipmentQuery(text="t_1"),
    )
    with five_pumps.transaction() as repositories:
        repositories.equipment.add(other)

        for query in queries:
            found = repositories.equipment.page(query, PageRequest()).items
            assert [one.code for one in found] == ["L-1"], query
        assert len(repositories.equipment.page(EquipmentQuery(kind="booster"), PageRequest()).items) == 5
        # Wildcards of LIKE are plain characters here.
        assert not repositories.equipment.page(EquipmentQuery(text="%"), PageRequest()).items


def test_alarms_come_newest_first_and_a_new_one_shifts_no_page(database: RelationalDatabase) -> None:
    with database.transaction() as repositories:
        for hour in (1, 3, 2):
            repositories.alarms.record(an_alarm_event(raised_at=T0 + hour * HOUR))
        first = repositories.alarms.page(AlarmQuery(), PageRequest(limit=2))
        repositories.alarms.record(an_alarm_event(raised_at=T0 + 4 * HOUR))
        second = repositories.alarms.page(AlarmQuery(), PageRequest(limit=2, cursor=first.next_cursor))

    assert [one.key.raised_at for one in first.items] == [T0 + 3 * HOUR, T0 + 2 * HOUR]
    assert [one.key.raised_at for one in second.items] == [T0 + HOUR]
    assert second.next_cursor is None


def test_orders_come_newest_first_or_by_urgency_or_number(database: RelationalDatabase) -> None:
    with database.transaction() as repositories:
        for number, urgency, hour in (("WO-2", 1, 3), ("WO-1", 2, 1), ("WO-4", 1, 1), ("WO-3", 3, 2)):
            order = a_work_order(number, fault_mode=number, urgency=urgency, opened_at=T0 + hour * HOUR)
            repositories.orders.add(order)

    assert order_pages(database, None) == ["WO-2", "WO-3", "WO-4", "WO-1"]
    assert order_pages(database, "opened_at") == ["WO-1", "WO-4", "WO-3", "WO-2"]
    assert order_pages(database, "urgency") == ["WO-2", "WO-4", "WO-1", "WO-3"]
    assert order_pages(database, "-number") == ["WO-4", "WO-3", "WO-2", "WO-1"]


@pytest.mark.parametrize("sort", ["colour", "-colour", "--code", "raised_at", "-"])
def test_an_unknown_sort_is_refused_by_name(database: RelationalDatabase, sort: str) -> None:
    with database.reading() as repositories, pytest.raises(InvalidInput, match="code, name") as refusal:
        repositories.equipment.page(EquipmentQuery(), PageRequest(sort=sort))

    assert refusal.value.field == "sort"


def encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "水泵",
        "!!!!",
        encoded("[]"),
        encoded('["-raised_at", 5, 1]'),
        encoded('["-raised_at", "2026-01-01T00:00:00", 1]'),
        encoded('["-raised_at", "2026-01-01T00:00:00Z", 99999999999999999999]'),
        encoded('["raised_at", "2026-01-01T00:00:00Z", 1]'),
        encoded('["-raised_at", "2026-01-01T00:00:00Z", 1, 1]'),
    ],
)
def test_a_bad_cursor_is_refused(database: RelationalDatabase, cursor: str) -> None:
    with database.reading() as repositories, pytest.raises(InvalidInput) as refusal:
        repositories.alarms.page(AlarmQuery(), PageRequest(cursor=cursor))

    assert refusal.value.field == "cursor"


def test_a_text_with_nul_is_no_cursor(database: RelationalDatabase) -> None:
    with database.reading() as repositories, pytest.raises(InvalidInput):
        repositories.equipment.page(EquipmentQuery(), PageRequest(cursor=encoded('["code", "\\u0000", "a"]')))
