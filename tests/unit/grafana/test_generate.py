"""The generator: the committed files are what it makes, and a new type needs no Python."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from grafana.generate import generate, main, stale_files
from grafana.words import board_uid
from iot_maint.catalog import load_catalog
from tests.rule_builders import a_type

RIG = Path(__file__).parents[2] / "catalog"


def test_the_committed_files_are_what_the_catalog_says() -> None:
    assert stale_files(generate(load_catalog())) == []


def test_the_same_catalog_gives_the_same_bytes() -> None:
    assert generate(load_catalog()) == generate(load_catalog())


def test_a_changed_and_a_left_over_file_are_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--out", str(tmp_path)]) == 0
    assert main(["--check", "--out", str(tmp_path)]) == 0

    (tmp_path / "dashboards" / "pump.json").write_text("{}")
    (tmp_path / "dashboards" / "chiller.json").write_text("{}")

    assert main(["--check", "--out", str(tmp_path)]) == 1
    assert [line.partition(":")[0] for line in capsys.readouterr().out.splitlines()] == [
        "dashboards/pump.json",
        "dashboards/chiller.json",
    ]


def test_a_type_that_is_one_toml_gets_a_board(tmp_path: Path) -> None:
    main(["--catalog-dir", str(RIG), "--out", str(tmp_path)])

    board = json.loads((tmp_path / "dashboards" / "test_rig.json").read_text(encoding="utf-8"))
    overview = json.loads((tmp_path / "dashboards" / "overview.json").read_text(encoding="utf-8"))
    titles = {panel["title"] for panel in board["panels"]}
    assert board["uid"] == "iot-maint-test-rig"
    assert {metric.label.zh for metric in load_catalog(RIG).types["test_rig"].metrics.values()} <= titles
    assert "水泵试验台：上报设备" in {panel["title"] for panel in overview["panels"]}


def test_a_name_too_long_for_a_uid_is_refused() -> None:
    with pytest.raises(ValueError, match="at most 40"):
        board_uid(replace(a_type([]), name="x" * 31))


@pytest.mark.parametrize("name", ["overview", "data_quality"])
def test_a_name_that_would_take_another_board_s_uid_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="another board's uid"):
        board_uid(replace(a_type([]), name=name))
