"""What a panel says of its metric."""

from datetime import timedelta

import pytest

from grafana.descriptions import describe, say_span
from iot_maint.catalog import load_catalog

TYPES = load_catalog().types


@pytest.mark.parametrize(
    ("seconds", "said"), [(30, "30 秒"), (150, "150 秒"), (600, "10 分钟"), (43_200, "12 小时"), (86_400, "1 天")]
)
def test_a_span_is_said_in_the_largest_unit_that_divides_it(seconds: int, said: str) -> None:
    assert say_span(timedelta(seconds=seconds)) == said


def description(type_name: str, metric: str) -> list[str]:
    type_ = TYPES[type_name]
    return describe(type_, type_.metrics[metric]).split("\n\n")


def test_an_absolute_limit_with_dwell_clear_limit_gate_and_basis() -> None:
    assert description("pump", "vib_rms") == [
        "正常：< 3.2（单位 mm/s）",
        "警告：高于 5.1 mm/s，持续 10 分钟，低于 4.91 mm/s 解除（仅运行时判断）。依据：工程默认值，按现场调整",
        "严重：高于 8.5 mm/s，持续 5 分钟，低于 7.97 mm/s 解除（仅运行时判断）。依据：工程默认值，按现场调整",
    ]


def test_a_relative_limit_names_its_parameter_and_has_no_band() -> None:
    lines = description("pump", "suction_pressure")

    assert lines[1].startswith("警告：低于 正常进口压力 × 0.8，持续 1 分钟，高于 正常进口压力 × 0.82 解除")
    assert "随设备参数变化的限值不画色带。" in lines


def test_a_standard_is_named() -> None:
    assert "依据：GB/T 12325" in description("power_room", "voltage_dev")[1]


def test_occurrences_are_counted_instead_of_time() -> None:
    assert "，连续 5 次，" in description("elevator", "car_vib_z_a95")[1]


def test_a_limit_over_a_signal_says_what_it_stands_over() -> None:
    assert description("elevator", "brake_release_time")[1].startswith(
        "警告：相对自身基线的偏差（14 天日中位数的中位数，满 14 天后保持不变）高于 20 %，连续 5 次，低于 18 % 解除。"
    )


def test_a_state_is_said_in_words() -> None:
    assert description("pump", "fire_auto_mode")[:2] == [
        "正常：是",
        "严重：为“否”，一次即报。依据：工程默认值，按现场调整",
    ]


def test_limits_of_one_kind_name_it() -> None:
    lines = description("power_room", "winding_temp")

    assert "（干式变压器（F 级））" in lines[1]
    assert "各类别限值不同，只画虚线，不画色带。" in lines
    assert lines[-1] == "适用：干式变压器（F 级）、干式变压器（H 级）"
