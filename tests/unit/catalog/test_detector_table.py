"""What a type says of its detectors: read, checked with file, line and key, and chosen by kind."""

from datetime import timedelta
from pathlib import Path

import pytest

from iot_maint.catalog import load_catalog, load_type
from iot_maint.domain.errors import BrokenCatalog
from iot_maint.services.training.recipes import recipe_for

CHILLER = Path(__file__).with_name("chiller.toml").read_text(encoding="utf-8")
SOUND = '[detector]\nmetrics = ["water_temp"]\ndrivers = ["start_time"]\ngate = "running"\nbin = "1m"\n'


def load(tmp_path: Path, table: str) -> None:
    file = tmp_path / "chiller.toml"
    file.write_text(f"{CHILLER}\n{table}", encoding="utf-8")
    load_type(file)


def test_a_type_needs_no_detector_and_may_have_one(tmp_path: Path) -> None:
    load(tmp_path, "")
    load(tmp_path, SOUND)
    load(tmp_path, SOUND + 'default = "tracker"\n')


@pytest.mark.parametrize(
    ("old", "new", "key", "reason"),
    [
        ('["water_temp"]', '["watre_temp"]', "detector.metrics", "metric watre_temp is not declared"),
        ('["water_temp"]', "[]", "detector.metrics", "at least 1"),
        ('["water_temp"]', '["running"]', "detector.metrics", "running is a boolean; a detector looks at numbers"),
        ('["start_time"]', '["water_temp"]', "detector.metrics", "water_temp stands there twice"),
        ('gate = "running"', 'gate = "water_temp"', "detector.gate", "water_temp is a number; a gate is a boolean"),
        ('gate = "running"', 'gate = "runing"', "detector.gate", "metric runing is not declared"),
        ('bin = "1m"', "", "detector.bin", "is missing"),
        ('bin = "1m"', 'bin = "0s"', "detector.bin", "greater than"),
        ('bin = "1m"', 'bin = "1m"\nwindow = 3', "detector.window", "unknown key"),
        ('bin = "1m"', 'bin = "1m"\nlimit = 0', "detector.limit", "greater than"),
        ('bin = "1m"', 'bin = "1m"\nlimit = "high"', "detector.limit", "number"),
        ('bin = "1m"', 'bin = "1m"\nlimit = nan', "detector.limit", "finite"),
        ('bin = "1m"', 'bin = "1m"\nlimit = 2', "detector.clear", "3 is not below the limit of 2"),
        ('bin = "1m"', 'bin = "1m"\ndwell = 60', "detector.dwell", ""),
    ],
)
def test_a_broken_table_is_refused_with_its_key(tmp_path: Path, old: str, new: str, key: str, reason: str) -> None:
    assert old in SOUND

    with pytest.raises(BrokenCatalog, match=r"^chiller\.toml:\d+: ") as refusal:
        load(tmp_path, SOUND.replace(old, new))

    assert f": {key}: " in str(refusal.value)
    assert reason in str(refusal.value)


def test_when_an_alarm_is_raised_is_the_tables_word_or_else_the_products(tmp_path: Path) -> None:
    pump = load_catalog().types["pump"].detector
    assert pump is not None
    assert (pump.limit, pump.clear, pump.dwell) == (5.0, 3.0, timedelta(hours=1))

    file = tmp_path / "chiller.toml"
    file.write_text(f'{CHILLER}\n{SOUND}limit = 4\nclear = 2.5\ndwell = "20m"\n', encoding="utf-8")
    own = load_type(file).detector
    assert own is not None
    assert (own.limit, own.clear, own.dwell) == (4.0, 2.5, timedelta(minutes=20))


@pytest.mark.parametrize(
    ("type_name", "kind", "metric", "absent"),
    [
        ("pump", "booster", "vib_rms", "insulation_resistance"),
        ("elevator", None, "brake_stop_distance", "trips"),
        ("power_room", "lv", "busbar_temp", "winding_temp"),
        ("power_room", "oil", "top_oil_temp", "busbar_temp"),
        ("power_room", "ups", "float_voltage", "load_ratio"),
    ],
)
def test_of_each_kind_what_exists_there_is_looked_at(
    type_name: str, kind: str | None, metric: str, absent: str
) -> None:
    recipe = recipe_for(load_catalog().types[type_name], kind)

    assert recipe is not None
    assert metric in recipe.metrics
    assert absent not in recipe.columns


def test_every_built_in_type_says_what_its_detectors_look_at() -> None:
    for type_ in load_catalog().types.values():
        assert type_.detector is not None, type_.name
        kinds: list[str | None] = [*type_.kinds] or [None]
        for kind in kinds:
            assert (recipe_for(type_, kind) is None) == (kind == "room"), (type_.name, kind)


def test_a_pump_stands_while_it_does_not_run_and_a_row_is_five_minutes() -> None:
    spec = load_catalog().types["pump"].detector

    assert spec is not None
    assert (spec.gate, spec.bin) == ("running", timedelta(minutes=5))
