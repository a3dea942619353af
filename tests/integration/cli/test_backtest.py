"""`iot-maint backtest` on recorded files and on the installation's own history; the page's example is real."""

import json
import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from iot_maint.cli import build_app
from iot_maint.settings import Settings
from tests.backtest_stories import an_installation, store_history
from tests.builders import an_equipment
from tests.pump_stories import COOL, HOT, bearing_at

ROOT = Path(__file__).parents[3]
RULE = "pump.bearing_temp_warning"


@pytest.fixture(autouse=True)
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """An installation whose pump was hot for twenty minutes."""
    monkeypatch.setenv("IOT_MAINT_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("IOT_MAINT_LANGUAGE", "en")
    monkeypatch.chdir(tmp_path)
    made = an_installation(tmp_path, an_equipment("P-1"))
    store_history(made, [*bearing_at(COOL, 0, 29), *bearing_at(HOT, 30, 49), *bearing_at(COOL, 50, 120)])
    return made


def run(*arguments: str) -> Result:
    return CliRunner().invoke(build_app(("backtest",)), ["backtest", *arguments])


TIME = ("--from", "2026-01-01", "--to", "2026-01-02")


def test_the_figures_the_fault_and_the_order_are_told(tmp_path: Path) -> None:
    known = "equipment,fault_mode,onset,failure\nP-1,PMP-BEAR,2026-01-01T08:20+08:00,2026-01-01T10:00+08:00\n"
    (tmp_path / "faults.csv").write_text(known, "utf-8")

    told = run(RULE, *TIME, "--faults", "faults.csv", "--set", f"{RULE}.limit=84").stdout

    assert re.search(r"as it stands\s+changed", told)
    assert re.search(r"known faults found\s+1/1\s+1/1", told)
    assert "found 2026-01-01 08:40 (pump.bearing_temp_warning), 1.3 h ahead" in told
    assert "above the limit of 80 °C" in told
    assert "above the limit of 84 °C" in told


def test_json_is_one_document() -> None:
    document = json.loads(run(RULE, *TIME, "--json").stdout)

    assert (document["format"], document["rules"]) == (1, [RULE])
    [setting] = document["settings"]
    assert [one["raised_at"] for one in setting["episodes"]] == ["2026-01-01T08:40:00+08:00"]
    assert setting["figures"]["false_alarms"] == 1


def test_a_plot_is_written_to_a_file_or_one_an_equipment_into_a_folder(tmp_path: Path) -> None:
    assert run(RULE, *TIME, "--plot", "all.svg").exit_code == 0
    assert run(RULE, *TIME, "--plot", "plots").exit_code == 0

    assert b"<svg" in (tmp_path / "all.svg").read_bytes()[:500]
    assert [path.name for path in (tmp_path / "plots").iterdir()] == ["P-1.png"]


def test_faults_that_cannot_be_read_are_named_with_their_line(tmp_path: Path) -> None:
    (tmp_path / "faults.csv").write_text("equipment,fault_mode,onset,failure\nP-1,,soon,later\n", "utf-8")

    failed = run(RULE, *TIME, "--faults", "faults.csv")

    assert "faults.csv:2: onset: 'soon' is no time" in str(failed.exception)


@pytest.mark.parametrize("page", ["backtest.md", "backtest.zh-CN.md"])
def test_the_example_of_the_page_is_what_the_command_says(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IOT_MAINT_LANGUAGE", "zh-CN" if "zh-CN" in page else "en")
    text = (ROOT / "docs" / page).read_text("utf-8")
    for name, content in re.findall(r"cat > (\S+) <<'CSV'\n(.*?)CSV\n", text, re.DOTALL):
        (tmp_path / name).write_text(content, "utf-8")
    command = re.search(r"^iot-maint (backtest .* --files .*)$", text, re.MULTILINE)
    assert command is not None
    shown = re.search(r"```text\n(.*?)```", text, re.DOTALL)
    assert shown is not None

    said = CliRunner().invoke(build_app(("backtest",)), shlex.split(command[1])).stdout

    assert said == shown[1]
