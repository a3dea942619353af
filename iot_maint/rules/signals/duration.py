"""For how many seconds of a window a value lay outside a range, or a boolean was true."""

import math

from iot_maint.domain.signals import Duration, Sensed
from iot_maint.rules.memories import DurationMemory, Memory
from iot_maint.rules.quiet import RESTFUL, RESTLESS, Calm, QuietBand
from iot_maint.rules.signals.fold import Fold, Reading

MOST = 256  # spans that are remembered


def compile_duration(declared: Duration, band: QuietBand) -> Fold:
    """It holds from a reading outside the range to the next one that is not."""
    window_ms = round(declared.window.total_seconds() * 1000)
    lowest, highest = declared.lowest, declared.highest

    def step(memory: Memory | None, reading: Reading) -> tuple[Memory | None, Sensed | None]:
        own = memory if isinstance(memory, DurationMemory) else DurationMemory(None)
        at_ms = reading.at_ms
        holds = not lowest <= reading.value <= highest
        if holds and own.since_ms is None:
            own = DurationMemory(at_ms, own.spans)
        elif not holds and own.since_ms is not None:
            within = tuple(span for span in own.spans if span[1] > at_ms - window_ms)
            own = DurationMemory(None, (*within, (own.since_ms, at_ms))[-MOST:])
        spans = own.spans if own.since_ms is None else (*own.spans, (own.since_ms, at_ms))
        held_ms = sum(max(0, to - max(since, at_ms - window_ms)) for since, to in spans)
        return own, Sensed(kind=declared.kind, value=held_ms / 1000, unit="s", over_s=window_ms / 1000)

    def calm(memory: Memory | None) -> Calm:
        if not isinstance(memory, DurationMemory) or band.lowest > -math.inf:
            return RESTLESS
        if memory.since_ms is None:
            held_ms = sum(to - since for since, to in memory.spans)
            inside = QuietBand(lowest, highest, math.nan)
            return Calm(inside) if held_ms / 1000 <= band.highest else RESTLESS
        if math.isinf(band.highest):
            until_ms = RESTFUL.until_ms
        else:
            held_ms = sum(to - since for since, to in memory.spans)
            until_ms = memory.since_ms - held_ms + math.floor(band.highest * 1000)
        if math.isinf(lowest):
            return Calm(QuietBand(math.nextafter(highest, math.inf), math.inf, math.nan), until_ms)
        if math.isinf(highest):
            return Calm(QuietBand(-math.inf, math.nextafter(lowest, -math.inf), math.nan), until_ms)
        return RESTLESS

    return Fold(step, calm)
