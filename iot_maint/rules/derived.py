"""Derived metrics: an expression over the newest values of others, judged like a metric of its own."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from iot_maint.domain.catalog import DerivedMetric
from iot_maint.domain.signals import Sensed, SignalKind
from iot_maint.rules.applicability import ActiveRule
from iot_maint.rules.expressions.compile import Compiled, compile_expression
from iot_maint.rules.expressions.parse import parse
from iot_maint.rules.expressions.rolling import roll
from iot_maint.rules.judging import Judging
from iot_maint.rules.looks import Rest, Taken, widest
from iot_maint.rules.memories import RollingMemory
from iot_maint.rules.quiet import RESTLESS, Calm, QuietBand, both, quiet_band
from iot_maint.rules.state import RECENT, EquipmentState, Series
from iot_maint.rules.threshold import Checks, compile_checks
from iot_maint.rules.watching import Sensor, compile_sensors

DIGITS = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class DerivedLook:
    """One derived metric.  It has a value whenever a message brings one of its inputs and all are fresh.

    Without rolling it needs no memory: what it was is worked out again from the newest readings of its inputs.
    With rolling calls it has a series of its own, and any reading of an input needs a closer look.
    """

    declared: DerivedMetric
    compiled: Compiled
    fresh_ms: Mapping[str, int | None]
    checks: Checks
    sensors: tuple[Sensor, ...]

    @property
    def keys(self) -> frozenset[str]:
        return frozenset({self._rolling_key, *(sensor.key for sensor in self.sensors)})

    @property
    def inputs(self) -> frozenset[str]:
        return frozenset(self.compiled.inputs)

    @property
    def _rolling_key(self) -> str:
        return f"{self.declared.metric.name}~rolling"

    def look(self, judging: Judging, taken: Taken) -> None:
        if taken.metrics.isdisjoint(self.compiled.inputs):
            return
        values = self._fresh_values(taken.after, judging.at_ms)
        if values is None:
            return
        value = self._value(judging, values)
        if value is None:
            return
        before = self._before(taken.before)
        metric = self.declared.metric
        of = ", ".join(f"{name} = {one:g}" for name, one in zip(self.compiled.inputs, values, strict=False))
        sensed = Sensed(kind=SignalKind.EXPRESSION, value=value, unit=metric.unit, of=of)
        for rule, step in self.checks:
            judging.judge(rule, step, before, value, value, sensed)
        for sensor in self.sensors:
            judging.sense(sensor, before, value)

    def rest(self, state: EquipmentState) -> Rest:
        values = {name: series.recent[-1][1] for name in self.inputs if (series := state.series.get(name)) is not None}
        if len(values) < len(self.inputs) or self.compiled.rolling:
            return Rest(dict.fromkeys(self.inputs, RESTLESS))
        band = Calm(quiet_band(rule for rule, _ in self.checks))
        for sensor in self.sensors:
            calm = RESTLESS if sensor.fold.absorb is not None else sensor.fold.calm(state.signals.get(sensor.key))
            band = both(band, calm)
        (lowest, highest, never), until_ms = band

        def within(ranges: Mapping[str, tuple[float, float]]) -> bool:
            low, high = self.compiled.bound([ranges[name] for name in self.compiled.inputs])
            return lowest + 1e-9 <= low and high <= highest - 1e-9 and not low <= never <= high

        ranges = widest(values, within)
        if ranges is None:
            return Rest(dict.fromkeys(self.inputs, RESTLESS))
        return Rest({name: Calm(QuietBand(low, high, math.nan), until_ms) for name, (low, high) in ranges.items()})

    def _fresh_values(self, series: Mapping[str, Series], at_ms: int) -> list[float] | None:
        """The newest value of each input; None while one is unknown, too old, or newer than the message."""
        values = []
        for name in self.compiled.inputs:
            known = series.get(name)
            if known is None or known.last_at_ms > at_ms:
                return None
            fresh_ms = self.fresh_ms[name]
            if fresh_ms is not None and at_ms - known.last_at_ms > fresh_ms:
                return None
            values.append(known.recent[-1][1])
        return values

    def _value(self, judging: Judging, values: list[float]) -> float | None:
        rolled: list[float] = []
        if self.compiled.rolling:
            memory = judging.signals.get(self._rolling_key)
            rolling = memory if isinstance(memory, RollingMemory) else None
            judging.signals[self._rolling_key], rolled = roll(self.compiled.rolling, rolling, judging.at_ms, values)
        value = self.compiled.evaluate([*values, *rolled])
        metric = self.declared.metric
        low = -math.inf if metric.minimum is None else metric.minimum
        high = math.inf if metric.maximum is None else metric.maximum
        return round(value, DIGITS) if math.isfinite(value) and low <= value <= high else None

    def _before(self, series: Mapping[str, Series]) -> Series | None:
        """What it was before this message, as far as the inputs' newest readings say it."""
        inputs = [series[name].recent for name in self.compiled.inputs if name in series]
        if len(inputs) < len(self.compiled.inputs):
            return None
        newest = max(recent[-1][0] for recent in inputs)
        if self.compiled.rolling:  # only when it was last judged is known
            return Series(((newest, inputs[0][-1][1]),), 0)
        readings: list[tuple[int, float]] = []
        for at_ms in sorted({at_ms for recent in inputs for at_ms, _ in recent}):
            known = [[value for when, value in recent if when <= at_ms][-1:] for recent in inputs]
            if all(known):
                value = self.compiled.evaluate([one[0] for one in known])
                if math.isfinite(value):
                    readings.append((at_ms, round(value, DIGITS)))
        return Series(tuple(readings[-RECENT:]), 0) if readings else None


def compile_derived(
    declared: DerivedMetric,
    rules: list[ActiveRule],
    parameters: Mapping[str, float],
    fresh_ms: Mapping[str, int | None],
    *,
    learns: bool,
) -> DerivedLook:
    """All limits over one derived metric and its signals.  `fresh_ms`: how old each input may be (None: any age)."""
    own = [replace(rule, max_gap_ms=None) if rule.signal is None else rule for rule in rules]
    return DerivedLook(
        declared=declared,
        compiled=compile_expression(parse(declared.expression), parameters),
        fresh_ms=fresh_ms,
        checks=compile_checks(rule for rule in own if rule.signal is None),
        sensors=tuple(compile_sensors(declared.metric, own, learns)),
    )
