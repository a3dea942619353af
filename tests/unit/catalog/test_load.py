from datetime import timedelta

from iot_maint.catalog import load_catalog
from iot_maint.domain.catalog import Comparison, Severity


def test_the_pump_type_says_when_a_bearing_is_hot() -> None:
    pump = load_catalog().types["pump"]

    rule = pump.rules["bearing_temp_warning"]

    assert rule.id == "pump.bearing_temp_warning"
    assert (rule.metric, rule.comparison) == ("bearing_temp", Comparison.ABOVE)
    assert (rule.limit.value, rule.clear_limit.value) == (80, 79)
    assert rule.for_duration == timedelta(minutes=10)
    assert pump.fault_modes[rule.fault_mode].urgency[Severity.CRITICAL] == 2


def test_the_four_level_profile_is_in_force_unless_another_is_chosen() -> None:
    assert load_catalog().service_levels[1].arrive == timedelta(minutes=30)
    assert load_catalog(service_level_profile="premium").service_levels[1].arrive == timedelta(minutes=15)
