"""What a real Grafana was seen to refuse or to draw wrongly, checked on the committed files."""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import combinations
from typing import Any

import pytest

from tests.grafana.boards import BOARDS, load_board, panels_of

LOADED = {path.stem: load_board(path) for path in BOARDS}
PANELS = [(name, panel) for name, board in LOADED.items() for panel in panels_of(board)]
MARKS = [mark for board in LOADED.values() for mark in board["annotations"]["list"] if not mark.get("builtIn")]
SHOWS_NO_VALUE = {"timeseries", "stat", "gauge", "bargauge", "table", "piechart"}
QUALITY = "iot-maint-data-quality"
DATASOURCE = {"type": "influxdb", "uid": "iot-maint-influxdb"}
CHINESE = re.compile(r"[\u4e00-\u9fff]")

every_board = pytest.mark.parametrize("board", LOADED.values(), ids=LOADED)
every_panel = pytest.mark.parametrize(
    "panel", [panel for _, panel in PANELS], ids=[f"{n}-{p['id']}" for n, p in PANELS]
)


def panels_of_kind(kind: str) -> pytest.MarkDecorator:
    chosen = [(name, panel) for name, panel in PANELS if panel["type"] == kind]
    return pytest.mark.parametrize("panel", [p for _, p in chosen], ids=[f"{n}-{p['id']}" for n, p in chosen])


def links_of(panel: dict[str, Any]) -> Iterator[str]:
    config = panel["fieldConfig"]
    yield from (link["url"] for link in config["defaults"].get("links", []))
    for override in config["overrides"]:
        for each in override["properties"]:
            if each["id"] == "links":
                yield from (link["url"] for link in each["value"])


def test_there_is_an_overview_a_board_for_each_type_and_one_of_the_data() -> None:
    assert set(LOADED) == {"overview", "data-quality", "elevator", "pump", "power_room"}


def test_uids_are_unique_short_and_plain() -> None:
    uids = [board["uid"] for board in LOADED.values()]

    assert len(set(uids)) == len(uids)
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{1,40}", uid) for uid in uids)


def test_titles_are_unique_in_the_folder() -> None:
    assert len({board["title"] for board in LOADED.values()}) == len(LOADED)


@every_board
def test_a_board_is_a_bare_dashboard_of_a_version_that_loads(board: dict[str, Any]) -> None:
    assert 39 <= board["schemaVersion"] <= 42
    assert CHINESE.search(board["title"])
    assert "dashboard" not in board
    assert "__inputs" not in board


@pytest.mark.parametrize("path", BOARDS, ids=[path.stem for path in BOARDS])
def test_a_file_has_no_mark_in_front_and_no_import_placeholder(path: Any) -> None:
    assert path.read_bytes().startswith(b"{")
    assert b"${DS_" not in path.read_bytes()


@every_board
def test_variables_are_plain_text_and_take_several_values(board: dict[str, Any]) -> None:
    for variable in board["templating"]["list"]:
        assert isinstance(variable["query"], str)
        assert variable["refresh"] == 2
        assert variable["multi"]
        assert variable["includeAll"]
    names = [variable["name"] for variable in board["templating"]["list"]]
    others = {"iot-maint-overview": ["site"], QUALITY: ["worker"]}
    assert names == others.get(board["uid"], ["site", "equipment"])


@every_board
def test_ids_are_unique_and_there_are_not_too_many_panels(board: dict[str, Any]) -> None:
    ids = Counter(panel["id"] for panel in [*board["panels"], *panels_of(board)])

    headings = {panel["id"] for panel in board["panels"] if panel["type"] == "row"}
    assert headings
    assert len(set(ids)) == len(headings) + len(list(panels_of(board)))
    assert len(list(panels_of(board))) <= 45


@every_board
def test_panels_do_not_overlap_and_fill_whole_lines(board: dict[str, Any]) -> None:
    for panels in [board["panels"], *(panel["panels"] for panel in board["panels"] if panel["type"] == "row")]:
        places = [panel["gridPos"] for panel in panels]
        for place in places:
            assert place["x"] >= 0
            assert place["x"] + place["w"] <= 24
        for one, other in combinations(places, 2):
            apart_x = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
            apart_y = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
            assert apart_x or apart_y, (one, other)
        lines = Counter[int]()
        for place in places:
            lines[place["y"]] += place["w"]
        assert set(lines.values()) <= {24}


@every_panel
def test_a_panel_has_a_chinese_title_and_says_what_it_shows(panel: dict[str, Any]) -> None:
    assert CHINESE.search(panel["title"])
    assert CHINESE.search(panel["description"])


@every_panel
def test_queries_are_raw_on_our_data_source_and_in_the_form_the_panel_draws(panel: dict[str, Any]) -> None:
    assert panel["datasource"] == DATASOURCE
    for target in panel["targets"]:
        assert target["datasource"] == DATASOURCE
        assert target["rawQuery"] is True
        assert target["resultFormat"] == ("table" if panel["type"] == "table" else "time_series")
    refs = [target["refId"] for target in panel["targets"]]
    assert len(set(refs)) == len(refs)


@every_panel
def test_a_series_is_named_by_us(panel: dict[str, Any]) -> None:
    for target in panel["targets"]:
        if target["resultFormat"] == "time_series":
            grouped = target["query"].rpartition("GROUP BY ")[2]
            assert target["alias"]
            for tag in re.findall(r"\$tag_(\w+)", target["alias"]):
                assert f'"{tag}"' in grouped


