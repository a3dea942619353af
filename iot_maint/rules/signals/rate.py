"""Rate of change over a window, per hour."""

import math

from iot_maint.domain.signals import Rate, Sensed
from iot_maint.rules.memories import Memory, RateMemory
from iot_maint.rules.quiet import EVERYTHING, RESTFUL, Calm, QuietBand, both, shrunk
from iot_maint.rules.signals.fold import DIGITS, Fold, Reading

SLOTS = 12
HOUR_MS = 3_600_000


def compile_rate(declared: Rate, metric_unit: str, band: QuietBand) -> Fold:
    """From the oldest reading in the window to this one; known once they are half a window apart."""
    window_ms = max(SLOTS, round(declared.window.total_seconds() * 1000))
    slot_ms = window_ms // SLOTS
    half_ms = window_ms // 2
    unit = declared.unit(metric_unit)

    def step(memory: Memory | None, reading: Reading) -> tuple[Memory | None, Sensed | None]:
        kept = memory.kept if isinstance(memory, RateMemory) else ()
        at_ms = reading.at_ms
        sensed = None
        oldest = next((one for one in kept if at_ms - one[0] <= window_ms), None)
        if oldest is not None and at_ms - oldest[0] >= half_ms:
            rate = round((reading.value - oldest[1]) * HOUR_MS / (at_ms - oldest[0]), DIGITS)
            sensed = Sensed(
                kind=declared.kind, value=rate, unit=unit, base=oldest[1], over_s=(at_ms - oldest[0]) / 1000
            )
        if kept and at_ms // slot_ms <= kept[-1][0] // slot_ms:
            return memory, sensed
        within = tuple(one for one in kept if at_ms - one[0] <= window_ms)
        return RateMemory((*within, (at_ms, reading.value))), sensed

    def calm(memory: Memory | None) -> Calm:
        if not isinstance(memory, RateMemory):
            return Calm(EVERYTHING, -RESTFUL.until_ms)
        newest = memory.kept[-1][0]
        until = (newest // slot_ms + 1) * slot_ms
        found = Calm(EVERYTHING, until)
        for at_ms, value in memory.kept:
            soonest, latest = max(half_ms, newest - at_ms), max(half_ms, until - at_ms)
            lowest = value + _most(band.lowest, soonest, latest, math.inf)
            highest = value + _most(band.highest, soonest, latest, -math.inf)
            found = both(found, Calm(shrunk(lowest, highest), until))
        return found

    return Fold(step, calm)


def _most(rate: float, soonest_ms: int, latest_ms: int, towards: float) -> float:
    """The change that this rate makes within either time, the stricter of the two."""
    if not math.isfinite(rate):
        return rate
    changes = (rate * soonest_ms / HOUR_MS, rate * latest_ms / HOUR_MS)
    return max(changes) if towards > 0 else min(changes)
