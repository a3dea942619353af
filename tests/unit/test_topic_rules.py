"""The setting `topics`: what is accepted, and that whatever is wrong is one line that names its key."""

import json
from pathlib import Path

import pytest

from iot_maint.domain.errors import BrokenSetting
from iot_maint.domain.units import CONVERSIONS
from iot_maint.settings import load_settings
from iot_maint.topic_rules import Format, Register, TopicRule

GOOD = {"topic": "dtu/{gateway}/up", "format": "dtu"}


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("IOT_MAINT_TOPICS", raising=False)


def test_the_settings_file_holds_them_as_tables() -> None:
    Path("iot-maint.toml").write_text(
        """
[[topics]]
topic = "dtu/{gateway}/up"
format = "dtu"

[[topics.registers]]
address = 40001
metric = "bearing_temp"
scale = 0.1
missing = [65535, -9999]

[[topics]]
topic = "homie/5/{equipment}/+/{metric}"
format = "homie"
site = "yard"
""",
        "utf-8",
    )
    dtu, homie = load_settings().topics
    assert (dtu.format, homie.format) == (Format.DTU, Format.HOMIE)
    assert dtu.registers == (Register(address="40001", metric="bearing_temp", scale=0.1, missing=(65535.0, -9999.0)),)
    assert (dtu.topic_filter, homie.topic_filter) == ("dtu/+/up", "homie/5/+/+/+")


def test_the_environment_holds_them_as_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IOT_MAINT_TOPICS", json.dumps([GOOD]))
    assert load_settings().topics == (TopicRule.model_validate(GOOD),)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("[{", "IOT_MAINT_TOPICS: no JSON: "),
        ("{}", "IOT_MAINT_TOPICS: "),
        ('[{"format": "dtu"}]', "IOT_MAINT_TOPICS[0].topic: "),
        ([GOOD, {**GOOD, "format": "opcua"}], "IOT_MAINT_TOPICS[1].format: "),
        ([{**GOOD, "colour": 1}], "IOT_MAINT_TOPICS[0].colour: no such setting"),
        ([{**GOOD, "topic": "dtu/#/{gateway}"}], "IOT_MAINT_TOPICS[0].topic: "),
        ([{**GOOD, "topic": "dtu/a+/{gateway}"}], "IOT_MAINT_TOPICS[0].topic: "),
        ([{**GOOD, "topic": "dtu/{imei}/up"}], "IOT_MAINT_TOPICS[0].topic: {imei} is no name of a level"),
        ([{**GOOD, "topic": "{gateway}/{gateway}"}], "IOT_MAINT_TOPICS[0].topic: a level's name stands twice"),
        ([{**GOOD, "topic": "$share/a/{gateway}"}], "IOT_MAINT_TOPICS[0].topic: "),
        ([{**GOOD, "topic": "dtu/up"}], "IOT_MAINT_TOPICS[0]: whose data is it?"),
        ([{**GOOD, "topic": "dtu/{equipment}"}], "IOT_MAINT_TOPICS[0]: at which site is it?"),
        ([{**GOOD, "topic": "dtu/{gateway}/{metric}"}], "IOT_MAINT_TOPICS[0]: {metric} belongs"),
        ([{**GOOD, "format": "homie"}], "IOT_MAINT_TOPICS[0]: {metric} belongs"),
        ([{**GOOD, "rebirth": True}], "IOT_MAINT_TOPICS[0]: rebirth is for"),
        ([{"topic": "a/{gateway}", "format": "sparkplug_b"}], "IOT_MAINT_TOPICS[0]: a Sparkplug topic starts with"),
        ([{"topic": "spBv1.0/#", "format": "sparkplug_b", "gateway": "g"}], "IOT_MAINT_TOPICS[0]: a Sparkplug topic"),
        (
            [{"topic": "x/{equipment}", "format": "thingsboard_gateway", "site": "y"}],
            "IOT_MAINT_TOPICS[0]: the payload names the equipment",
        ),
        ([{**GOOD, "registers": [{"address": "1"}]}], "IOT_MAINT_TOPICS[0].registers[0].metric: "),
        (
            [{**GOOD, "registers": [{"address": "1", "metric": "a", "scale": "0.1"}]}],
            "IOT_MAINT_TOPICS[0].registers[0].scale: ",
        ),
        (
            [{**GOOD, "registers": [{"address": "1", "metric": "a", "unit": "bar"}]}],
            "IOT_MAINT_TOPICS[0].registers[0]: register 1: unit and to_unit go together",
        ),
        (
            [{**GOOD, "registers": [{"address": "1", "metric": "a", "unit": "bar", "to_unit": "°C"}]}],
            "IOT_MAINT_TOPICS[0].registers[0]: register 1: no conversion of bar to °C",
        ),
    ],
)
def test_what_is_wrong_is_one_line_with_its_key(monkeypatch: pytest.MonkeyPatch, value: object, said: str) -> None:
    monkeypatch.setenv("IOT_MAINT_TOPICS", value if isinstance(value, str) else json.dumps(value))
    with pytest.raises(BrokenSetting) as refusal:
        load_settings()
    assert str(refusal.value).startswith(said)
    assert "\n" not in str(refusal.value)


def test_conversions_are_right_where_anybody_can_check_them() -> None:
    def convert(value: float, unit: str, to_unit: str) -> float:
        factor, offset = CONVERSIONS[unit, to_unit]
        return value * factor + offset

    assert convert(4.5, "bar", "MPa") == pytest.approx(0.45)
    assert convert(212, "°F", "°C") == pytest.approx(100)
    assert convert(273.15, "K", "°C") == pytest.approx(0)
    assert convert(1, "g", "m/s²") == pytest.approx(convert(1000, "mg", "m/s²"))
    for unit, to_unit in CONVERSIONS:
        if (to_unit, unit) in CONVERSIONS:
            assert convert(convert(7, unit, to_unit), to_unit, unit) == pytest.approx(7)
