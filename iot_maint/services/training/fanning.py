"""How work is spread: the port to `iot_maint.fan_out`, and the plain loop that it equals."""

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class FanOut(Protocol):
    """The results of a plain function, in the order of the items, which are taken as they are needed."""

    def __call__(self, function: Callable[[T], R], items: Iterable[T], /) -> Iterator[R]: ...
