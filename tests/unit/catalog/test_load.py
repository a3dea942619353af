from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from iot_maint.catalog import load_catalog, load_type
from iot_maint.domain.catalog import BasisKind, Comparison, Severity

RIG_DIR = Path(__file__).parents[2] / "catalog"


def test_the_pump_type_says_when_a_bearing_is_hot() -> None:
    pump = load_catalog().types["pump"]

    rule = pump.rules["bearing_temp_warning"]

    assert rule.id == "pump.bearing_temp_warning"
    assert (rule.metric, rule.comparison) == ("bearing_temp", Comparison.ABOVE)
    assert (rule.limit.value, rule.clear_limit.value) == (80, 79)
    assert rule.for_duration == timedelta(minutes=10)
    assert rule.basis.kind is BasisKind.ENGINEERING_DEFAULT
    assert pump.fault_modes[rule.fault_mode].urgency[Severity.CRITICAL] == 2


def test_a_rule_is_for_the_kinds_of_its_metric_unless_it_names_fewer() -> None:
    rules = load_catalog().types["power_room"].rules

    assert rules["hot_spot_temp_warning"].kinds == {"dry_f", "dry_h", "oil"}
    assert rules["winding_temp_dry_f_warning"].kinds == {"dry_f"}
    assert rules["room_temp_warning"].kinds == frozenset()


def test_a_boolean_limit_is_cleared_by_any_other_value() -> None:
    rule = load_catalog().types["pump"].rules["fire_auto_mode_critical"]

    assert (rule.comparison, rule.limit.value, rule.clear_limit) == (Comparison.IS, 0.0, rule.limit)


def test_a_relative_limit_takes_its_number_from_the_equipment() -> None:
    rule = load_catalog().types["pump"].rules["discharge_pressure_low_warning"]

    assert rule.limit.resolve({"setpoint": 0.40}) == pytest.approx(0.35)
    assert rule.limit.resolve({}) is None


def test_a_figure_without_words_reads_the_same_in_both_languages() -> None:
    metrics = load_catalog().types["pump"].metrics

    normal = metrics["vib_rms"].normal
    worded = metrics["discharge_pressure"].normal

    assert normal is not None
    assert normal.zh == normal.en == "< 3.2"
    assert worded is not None
    assert worded.zh != worded.en


def test_the_pump_test_rig_is_a_type_by_its_file_alone() -> None:
    catalog = load_catalog(RIG_DIR)

    rig = catalog.types["test_rig"]

    assert set(catalog.types) == {"elevator", "pump", "power_room", "test_rig"}
    alone = load_type(RIG_DIR / "test_rig.toml")
    assert (
        replace(rig, calendar=alone.calendar, fault_modes=alone.fault_modes, spares=alone.spares, trades=alone.trades)
        == alone
    )
    assert list(rig.fault_modes) == [*alone.fault_modes, "SENSOR-SILENT", "GATEWAY-SILENT"]
    assert rig.rules["flow_low"].limit.resolve({"nameplate.flow_low_limit": 32.0}) == 32.0
    assert rig.rules["flow_low"].for_duration == timedelta(seconds=30)
    assert not rig.rules["flow_low"].gated


def test_the_four_level_profile_is_in_force_unless_another_is_chosen() -> None:
    levels = load_catalog().service_levels

    assert levels[1].arrive == timedelta(minutes=30)
    assert [levels[urgency].finish for urgency in (1, 2, 3, 4)] == [
        None,
        timedelta(hours=2),
        timedelta(hours=24),
        timedelta(hours=48),
    ]


def test_the_three_level_profile_has_no_fourth_level() -> None:
    levels = load_catalog(service_level_profile="three-level").service_levels

    assert set(levels) == {1, 2, 3}
    assert (levels[1].dispatch, levels[1].finish) == (timedelta(minutes=5), timedelta(hours=2))
    assert levels[2].dispatch == timedelta(hours=24)
    assert levels[3].finish == timedelta(days=30)


def test_the_premium_profile_is_there_in_fifteen_minutes() -> None:
    levels = load_catalog(service_level_profile="premium").service_levels

    assert levels[1].arrive == timedelta(minutes=15)
    assert levels[2].acknowledge == timedelta(minutes=15)
    assert [levels[urgency].finish for urgency in (3, 4)] == [timedelta(hours=24), timedelta(hours=48)]
