"""Where panels stand."""

import pytest

from grafana.grid import Line, Section, line, lines, place
from grafana.words import Json


def a_panel(title: str = "x") -> Json:
    return {"type": "stat", "title": title}


@pytest.mark.parametrize(("count", "sizes"), [(1, [1]), (3, [3]), (4, [2, 2]), (5, [3, 2]), (7, [3, 2, 2])])
def test_lines_are_full(count: int, sizes: list[int]) -> None:
    placed = lines([a_panel() for _ in range(count)], height=8)

    assert [len(each.panels) for each in placed] == sizes
    assert all(sum(each.widths) == 24 for each in placed)


def test_a_line_that_leaves_a_hole_is_refused() -> None:
    with pytest.raises(ValueError, match="do not fill 24 columns"):
        Line(panels=[a_panel()], height=8, widths=[17])


def test_what_is_collapsed_stands_inside_its_heading_and_takes_no_room() -> None:
    hidden = Section(title="累计量", lines=[line(a_panel("a"), height=9)], collapsed=True)
    shown = Section(title="上报", lines=[line(a_panel("b"), height=9)])

    first, second, third = place([hidden, shown])

    assert first["collapsed"] is True
    assert [panel["title"] for panel in _panels(first)] == ["a"]
    assert second["gridPos"] == {"x": 0, "y": 1, "w": 24, "h": 1}
    assert third["gridPos"] == {"x": 0, "y": 2, "w": 24, "h": 9}


def _panels(heading: Json) -> list[Json]:
    panels = heading["panels"]
    assert isinstance(panels, list)
    return panels
