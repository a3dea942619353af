"""How often a boolean became true within a window, per hour."""

import math

from iot_maint.domain.signals import Sensed, Starts
from iot_maint.rules.memories import Memory, StartsMemory
from iot_maint.rules.quiet import RESTLESS, Calm, QuietBand
from iot_maint.rules.signals.fold import DIGITS, Fold, Reading

MOST = 256  # starts that are remembered
_SMALLEST = 5e-324  # whatever is more is on


def compile_starts(declared: Starts, band: QuietBand) -> Fold:
    """Counted are changes that were seen; the first reading starts nothing."""
    window_ms = round(declared.window.total_seconds() * 1000)
    per_hour = 3_600_000 / window_ms

    def count(starts: tuple[int, ...], at_ms: int) -> float:
        return round(sum(at_ms - window_ms < start <= at_ms for start in starts) * per_hour, DIGITS)

    def step(memory: Memory | None, reading: Reading) -> tuple[Memory | None, Sensed | None]:
        own = memory if isinstance(memory, StartsMemory) else None
        on = reading.value != 0.0
        starts = own.starts if own is not None else ()
        if own is None or on != own.on:
            if own is not None and on:
                within = tuple(start for start in starts if reading.at_ms - start < window_ms)
                starts = (*within, reading.at_ms)[-MOST:]
            own = StartsMemory(on, starts)
        value = count(starts, reading.at_ms)
        return own, Sensed(kind=declared.kind, value=value, unit="1/h", over_s=window_ms / 1000)

    def calm(memory: Memory | None) -> Calm:
        if not isinstance(memory, StartsMemory) or band.lowest > -math.inf:
            return RESTLESS
        # Without another start there are never more than at the last one.
        if memory.starts and count(memory.starts, memory.starts[-1]) > band.highest:
            return RESTLESS
        if memory.on:
            return Calm(QuietBand(_SMALLEST, math.inf, math.nan))
        return Calm(QuietBand(0.0, 0.0, math.nan))

    return Fold(step, calm)
