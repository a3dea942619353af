"""From a tree to closures: one over values, one over ranges of values, which says what the first can come to."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from iot_maint.rules.expressions.ranges import ANY, RANGES, Range, range_of_call, range_of_sign
from iot_maint.rules.expressions.tree import Binary, Call, Name, Node, Number, Rolling, Unary, names_of, parts

Values = Sequence[float]
Evaluate = Callable[[Values], float]
Ranges = Sequence[Range]
Bound = Callable[[Ranges], Range]


class Compiled(NamedTuple):
    """`inputs` in the order of the values that `evaluate` and `bound` take, the results of `rolling` after them.

    Without a finite result, NaN; a truth is 1.0 or 0.0.
    """

    inputs: tuple[str, ...]
    evaluate: Evaluate
    bound: Bound
    rolling: "tuple[RollingCall, ...]"


class RollingCall(NamedTuple):
    """What is rolled, how, and over how many seconds."""

    function: str
    argument: Evaluate
    window_s: int


def compile_expression(node: Node, constants: Mapping[str, float]) -> Compiled:
    """Every name is one of `constants`, or an input."""
    inputs = tuple(name.name for name in names_of(node) if name.name not in constants)
    places = {name: place for place, name in enumerate(inputs)}
    rolling = [part for part in parts(node) if isinstance(part, Rolling)]
    return Compiled(
        inputs,
        _evaluation(node, places, constants),
        _bounding(node, places, constants),
        tuple(RollingCall(one.function, _evaluation(one.argument, places, constants), one.window_s) for one in rolling),
    )


def _evaluation(node: Node, places: Mapping[str, int], constants: Mapping[str, float]) -> Evaluate:
    if (constant := _constant(node, constants)) is not None:
        return lambda _: constant
    match node:
        case Name() | Rolling():
            place = _place(node, places)
            return lambda values: values[place]
        case Unary():
            return _unary(node.sign, _evaluation(node.operand, places, constants))
        case Binary():
            left, right = _evaluation(node.left, places, constants), _evaluation(node.right, places, constants)
            operation = SIGNS[node.sign]
            return lambda values: operation(left(values), right(values))
        case Call():
            arguments = tuple(_evaluation(one, places, constants) for one in node.arguments)
            function = CALLS[node.function]
            return lambda values: function([argument(values) for argument in arguments])
    raise AssertionError(node)


def _bounding(node: Node, places: Mapping[str, int], constants: Mapping[str, float]) -> Bound:
    if (constant := _constant(node, constants)) is not None:
        return lambda _: (constant, constant)
    match node:
        case Name():
            place = places[node.name]
            return lambda ranges: ranges[place]
        case Unary():
            operand, sign = _bounding(node.operand, places, constants), RANGES[f"unary {node.sign}"]
            return lambda ranges: sign(operand(ranges), (0.0, 0.0))
        case Binary():
            left, right = _bounding(node.left, places, constants), _bounding(node.right, places, constants)
            written = node.sign
            return lambda ranges: range_of_sign(written, left(ranges), right(ranges))
        case Call():
            arguments = tuple(_bounding(one, places, constants) for one in node.arguments)
            function = node.function
            return lambda ranges: range_of_call(function, [argument(ranges) for argument in arguments])
    return lambda _: ANY  # what rolls may come to anything


def _constant(node: Node, constants: Mapping[str, float]) -> float | None:
    if isinstance(node, Number):
        return node.value
    return constants.get(node.name) if isinstance(node, Name) else None


def _place(node: Name | Rolling, places: Mapping[str, int]) -> int:
    """What is rolled stands behind the inputs."""
    return places[node.name] if isinstance(node, Name) else len(places) + node.number


def _unary(sign: str, operand: Evaluate) -> Evaluate:
    if sign == "-":
        return lambda values: -operand(values)

    def opposite(values: Values) -> float:
        value = operand(values)
        return value if math.isnan(value) else float(value == 0.0)

    return opposite


def _divide(left: float, right: float) -> float:
    return left / right if right else math.nan


def _and(left: float, right: float) -> float:
    if left == 0.0 or right == 0.0:
        return 0.0
    return math.nan if math.isnan(left) or math.isnan(right) else 1.0


def _or(left: float, right: float) -> float:
    known = (left and not math.isnan(left)) or (right and not math.isnan(right))
    if known:
        return 1.0
    return math.nan if math.isnan(left) or math.isnan(right) else 0.0


def _compared(compare: Callable[[float, float], bool]) -> Callable[[float, float], float]:
    def truth(left: float, right: float) -> float:
        return math.nan if math.isnan(left) or math.isnan(right) else float(compare(left, right))

    return truth


def _unless_unknown(function: Callable[[Values], float]) -> Callable[[Values], float]:
    """min and max of Python would say of an unknown value whatever stands beside it."""
    return lambda values: math.nan if any(map(math.isnan, values)) else function(values)


def _where(values: Values) -> float:
    condition, then, otherwise = values
    if math.isnan(condition):
        return math.nan
    return then if condition != 0.0 else otherwise


SIGNS: Mapping[str, Callable[[float, float], float]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": _divide,
    "and": _and,
    "or": _or,
    "<": _compared(lambda left, right: left < right),
    "<=": _compared(lambda left, right: left <= right),
    ">": _compared(lambda left, right: left > right),
    ">=": _compared(lambda left, right: left >= right),
    "==": _compared(lambda left, right: left == right),
    "!=": _compared(lambda left, right: left != right),
}
CALLS: Mapping[str, Callable[[Values], float]] = {
    "min": _unless_unknown(min),
    "max": _unless_unknown(max),
    "mean": lambda values: sum(values) / len(values),
    "abs": lambda values: abs(values[0]),
    "clamp": _unless_unknown(lambda values: min(max(values[0], values[1]), values[2])),
    "where": _where,
}
