"""Deviation from the equipment's own base, in per cent: the median of its last days' medians."""

from statistics import median

from iot_maint.domain.signals import Baseline, Sensed
from iot_maint.rules.memories import BaselineMemory, Memory
from iot_maint.rules.quiet import EVERYTHING, RESTFUL, Calm, QuietBand, shrunk
from iot_maint.rules.signals.fold import DIGITS, Fold, Reading

HOUR_MS = 3_600_000
HOURS = 24


def compile_baseline(declared: Baseline, band: QuietBand, learns: bool) -> Fold:
    """`band`: the deviations that cross no limit; others are no part of the base.  `learns`: it is in service.

    One reading of each hour stands for it: a day of 24 numbers is enough for a median, and all other readings of a
    healthy series then change nothing.
    """

    def step(memory: Memory | None, reading: Reading) -> tuple[Memory | None, Sensed | None]:
        own = memory if isinstance(memory, BaselineMemory) else None
        sensed = _deviation(declared, own, reading.value)
        healthy = sensed is None or band.lowest <= sensed.value <= band.highest
        if not (learns and reading.counts and healthy) or not _wants(declared, own, reading.at_ms):
            return memory, sensed
        return _learn(declared, own, reading), sensed

    def calm(memory: Memory | None) -> Calm:
        own = memory if isinstance(memory, BaselineMemory) else None
        until = RESTFUL.until_ms
        if learns and not (own is not None and _is_held(declared, own)):
            until = (own.hour + 1) * HOUR_MS if own is not None else -until
        if own is None or own.base is None or own.base <= 0:
            return Calm(EVERYTHING, until)
        return Calm(shrunk(_value_at(own.base, band.lowest), _value_at(own.base, band.highest)), until)

    return Fold(step, calm)


def learned_days(memory: Memory | None) -> int:
    """How many days the base knows."""
    return len(memory.days) if isinstance(memory, BaselineMemory) else 0


def _deviation(declared: Baseline, memory: BaselineMemory | None, value: float) -> Sensed | None:
    if memory is None or memory.base is None or memory.base <= 0:
        return None
    deviation = round((value / memory.base - 1.0) * 100.0, DIGITS)
    return Sensed(
        kind=declared.kind, value=deviation, unit="%", base=memory.base, over_s=len(memory.days) * HOURS * 3600.0
    )


def _value_at(base: float, deviation: float) -> float:
    return base * (1.0 + deviation / 100.0)


def _is_held(declared: Baseline, memory: BaselineMemory) -> bool:
    return declared.hold and len(memory.days) >= declared.days


def _wants(declared: Baseline, memory: BaselineMemory | None, at_ms: int) -> bool:
    return memory is None or (at_ms // HOUR_MS > memory.hour and not _is_held(declared, memory))


def _learn(declared: Baseline, memory: BaselineMemory | None, reading: Reading) -> BaselineMemory:
    hour = reading.at_ms // HOUR_MS
    if memory is None:
        return BaselineMemory(hour, (reading.value,))
    if hour // HOURS == memory.hour // HOURS:
        return BaselineMemory(hour, (*memory.samples, reading.value), memory.days, memory.base)
    days = (*memory.days, round(median(memory.samples), 9))[-declared.days :]
    base = round(median(days), 9) if len(days) >= declared.learn else None
    return BaselineMemory(hour, (reading.value,), days, base)
