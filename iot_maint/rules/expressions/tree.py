"""The parts of an expression."""

from collections.abc import Iterator
from typing import NamedTuple

_MANY = 16
# By name, how many arguments at least and at most.
FUNCTIONS = {"min": (2, _MANY), "max": (2, _MANY), "mean": (1, _MANY), "abs": (1, 1), "clamp": (3, 3), "where": (3, 3)}
ROLLING = ("rolling_mean", "rolling_min", "rolling_max")


class Number(NamedTuple):
    """A constant."""

    value: float


class Name(NamedTuple):
    """A metric, a parameter, or whatever the expression is over."""

    name: str
    column: int


class Unary(NamedTuple):
    """A sign, or `not`."""

    sign: str
    operand: "Node"


class Binary(NamedTuple):
    """Two sides and what stands between."""

    sign: str
    left: "Node"
    right: "Node"
    column: int


class Call(NamedTuple):
    """A function without a memory."""

    function: str
    arguments: "tuple[Node, ...]"
    column: int


class Rolling(NamedTuple):
    """A function over the last `window_s` of its argument; `number` counts them in the expression."""

    function: str
    argument: "Node"
    window_s: int
    number: int


Node = Number | Name | Unary | Binary | Call | Rolling


def parts(node: Node) -> Iterator[Node]:
    """The node and all below it, from left to right."""
    yield node
    below: tuple[Node, ...] = ()
    if isinstance(node, Unary):
        below = (node.operand,)
    elif isinstance(node, Binary):
        below = (node.left, node.right)
    elif isinstance(node, Call):
        below = node.arguments
    elif isinstance(node, Rolling):
        below = (node.argument,)
    for part in below:
        yield from parts(part)


def names_of(node: Node) -> tuple[Name, ...]:
    """The names in it, each once, where it stands first."""
    found: dict[str, Name] = {}
    for part in parts(node):
        if isinstance(part, Name):
            found.setdefault(part.name, part)
    return tuple(found.values())
