"""Rolling mean, lowest and highest of a window, in slots of a 60th of it, so that what is kept is bounded."""

import math
from collections.abc import Sequence

from iot_maint.rules.expressions.compile import RollingCall, Values
from iot_maint.rules.memories import RollingMemory

SLOTS = 60

Slot = tuple[int, int, float, float, float]


def roll(
    calls: Sequence[RollingCall], memory: RollingMemory | None, at_ms: int, values: Values
) -> tuple[RollingMemory, list[float]]:
    """The memory with these values, and what each call comes to; NaN while its window holds nothing."""
    kept = memory.calls if memory is not None else ((),) * len(calls)
    rolled, results = [], []
    for call, slots in zip(calls, kept, strict=True):
        slot = at_ms // max(1, call.window_s * 1000 // SLOTS)
        value = call.argument(values)
        within = tuple(one for one in slots if slot - SLOTS < one[0] <= slot)
        if math.isfinite(value):
            within = _with_value(within, slot, value)
        rolled.append(within)
        results.append(_result(call.function, within))
    return RollingMemory(tuple(rolled)), results


def _with_value(slots: tuple[Slot, ...], slot: int, value: float) -> tuple[Slot, ...]:
    if not slots or slots[-1][0] != slot:
        return (*slots, (slot, 1, value, value, value))
    _, count, total, lowest, highest = slots[-1]
    return (*slots[:-1], (slot, count + 1, total + value, min(lowest, value), max(highest, value)))


def _result(function: str, slots: tuple[Slot, ...]) -> float:
    if not slots:
        return math.nan
    if function == "rolling_min":
        return min(lowest for *_, lowest, _ in slots)
    if function == "rolling_max":
        return max(highest for *_, highest in slots)
    return sum(total for _, _, total, _, _ in slots) / sum(count for _, count, *_ in slots)
