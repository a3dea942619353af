"""What every signal of one metric offers: a fold over its readings, and when it needs none."""

from collections.abc import Callable
from typing import NamedTuple

from iot_maint.domain.signals import Sensed
from iot_maint.rules.memories import Memory
from iot_maint.rules.quiet import Calm

DIGITS = 6  # of a signal's value: what two orders of the same sum may differ by is gone then


class Reading(NamedTuple):
    """One reading, newer than all before.  `counts`: false while it says nothing of how the equipment normally is."""

    at_ms: int
    value: float
    counts: bool


class Fold(NamedTuple):
    """`step`: memory and reading → the memory with it, and the signal's value (None: not known yet).

    `calm`: the readings after which nothing is different but for `absorb`, which adds so many of them (None: nothing
    is to be added).
    """

    step: Callable[[Memory | None, Reading], tuple[Memory | None, Sensed | None]]
    calm: Callable[[Memory | None], Calm]
    absorb: Callable[[Memory, int], Memory] | None = None
