"""The language of derived metrics and conditions: what it says, where it refuses, and that its ranges hold."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iot_maint.rules.expressions.compile import compile_expression
from iot_maint.rules.expressions.parse import parse
from iot_maint.rules.expressions.rolling import roll
from iot_maint.rules.expressions.tokens import ExpressionError
from iot_maint.rules.expressions.tree import names_of

VALUES = {"a": 6.0, "b": 4.0, "zero": 0.0, "site.limit": 2.0}


def value_of(text: str) -> float:
    compiled = compile_expression(parse(text), {"site.limit": 2.0})
    return compiled.evaluate([VALUES[name] for name in compiled.inputs])


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 + 2 * 3", 7.0),
        ("(1 + 2) * 3", 9.0),
        ("10 - 4 - 3", 3.0),
        ("24 / 4 / 2", 3.0),
        ("-a + 1", -5.0),
        ("2 * -b", -8.0),
        ("1.5e1 + .5", 15.5),
        ("a * site.limit", 12.0),
        ("a > b", 1.0),
        ("a <= b", 0.0),
        ("a > b and b > 5 or zero == 0", 1.0),
        ("not a > b", 0.0),
        ("not zero and a", 1.0),
        ("min(a, b, 5)", 4.0),
        ("max(a, b)", 6.0),
        ("mean(a, b)", 5.0),
        ("abs(b - a)", 2.0),
        ("clamp(a, 1, 5)", 5.0),
        ("where(a - b >= 10, 1 / zero, 0)", 0.0),
    ],
)
def test_an_expression_means_what_it_says(text: str, value: float) -> None:
    assert value_of(text) == value


@pytest.mark.parametrize("text", ["a / zero", "a / zero > 1", "min(a / zero, 1)", "max(1, a / zero)", "not a / zero"])
def test_what_is_not_finite_is_no_value(text: str) -> None:
    assert math.isnan(value_of(text))


def test_a_difference_is_not_graded_below_its_floor() -> None:
    """DL/T 664: δ = (T1 − T2)/(T1 − T0) × 100, not below a rise of 10 K."""
    delta = compile_expression(parse("where(t1 - t0 >= 10, (t1 - t2) / (t1 - t0) * 100, 0)"), {})

    assert delta.inputs == ("t1", "t0", "t2")
    assert delta.evaluate([85.0, 25.0, 40.0]) == 75.0
    assert delta.evaluate([34.0, 25.0, 26.0]) == 0.0


@pytest.mark.parametrize(
    ("text", "column", "reason"),
    [
        ("", 1, "found the end"),
        ("a +", 4, "found the end"),
        ("a b", 3, "unexpected 'b'"),
        ("(a", 3, "expected ) but found the end"),
        ("a $ b", 3, "unexpected '$'"),
        ("a < b < 3", 7, "comparisons do not chain"),
        ("sqrt(a)", 1, "unknown function sqrt; known: min, max"),
        ("abs(a, b)", 1, "abs takes 1 arguments, not 2"),
        ("1 + min(a)", 5, "min takes 2 or more arguments, not 1"),
        ("rolling_mean(a, 10)", 17, "expected a duration such as 10m but found '10'"),
        ("rolling_mean(a, 8d)", 17, "8d is not from 10s to 7d"),
        ("rolling_max(rolling_min(a, 1m), 1h)", 1, "a rolling call within a rolling call"),
        ("a and or b", 7, "found 'or'"),
        ("(" * 25 + "a" + ")" * 25, 21, "nested deeper than 20"),
        ("a" + " + a" * 200, 501, "longer than 500 characters"),
        ("__import__('os')", 12, "unexpected"),
        ("12x", 1, "unexpected '12x': neither a number nor a span"),
        (
            "rolling_mean(a, 3x)",
            17,
            "'3x': neither a number nor a span such as 15m (its unit is s, m, h or d)",
        ),
        ("rolling_mean(a, 15min)", 17, "unexpected '15min': neither a number nor a span such as 15m"),
        ("a + 1.5.2", 5, "unexpected '1.5.2'"),
    ],
)
def test_a_broken_expression_is_refused_at_its_column(text: str, column: int, reason: str) -> None:
    with pytest.raises(ExpressionError) as refusal:
        parse(text)

    assert str(refusal.value).startswith(f"column {column}: "), str(refusal.value)
    assert reason in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_names_stand_where_they_are_first() -> None:
    assert [(name.name, name.column) for name in names_of(parse("b + a.c * b"))] == [("b", 1), ("a.c", 5)]


def test_rolling_forgets_what_is_older_than_its_window() -> None:
    compiled = compile_expression(parse("rolling_mean(a, 1m) + rolling_max(a, 1m) - rolling_min(a, 1m)"), {})
    memory, results = None, []
    for at_ms, value in ((0, 10.0), (30_000, 20.0), (59_000, 30.0), (70_000, 30.0), (200_000, 5.0)):
        memory, rolled = roll(compiled.rolling, memory, at_ms, [value])
        results.append(compiled.evaluate([value, *rolled]))

    assert results == [10.0, 25.0, 40.0, pytest.approx(80 / 3 + 10), 5.0]
    assert memory is not None
    assert [len(slots) for slots in memory.calls] == [1, 1, 1]


numbers = st.sampled_from([-3.0, -1.0, 0.0, 0.5, 1.0, 2.0, 10.0])
SIGNS = ["+", "-", "*", "/", "<", "<=", ">", ">=", "==", "!=", "and", "or"]
leaves = st.sampled_from(["a", "b", "2", "0.5"])
expressions = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(SIGNS), inner).map(lambda parts: f"({parts[0]} {parts[1]} {parts[2]})"),
        inner.map(lambda one: f"-{one}"),
        inner.map(lambda one: f"(not {one})"),
        inner.map(lambda one: f"abs({one})"),
        st.tuples(inner, inner, inner).map(lambda parts: f"clamp({parts[0]}, {parts[1]}, {parts[2]})"),
        st.tuples(inner, inner, inner).map(lambda parts: f"where({parts[0]}, {parts[1]}, {parts[2]})"),
        st.tuples(inner, inner).map(lambda parts: f"min({parts[0]}, mean({parts[0]}, {parts[1]}))"),
    ),
    max_leaves=8,
)


@given(text=expressions, corners=st.tuples(numbers, numbers, numbers, numbers), inside=st.tuples(numbers, numbers))
def test_whatever_the_values_the_result_lies_in_its_range(
    text: str, corners: tuple[float, float, float, float], inside: tuple[float, float]
) -> None:
    compiled = compile_expression(parse(text), {})
    ranges = {"a": (min(corners[:2]), max(corners[:2])), "b": (min(corners[2:]), max(corners[2:]))}
    values = {
        name: min(max(one, ranges[name][0]), ranges[name][1]) for name, one in zip(("a", "b"), inside, strict=True)
    }
    value = compiled.evaluate([values[name] for name in compiled.inputs])
    low, high = compiled.bound([ranges[name] for name in compiled.inputs])

    assert math.isnan(value) or low <= value <= high
