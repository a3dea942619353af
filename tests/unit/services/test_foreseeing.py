"""Which limits growth may reach: those that may order."""

from dataclasses import replace

from iot_maint.catalog import load_catalog
from iot_maint.services.foreseeing import watched_limits
from tests.forecast_stories import MODE, monitored_pump

PUMP_TYPE = load_catalog().types["pump"]


def vibration_limits(*shadowed: str) -> list[str]:
    monitored = replace(monitored_pump(), shadow=dict.fromkeys(shadowed, True))
    return [rule.id for rule in watched_limits(PUMP_TYPE, monitored)[MODE] if rule.metric == "vib_rms"]


def test_the_most_severe_limit_of_a_metric_is_watched_and_one_in_shadow_is_none() -> None:
    assert vibration_limits() == ["pump.vib_rms_critical"]
    assert vibration_limits("pump.vib_rms_critical") == ["pump.vib_rms_warning"]
    assert vibration_limits("pump.vib_rms_critical", "pump.vib_rms_warning") == []
