"""The examples of the rules' pages are rules: each parses, in both languages the same."""

import re
from pathlib import Path

import pytest

from iot_maint.catalog.load import load_catalog, load_type
from iot_maint.domain.signals import SignalKind

DOCS = Path(__file__).parents[3] / "docs"
PAGES = ("rules.md", "rules.zh-CN.md")
HEAD = """schema = 1
type = "example"
name = { zh = "示例", en = "Example" }
settle = "5m"
metrics.running = { name = { zh = "运行", en = "Running" }, unit = "1", kind = "boolean", interval = "60s" }
metrics.automatic = { name = { zh = "自动", en = "Automatic" }, unit = "1", kind = "boolean", interval = "60s" }
metrics.bearing_temp = { name = { zh = "轴承温度", en = "Bearing temperature" }, unit = "°C", interval = "60s" }
metrics.room_temp = { name = { zh = "室温", en = "Room temperature" }, unit = "°C", interval = "60s" }
metrics.phase_a_temp = { name = { zh = "A 相", en = "Phase A" }, unit = "°C", interval = "60s" }
metrics.phase_b_temp = { name = { zh = "B 相", en = "Phase B" }, unit = "°C", interval = "60s" }
trades.mechanic = { zh = "机修", en = "Mechanic" }

[fault_modes.EX-BEAR]
name = { zh = "轴承", en = "Bearing" }
cause = { zh = "磨损", en = "Wear" }
action = { zh = "更换", en = "Replace" }
trade = "mechanic"
urgency = { warning = 3, critical = 2 }

"""
COMMON = 'severity = "warning"\nfault_mode = "EX-BEAR"\nbasis = "engineering default"\n'


def examples(page: str) -> list[str]:
    return re.findall(r"```toml\n(.*?)```", (DOCS / page).read_text(encoding="utf-8"), re.DOTALL)


def completed(example: str) -> str:
    """With what the page says that it leaves out."""
    return re.sub(r"(\[rules\.(\w+)\]\n)", rf"\1{COMMON}".replace("\\n", "\n"), example)


@pytest.mark.parametrize("page", PAGES)
def test_every_example_is_a_rule(page: str, tmp_path: Path) -> None:
    whole = tmp_path / "example.toml"
    of_the_type = [example for example in examples(page) if "extends" not in example]
    whole.write_text(HEAD + "\n".join(map(completed, of_the_type)), encoding="utf-8")

    kinds = {rule.signal_kind for rule in load_type(whole).rules.values()}

    assert kinds == set(SignalKind) - {SignalKind.EXPRESSION}


@pytest.mark.parametrize("page", PAGES)
def test_the_file_that_adds_a_rule_for_one_pump_loads(page: str, tmp_path: Path) -> None:
    [adding] = [example for example in examples(page) if "extends" in example]
    (tmp_path / "own.toml").write_text(completed(adding).replace("EX-BEAR", "PMP-BEAR"), encoding="utf-8")

    assert load_catalog(tmp_path).types["pump"].rules["bp17_bearing"].equipment == {"BP-17"}


def test_both_languages_show_the_same_examples() -> None:
    assert examples("rules.md") == examples("rules.zh-CN.md")