@every_panel
def test_variables_are_matched_by_regular_expression_only(panel: dict[str, Any]) -> None:
    for target in panel["targets"]:
        rest = re.sub(r'"(site|equipment|worker)" =~ /\^\$\1\$/', "", target["query"])
        assert "$site" not in rest
        assert "$equipment" not in rest
        assert "$worker" not in rest


@every_panel
def test_no_value_is_said_in_chinese_where_grafana_shows_it(panel: dict[str, Any]) -> None:
    expected = {"无数据", "0"} if panel["type"] in SHOWS_NO_VALUE else {None}

    assert panel["fieldConfig"]["defaults"].get("noValue") in expected


@every_panel
def test_a_count_of_nothing_is_zero(panel: dict[str, Any]) -> None:
    counts = any(target["query"].startswith('SELECT count("') for target in panel["targets"])
    if counts and panel["type"] in {"stat", "timeseries"}:
        assert panel["fieldConfig"]["defaults"]["noValue"] == "0"


@every_panel
def test_links_lead_to_boards_that_exist_with_what_the_panel_knows(panel: dict[str, Any]) -> None:
    uids = {board["uid"] for board in LOADED.values()}
    source = "__data.fields" if panel["type"] == "table" else "__field.labels"
    for url in links_of(panel):
        path, _, query = url.partition("?")
        assert path.removeprefix("/d/") in uids
        assert query == f"${{site:queryparam}}&var-equipment=${{{source}.equipment}}&${{__url_time_range}}"


@every_board
def test_links_between_boards_keep_time_and_sites_but_no_equipment(board: dict[str, Any]) -> None:
    others = {other["uid"] for other in LOADED.values()} - {board["uid"]}
    # The board of the data knows no sites: the variable would stay in the address as it is.
    expected = {f"/d/{uid}" if QUALITY in (uid, board["uid"]) else f"/d/{uid}?${{site:queryparam}}" for uid in others}

    assert {link["url"] for link in board["links"]} == expected
    assert all(link["keepTime"] and not link["includeVars"] for link in board["links"])


@panels_of_kind("stat")
def test_a_tile_shows_the_newest_value_of_each_series(panel: dict[str, Any]) -> None:
    assert panel["options"]["reduceOptions"] == {"calcs": ["lastNotNull"], "fields": "", "values": False}


@panels_of_kind("timeseries")
def test_a_curve_leaves_an_outage_open(panel: dict[str, Any]) -> None:
    assert panel["fieldConfig"]["defaults"]["custom"]["spanNulls"] is False
    for target in panel["targets"]:
        assert target["query"].endswith("fill(null)")


@panels_of_kind("state-timeline")
def test_a_state_has_the_colours_of_its_mappings(panel: dict[str, Any]) -> None:
    defaults = panel["fieldConfig"]["defaults"]

    assert defaults["color"]["mode"] == "fixed"
    assert all("color" in result for mapping in defaults["mappings"] for result in mapping["options"].values())


@panels_of_kind("table")
def test_cells_are_drawn_alike_by_old_and_new_versions(panel: dict[str, Any]) -> None:
    config = panel["fieldConfig"]

    assert {"displayMode", "cellOptions"} <= set(config["defaults"]["custom"])
    for override in config["overrides"]:
        ids = {each["id"] for each in override["properties"]}
        assert ("custom.displayMode" in ids) == ("custom.cellOptions" in ids)


@panels_of_kind("table")
def test_columns_stand_in_our_order_and_under_chinese_names(panel: dict[str, Any]) -> None:
    organize = panel["transformations"][-1]
    names = {
        override["matcher"]["options"]: each["value"]
        for override in panel["fieldConfig"]["overrides"]
        for each in override["properties"]
        if each["id"] == "displayName"
    }

    assert organize["id"] == "organize"
    assert set(organize["options"]["indexByName"]) == set(names)
    assert all(CHINESE.search(name) for name in names.values())
    for sort in panel["options"]["sortBy"]:
        assert sort["displayName"] in names.values()


@panels_of_kind("table")
def test_an_absent_value_is_not_coloured_as_the_lowest(panel: dict[str, Any]) -> None:
    for override in panel["fieldConfig"]["overrides"]:
        properties = {each["id"]: each["value"] for each in override["properties"]}
        if "thresholds" in properties:
            assert [m["options"]["match"] for m in properties["mappings"] if m["type"] == "special"] == ["null"]


@pytest.mark.parametrize("mark", MARKS, ids=[f"{index}" for index in range(len(MARKS))])
def test_an_annotation_loads_in_every_version(mark: dict[str, Any]) -> None:
    target = mark["target"]

    assert mark["datasource"] == DATASOURCE
    assert target["fromAnnotations"] is True
    assert " " not in target["tagsColumn"]
    columns = re.findall(r'"(\w+)"', target["query"].partition(" FROM ")[0])
    assert {target["textColumn"], *target["tagsColumn"].split(",")} <= set(columns)
    assert not {"event", "order", "work"} & set(columns)


@every_board
def test_orders_are_marked_on_the_time_axis(board: dict[str, Any]) -> None:
    shown = [mark["name"] for mark in board["annotations"]["list"] if mark["enable"] and not mark.get("builtIn")]

    assert shown == ([] if board["uid"] == QUALITY else ["工单开立"])
