"""Arithmetic over ranges: whatever the values in them are, the result lies in the result."""

import math
from collections.abc import Callable, Mapping, Sequence

Range = tuple[float, float]
ANY: Range = (-math.inf, math.inf)
TRUE, FALSE, EITHER = (1.0, 1.0), (0.0, 0.0), (0.0, 1.0)


def range_of_sign(sign: str, left: Range, right: Range) -> Range:
    """Of two sides and what stands between."""
    return _sound(RANGES[sign](left, right))


def range_of_call(function: str, arguments: Sequence[Range]) -> Range:
    """Of a function without a memory."""
    lows, highs = [low for low, _ in arguments], [high for _, high in arguments]
    if function == "where":
        return _where(*arguments)
    if function == "abs":
        low, high = arguments[0]
        smallest = 0.0 if low <= 0.0 <= high else min(abs(low), abs(high))
        return _sound((smallest, max(abs(low), abs(high))))
    of: Mapping[str, Callable[[Sequence[float]], float]] = {
        "min": min,
        "max": max,
        "mean": lambda values: sum(values) / len(values),
        "clamp": lambda values: min(max(values[0], values[1]), values[2]),
    }
    return _sound((of[function](lows), of[function](highs)))


def _where(condition: Range, then: Range, otherwise: Range) -> Range:
    if condition == FALSE:
        return otherwise
    if condition[0] > 0.0 or condition[1] < 0.0:
        return then
    return _sound((min(then[0], otherwise[0]), max(then[1], otherwise[1])))


def _sound(found: Range) -> Range:
    """Infinity less infinity is no number: then nothing is known."""
    return ANY if math.isnan(found[0]) or math.isnan(found[1]) else found


def _times(left: Range, right: Range) -> Range:
    corners = [a * b for a in left for b in right]
    return ANY if any(map(math.isnan, corners)) else (min(corners), max(corners))


def _divided(left: Range, right: Range) -> Range:
    if right[0] <= 0.0 <= right[1]:
        return ANY
    corners = [a / b for a in left for b in right]
    return ANY if any(map(math.isnan, corners)) else (min(corners), max(corners))


def _truth(surely: bool, possibly: bool) -> Range:
    return TRUE if surely else EITHER if possibly else FALSE


def _is_true(one: Range) -> tuple[bool, bool]:
    """Surely, possibly."""
    return one[0] > 0.0 or one[1] < 0.0, one != FALSE


def _and(left: Range, right: Range) -> Range:
    (sure, maybe), (other_sure, other_maybe) = _is_true(left), _is_true(right)
    return _truth(sure and other_sure, maybe and other_maybe)


def _or(left: Range, right: Range) -> Range:
    (sure, maybe), (other_sure, other_maybe) = _is_true(left), _is_true(right)
    return _truth(sure or other_sure, maybe or other_maybe)


def _not(operand: Range, _: Range) -> Range:
    surely, possibly = _is_true(operand)
    return _truth(not possibly, not surely)


def _equal(left: Range, right: Range) -> Range:
    return _truth(left[0] == left[1] == right[0] == right[1], left[0] <= right[1] and right[0] <= left[1])


RANGES: Mapping[str, Callable[[Range, Range], Range]] = {
    "unary -": lambda operand, _: (-operand[1], -operand[0]),
    "unary not": _not,
    "+": lambda left, right: (left[0] + right[0], left[1] + right[1]),
    "-": lambda left, right: (left[0] - right[1], left[1] - right[0]),
    "*": _times,
    "/": _divided,
    "and": _and,
    "or": _or,
    "<": lambda left, right: _truth(left[1] < right[0], left[0] < right[1]),
    "<=": lambda left, right: _truth(left[1] <= right[0], left[0] <= right[1]),
    ">": lambda left, right: _truth(left[0] > right[1], left[1] > right[0]),
    ">=": lambda left, right: _truth(left[0] >= right[1], left[1] >= right[0]),
    "==": _equal,
    "!=": lambda left, right: _not(_equal(left, right), left),
}
