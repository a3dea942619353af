"""Comparison with siblings or the parent: their newest values are remembered, and judged are the own readings."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median

from msgspec.structs import replace

from iot_maint.domain.signals import Comparing, Measure, Sensed
from iot_maint.rules.applicability import ActiveRule, signal_key
from iot_maint.rules.judging import Judging
from iot_maint.rules.looks import Rest, Taken
from iot_maint.rules.memories import Memory, OthersMemory
from iot_maint.rules.quiet import RESTLESS
from iot_maint.rules.signals.fold import DIGITS
from iot_maint.rules.state import EquipmentState
from iot_maint.rules.threshold import Checks, compile_checks


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparingLook:
    """The limits over one comparison.  `others`: whose readings of `metric` it hears, by code.

    What it says depends on the order in which own and others' messages arrive, never on how they are cut into batches.
    """

    key: str
    metric: str
    unit: str
    declared: Comparing
    others: tuple[str, ...]
    checks: Checks

    @property
    def keys(self) -> frozenset[str]:
        return frozenset({self.key})

    @property
    def inputs(self) -> frozenset[str]:
        return frozenset({self.metric})

    def look(self, judging: Judging, taken: Taken) -> None:
        if self.metric not in taken.metrics:
            return
        value = taken.after[self.metric].recent[-1][1]
        sensed = self._sense(judging.signals.get(self.key), judging.at_ms, value)
        if sensed is not None:
            for rule, step in self.checks:
                judging.judge(rule, step, taken.before.get(self.metric), value, sensed.value, sensed)

    def rest(self, _state: EquipmentState) -> Rest:
        return Rest({self.metric: RESTLESS})

    def hear(self, memory: Memory | None, other: str, at_ms: int, value: float) -> OthersMemory:
        """The memory with another's reading, if it is newer than the one known."""
        newest = memory.newest if isinstance(memory, OthersMemory) else {}
        known = newest.get(other)
        if known is not None and at_ms <= known[0]:
            return OthersMemory(newest)
        return OthersMemory({**newest, other: (at_ms, value)})

    def _sense(self, memory: Memory | None, at_ms: int, value: float) -> Sensed | None:
        newest = memory.newest if isinstance(memory, OthersMemory) else {}
        fresh_ms = self.declared.fresh.total_seconds() * 1000
        fresh = {
            code: newest[code][1] for code in self.others if code in newest and abs(at_ms - newest[code][0]) <= fresh_ms
        }
        if not fresh:
            return None
        base = median(fresh.values())
        difference = value - base
        if self.declared.measure is Measure.PERCENT:
            difference = difference / abs(base) * 100.0 if base else math.nan
        if not math.isfinite(difference):
            return None
        difference = round(difference, DIGITS)
        return Sensed(
            kind=self.declared.kind, value=difference, unit=self.unit, base=round(base, 9), of=", ".join(fresh)
        )


def compile_comparing(
    metric: str, unit: str, declared: Comparing, rules: list[ActiveRule], others: tuple[str, ...]
) -> ComparingLook:
    """All limits over one comparison of one metric."""
    return ComparingLook(
        key=signal_key(metric, declared),
        metric=metric,
        unit=declared.unit(unit),
        declared=declared,
        others=others,
        checks=compile_checks(rules),
    )


def hear(
    looks: Mapping[str, tuple[ComparingLook, ...]],
    state: EquipmentState,
    other: str,
    at_ms: int,
    values: Mapping[str, float],
) -> EquipmentState:
    """The state with what another's message says to the comparisons, by metric."""
    signals = dict(state.signals)
    for metric, comparing in looks.items():
        value = values.get(metric)
        for look in comparing if value is not None else ():
            if other in look.others and value is not None:
                signals[look.key] = look.hear(signals.get(look.key), other, at_ms, value)
    return replace(state, signals=signals)  # what the models remember goes on with it
