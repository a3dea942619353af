"""The suggested limit is the most sensitive that keeps the wish, on either side, and it says what that is worth."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pytest

from iot_maint.catalog import load_catalog
from iot_maint.domain.catalog import Limit, ThresholdRule
from iot_maint.domain.errors import InvalidInput
from iot_maint.services.backtest.suggesting import Suggestion, rule_to_suggest_for, shifted, suggest

CATALOG = load_catalog()
ABOVE = CATALOG.types["pump"].rules["bearing_temp_warning"]  # above 80
BELOW = CATALOG.types["pump"].rules["residual_chlorine_warning"]
SIGNAL = np.linspace(-30, 10, 4001)  # distances from the limit


def counting(rule: ThresholdRule, alarms_within: float) -> Callable[[Sequence[float]], Mapping[float, int | None]]:
    """One false alarm for each unit that the limit is moved into the signal, from `alarms_within` on."""
    sign = -1 if rule.comparison == "below" else 1

    def count(shifts: Sequence[float]) -> Mapping[float, int | None]:
        return {shift: max(0, int(np.ceil(alarms_within - sign * shift))) for shift in shifts}

    return count


def suggestion_of(rule: ThresholdRule, wish: float, months: float = 100.0) -> Suggestion:
    sign = -1 if rule.comparison == "below" else 1
    return suggest(rule, sign * SIGNAL, months, wish, counting(rule, 5.0))


def test_the_limit_is_found_on_either_side() -> None:
    above, below = suggestion_of(ABOVE, 0.02), suggestion_of(BELOW, 0.02)

    assert above.shift is not None
    assert above.shift == pytest.approx(3.0, abs=0.2)  # two false alarms in a hundred device-months
    assert above.limit == Limit(value=round(80 + above.shift, 9))
    assert below.shift == -above.shift
    assert (above.false_alarms, below.false_alarms) == (2, 2)


def test_what_the_history_can_show_is_said() -> None:
    short, long = suggestion_of(ABOVE, 0.02, months=100), suggestion_of(ABOVE, 0.02, months=10_000)

    assert short.at_most == pytest.approx(0.063, abs=0.001)
    assert (short.shown, long.shown) == (False, True)
    assert short.months_needed == pytest.approx(150)


def test_a_wish_that_no_limit_keeps_has_no_limit() -> None:
    never = suggest(ABOVE, SIGNAL, 100, 0.01, dict.fromkeys)

    assert (never.limit, never.false_alarms, never.at_most, never.shown) == (None, None, None, False)


def test_a_sensitive_limit_above_which_a_less_sensitive_one_fails_is_not_suggested() -> None:
    def count(shifts: Sequence[float]) -> Mapping[float, int | None]:
        return {shift: 9 if -5 < shift < 8 else 0 for shift in shifts}

    found = suggest(ABOVE, SIGNAL, 100, 0.01, count)

    assert found.shift is not None
    assert found.shift >= 8


def test_a_relative_limit_is_moved_by_its_offset() -> None:
    relative = CATALOG.types["pump"].rules["discharge_pressure_high_warning"]
    assert relative.limit.parameter is not None

    moved = shifted(relative, 0.01)

    assert (moved.parameter, moved.times) == (relative.limit.parameter, relative.limit.times)
    assert moved.plus == pytest.approx(relative.limit.plus + 0.01)


def test_a_rule_without_a_number_and_several_rules_are_refused() -> None:
    with pytest.raises(InvalidInput, match="has no number"):
        rule_to_suggest_for(CATALOG, ["pump.fire_power_ok_critical"])
    with pytest.raises(InvalidInput, match="one rule at a time"):
        rule_to_suggest_for(CATALOG, [ABOVE.id, BELOW.id])
