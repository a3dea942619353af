"""How many of a window's readings lie outside a range, in per cent."""

import math

from iot_maint.domain.signals import Sensed, Share
from iot_maint.rules.memories import Memory, ShareMemory
from iot_maint.rules.quiet import EVERYTHING, RESTFUL, RESTLESS, Calm, QuietBand
from iot_maint.rules.signals.fold import DIGITS, Fold, Reading

SLOTS = 24


def compile_share(declared: Share, band: QuietBand, gated: bool) -> Fold:
    """Counted in slots of a 24th of the window.  `gated`: readings that do not count are left out."""
    slot_ms = max(1, round(declared.window.total_seconds() * 1000 / SLOTS))
    lowest, highest, at_least = declared.lowest, declared.highest, declared.at_least

    def step(memory: Memory | None, reading: Reading) -> tuple[Memory | None, Sensed | None]:
        slots = memory.slots if isinstance(memory, ShareMemory) else ()
        slot = reading.at_ms // slot_ms
        if reading.counts or not gated:
            outside = int(not lowest <= reading.value <= highest)
            if slots and slots[-1][0] == slot:
                slots = (*slots[:-1], (slot, slots[-1][1] + 1, slots[-1][2] + outside))
            else:
                slots = (*(one for one in slots if one[0] > slot - SLOTS), (slot, 1, outside))
            memory = ShareMemory(slots)
        total, beyond = _sums(slots, slot)
        if total < at_least:
            return memory, None
        share = round(100.0 * beyond / total, DIGITS)
        over_s = declared.window.total_seconds()
        return memory, Sensed(kind=declared.kind, value=share, unit="%", base=float(total), over_s=over_s)

    def calm(memory: Memory | None) -> Calm:
        if gated:  # whether it counts may change with time alone
            return RESTLESS
        if not isinstance(memory, ShareMemory):
            return Calm(EVERYTHING, -RESTFUL.until_ms)
        slot = memory.slots[-1][0]
        total, beyond = _sums(memory.slots, slot)
        # Every further reading inside the range makes the share smaller.
        if band.lowest > -math.inf or round(100.0 * beyond / max(total, at_least), DIGITS) > band.highest:
            return RESTLESS
        return Calm(QuietBand(lowest, highest, math.nan), (slot + 1) * slot_ms)

    def absorb(memory: Memory, readings: int) -> Memory:
        if not isinstance(memory, ShareMemory):
            return memory
        slot, total, beyond = memory.slots[-1]
        return ShareMemory((*memory.slots[:-1], (slot, total + readings, beyond)))

    return Fold(step, calm, absorb)


def _sums(slots: tuple[tuple[int, int, int], ...], slot: int) -> tuple[int, int]:
    within = [one for one in slots if one[0] > slot - SLOTS]
    return sum(total for _, total, _ in within), sum(beyond for _, _, beyond in within)
