"""State sequences: something is due from one condition until another, and time passes with any message."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from iot_maint.domain.signals import Sensed, Sequence
from iot_maint.rules.applicability import ActiveRule, signal_key
from iot_maint.rules.expressions.compile import Compiled, compile_expression
from iot_maint.rules.expressions.parse import parse
from iot_maint.rules.judging import Judging
from iot_maint.rules.looks import Rest, Taken, widest
from iot_maint.rules.memories import DueMemory
from iot_maint.rules.quiet import FOREVER_MS, RESTLESS, Calm, QuietBand, quiet_band
from iot_maint.rules.state import EquipmentState, Series
from iot_maint.rules.threshold import Checks, compile_checks


@dataclass(frozen=True, slots=True, kw_only=True)
class SequenceLook:
    """The limits over one sequence.  A condition of which an input is unknown does not hold."""

    key: str
    metric: str
    declared: Sequence
    after: Compiled
    until: Compiled
    checks: Checks

    @property
    def keys(self) -> frozenset[str]:
        return frozenset({self.key})

    @property
    def inputs(self) -> frozenset[str]:
        return frozenset((*self.after.inputs, *self.until.inputs, self.metric))

    def look(self, judging: Judging, taken: Taken) -> None:
        memory = judging.signals.get(self.key)
        own = memory if isinstance(memory, DueMemory) else DueMemory(False)
        if not taken.metrics.isdisjoint(self.inputs):
            own = self._follow(own, judging.at_ms, taken.after)
            judging.signals[self.key] = own
        due_ms = 0 if own.since_ms is None else judging.at_ms - own.since_ms
        if due_ms < 0 or (own.since_ms is None and judging.rules.keys().isdisjoint(rule.id for rule, _ in self.checks)):
            return  # nothing is due, or the message is older than what made it so
        readings = self._readings(taken.after)
        if not readings:
            return
        sensed = Sensed(kind=self.declared.kind, value=due_ms / 1000, unit="s", of=self.declared.until)
        before = taken.before.get(self.metric) or Series(readings, 0)
        for rule, step in self.checks:
            was = judging.rules.get(rule.id)
            # Once raised, only the condition lets it go: time does not run back with a message out of order.
            if was is None or was.evidence is None or own.since_ms is None:
                judging.judge(rule, step, before, readings[-1][1], due_ms / 1000, sensed, readings)

    def rest(self, state: EquipmentState) -> Rest:
        memory = state.signals.get(self.key)
        own = memory if isinstance(memory, DueMemory) else None
        values = {name: series.recent[-1][1] for name in self.inputs if (series := state.series.get(name)) is not None}
        if own is None or len(values) < len(self.inputs):
            return Rest(dict.fromkeys(self.inputs, RESTLESS))
        waits_for = (self.after, self.until) if own.since_ms is not None else (self.after,)

        def stays(ranges: Mapping[str, tuple[float, float]]) -> bool:
            """Every condition is, within these ranges, what it is now."""
            for condition in waits_for:
                low, high = condition.bound([ranges[name] for name in condition.inputs])
                if (low > 0) != (high > 0) or low < 0:
                    return False
            return True

        ranges = widest(values, stays)
        if ranges is None:
            return Rest(dict.fromkeys(self.inputs, RESTLESS))
        calm = {name: Calm(QuietBand(low, high, math.nan)) for name, (low, high) in ranges.items()}
        if own.since_ms is None:
            return Rest(calm)
        limit_s = quiet_band(rule for rule, _ in self.checks).highest
        until_ms = FOREVER_MS if math.isinf(limit_s) else own.since_ms + math.floor(limit_s * 1000) + 1
        return Rest(calm, until_ms)

    def _follow(self, own: DueMemory, at_ms: int, series: Mapping[str, Series]) -> DueMemory:
        holds = _holds(self.after, series)
        if _holds(self.until, series):
            return DueMemory(holds)
        if holds and not own.holds:
            return DueMemory(True, at_ms)
        return DueMemory(holds, own.since_ms)

    def _readings(self, series: Mapping[str, Series]) -> tuple[tuple[int, float], ...]:
        """Of its metric; of what made it due while that was never heard."""
        for name in (self.metric, *self.after.inputs):
            if name in series:
                return series[name].recent
        return ()


def compile_sequence(
    metric: str, declared: Sequence, rules: list[ActiveRule], parameters: Mapping[str, float]
) -> SequenceLook:
    """All limits over one sequence of one metric."""
    return SequenceLook(
        key=signal_key(metric, declared),
        metric=metric,
        declared=declared,
        after=compile_expression(parse(declared.after), parameters),
        until=compile_expression(parse(declared.until), parameters),
        checks=compile_checks(replace(rule, max_gap_ms=None) for rule in rules),
    )


def _holds(condition: Compiled, series: Mapping[str, Series]) -> bool:
    known = [series[name].recent[-1][1] for name in condition.inputs if name in series]
    if len(known) < len(condition.inputs):
        return False
    value = condition.evaluate(known)
    return not math.isnan(value) and value != 0.0
