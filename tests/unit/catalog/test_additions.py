"""Rules of an installation's own, in a file that adds to a type of another one; some for named equipment alone."""

from pathlib import Path

import pytest

from iot_maint.catalog import load_catalog
from iot_maint.domain.errors import BrokenCatalog

RULE = """
[rules.bp17_bearing]
metric = "bearing_temp"
above = 70
clear = 68
for = "10m"
severity = "warning"
fault_mode = "PMP-BEAR"
equipment = ["BP-17", "二号楼泵"]
basis = "engineering default"
"""
HEAD = 'schema = 1\nextends = "pump"\n'


def load(folder: Path, text: str) -> None:
    (folder / "own.toml").write_text(text, encoding="utf-8")
    load_catalog(folder)


def test_a_file_may_add_a_rule_for_named_equipment_to_a_built_in_type(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(HEAD + RULE, encoding="utf-8")

    pump, built_in = load_catalog(tmp_path).types["pump"], load_catalog().types["pump"]

    rule = pump.rules["bp17_bearing"]
    assert rule.id == "pump.bp17_bearing"
    assert rule.equipment == {"BP-17", "二号楼泵"}
    assert [key for key in pump.rules if key not in built_in.rules] == ["bp17_bearing"]
    assert {key: one for key, one in pump.rules.items() if key != "bp17_bearing"} == built_in.rules


def test_what_its_rules_name_may_be_added_too(tmp_path: Path) -> None:
    added = """
[schedules.night]
hours = "22:00-06:00"

[derived.bearing_rise]
name = { zh = "轴承温升", en = "Bearing rise" }
unit = "K"
expression = "bearing_temp - 25"
"""
    rule = RULE.replace("bearing_temp", "bearing_rise").replace("equipment", 'only = ["night"]\nequipment')
    (tmp_path / "own.toml").write_text(HEAD + added + rule.replace("70", "20").replace("68", "18"), encoding="utf-8")

    pump = load_catalog(tmp_path).types["pump"]

    assert pump.rules["bp17_bearing"].only == ("night",)
    assert pump.derived["bearing_rise"].metric.unit == "K"


def test_two_files_add_to_one_type(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(HEAD + RULE, encoding="utf-8")
    (tmp_path / "b.toml").write_text(HEAD + RULE.replace("bp17_bearing", "bp18_bearing"), encoding="utf-8")

    assert {"bp17_bearing", "bp18_bearing"} <= load_catalog(tmp_path).types["pump"].rules.keys()


BOTH_SIDES = RULE.replace("bp17_bearing", "bearing_odd").replace(
    "clear = 68", "clear_above = 68\nbelow = 5\nclear_below = 6"
)

# name → the file, the line that the refusal names, the key, and why
BROKEN: dict[str, tuple[str, int, str, str]] = {
    "a type that nobody declares": (
        HEAD.replace("pump", "pumps") + RULE,
        2,
        "extends",
        "equipment type pumps is not declared; declared: elevator, power_room, pump",
    ),
    "a key that the type has": (
        HEAD + RULE.replace("bp17_bearing", "bearing_temp_warning"),
        4,
        "rules.bearing_temp_warning",
        "pump has one of this key already",
    ),
    "one side of a rule that the type has": (
        HEAD + BOTH_SIDES + RULE.replace("bp17_bearing", "bearing_odd_high"),
        16,
        "rules.bearing_odd_high",
        "pump has one of this key already",
    ),
    "an unknown key": (
        HEAD + RULE + "equipments = []\n",
        13,
        "rules.bp17_bearing.equipments",
        "unknown key; allowed: ",
    ),
    "a table that is the type's own": (HEAD + "[metrics]\n", 3, "metrics", "unknown key; allowed: schema, extends,"),
    "no equipment": (
        HEAD + RULE.replace('["BP-17", "二号楼泵"]', "[]"),
        11,
        "rules.bp17_bearing.equipment",
        "at least 1",
    ),
    "a word that is no code": (
        HEAD + RULE.replace("BP-17", "BP/17"),
        11,
        "rules.bp17_bearing.equipment.0",
        "no code of equipment: no control characters and none of / + #",
    ),
    "a code that is no text": (
        HEAD + RULE.replace('"BP-17"', "17"),
        11,
        "rules.bp17_bearing.equipment.0",
        "valid string",
    ),
    "a limit that flaps": (
        HEAD + RULE.replace("68", "71"),
        7,
        "rules.bp17_bearing.clear",
        "must lie below the limit 70",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_refused_with_file_line_and_key(tmp_path: Path, name: str) -> None:
    text, line, key, reason = BROKEN[name]

    with pytest.raises(BrokenCatalog) as refusal:
        load(tmp_path, text)

    message = str(refusal.value)
    assert message.startswith(f"own.toml:{line}: {key}: "), message
    assert reason in message


def test_a_critical_limit_of_one_may_lie_below_the_warning_of_others(tmp_path: Path) -> None:
    warning = RULE.replace("70", "83").replace("68", "82")
    critical = warning.replace("bp17_bearing", "own_critical").replace('"warning"', '"critical"').replace("83", "82.5")

    load(tmp_path, HEAD + warning + critical.replace("BP-17", "BP-18").replace("二号楼泵", "三号楼泵"))
    with pytest.raises(BrokenCatalog, match=r"critical at 82\.5 is crossed before bp17_bearing at 83"):
        load(tmp_path, HEAD + warning + critical)
