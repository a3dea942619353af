import pytest
from hypothesis import given
from hypothesis import strategies as st

from iot_maint.domain.catalog import Comparison
from iot_maint.rules.limit_suggestion import NoLimitParts, Suggestion, suggest_limit

ABOVE, BELOW = Comparison.ABOVE, Comparison.BELOW
PEAKS = st.lists(st.floats(-1e4, 1e4).map(lambda value: round(value, 3)), max_size=12)


def test_between_false_and_real_ones_stands_a_round_limit() -> None:
    found = suggest_limit(ABOVE, [91.0, 97.5], [81.2, 84.25, 82.0])
    assert found == Suggestion(limit=85, avoided=3, remaining=0, kept=2)
    assert suggest_limit(BELOW, [0.11], [0.19, 0.172]) == Suggestion(limit=0.16, avoided=2, remaining=0, kept=1)


def test_a_false_one_that_went_as_far_as_a_real_one_remains() -> None:
    assert suggest_limit(ABOVE, [86.0], [81.0, 82.0, 90.0]) == Suggestion(limit=83, avoided=2, remaining=1, kept=1)


def test_without_a_real_one_the_limit_goes_just_beyond_the_false() -> None:
    assert suggest_limit(ABOVE, [], [81.0, 84.25]) == Suggestion(limit=86, avoided=2, remaining=0, kept=0)


def test_where_real_faults_went_no_further_no_limit_parts_them_and_the_cost_is_said() -> None:
    assert suggest_limit(ABOVE, [81.0, 83.0, 99.0], [85.0, 82.0]) == NoLimitParts(limit=85, avoided=2, lost=2, real=3)


def test_there_is_nothing_to_suggest_without_false_ones_or_sides() -> None:
    assert suggest_limit(ABOVE, [91.0], []) is None
    assert suggest_limit(Comparison.IS, [1.0], [1.0]) is None


@pytest.mark.parametrize("comparison", [ABOVE, BELOW])
@pytest.mark.parametrize("peak", [1.7976931348623157e308, -1.7976931348623157e308, float("inf")])
def test_the_largest_number_that_a_broken_sensor_can_say_suggests_nothing(comparison: Comparison, peak: float) -> None:
    assert suggest_limit(comparison, [], [81.0, peak]) is None
    assert suggest_limit(comparison, [peak], [81.0, 82.0]) is None


@pytest.mark.parametrize("comparison", [ABOVE, BELOW])
@given(real=PEAKS, false=PEAKS)
def test_a_suggested_limit_keeps_every_real_one_and_spares_as_many_as_it_says(
    comparison: Comparison, real: list[float], false: list[float]
) -> None:
    def passes(peak: float, limit: float) -> bool:
        return peak > limit if comparison is ABOVE else peak < limit

    found = suggest_limit(comparison, real, false)
    if isinstance(found, Suggestion):
        assert all(passes(peak, found.limit) for peak in real)
        assert sum(not passes(peak, found.limit) for peak in false) == found.avoided > 0
        assert found.avoided + found.remaining == len(false)
    elif found is not None:
        assert not any(passes(peak, found.limit) for peak in false)
        assert sum(not passes(peak, found.limit) for peak in real) == found.lost > 0
    else:
        assert not false
