"""What is looked at in each metric of one piece of equipment: its limits, and the signals that are made of it."""

import math
from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from iot_maint.domain.catalog import EquipmentType, Metric
from iot_maint.domain.signals import Baseline, Duration, Rate, Share, Starts
from iot_maint.rules.applicability import ActiveRule, signal_key
from iot_maint.rules.quiet import Calm, QuietBand, both, quiet_band
from iot_maint.rules.signals.fold import Fold
from iot_maint.rules.signals.kinds import compile_signal
from iot_maint.rules.state import EquipmentState
from iot_maint.rules.threshold import Checks, compile_checks


class Sensor(NamedTuple):
    """A signal of one metric, under which key it remembers, and the limits that stand over it.

    While one of `metric_rules` is crossed, its readings say nothing of how the metric normally is.
    """

    key: str
    fold: Fold
    checks: Checks
    metric_rules: frozenset[str]


class Watch(NamedTuple):
    """One metric: what a value can be at all, the gap that counts as slow (None: none does), what is looked at."""

    metric: str
    lowest: float
    highest: float
    slow_after_ms: int | None
    checks: Checks
    sensors: tuple[Sensor, ...]

    def calm(self, state: EquipmentState) -> Calm:
        """The readings that, while no rule has anything to remember, only add to their series."""
        found = Calm(_within(quiet_band(rule for rule, _ in self.checks), self.lowest, self.highest))
        for sensor in self.sensors:
            found = both(found, sensor.fold.calm(state.signals.get(sensor.key)))
        return found


def compile_watches(
    equipment_type: EquipmentType, rules: Iterable[ActiveRule], inputs: Iterable[str], *, learns: bool
) -> Iterator[Watch]:
    """One for each metric on which some rule runs, or that is the input of another's."""
    by_metric: dict[str, list[ActiveRule]] = {}
    for rule in rules:
        if rule.metric in equipment_type.metrics:
            by_metric.setdefault(rule.metric, []).append(rule)
    for name in inputs:
        by_metric.setdefault(name, [])
    for metric, own in by_metric.items():
        low, high = physical_range(equipment_type.metrics[metric])
        yield Watch(
            metric=metric,
            lowest=low,
            highest=high,
            slow_after_ms=min((rule.max_gap_ms for rule in own if rule.max_gap_ms is not None), default=None),
            checks=compile_checks(rule for rule in own if rule.signal is None),
            sensors=tuple(compile_sensors(equipment_type.metrics[metric], own, learns)),
        )


def physical_range(metric: Metric) -> tuple[float, float]:
    """What a value of the metric can be at all."""
    low = -math.inf if metric.minimum is None else metric.minimum
    return low, math.inf if metric.maximum is None else metric.maximum


def compile_sensors(metric: Metric, rules: Collection[ActiveRule], learns: bool) -> Iterator[Sensor]:
    """Rules of one signal share it, so that a warning and its critical limit have one memory."""
    by_key: dict[str, list[ActiveRule]] = {}
    ids = frozenset(rule.id for rule in rules)
    for rule in rules:
        if isinstance(rule.signal, Baseline | Rate | Starts | Share | Duration):
            by_key.setdefault(signal_key(metric.name, rule.signal), []).append(rule)
    for key, limits in by_key.items():
        declared = limits[0].signal
        if isinstance(declared, Baseline | Rate | Starts | Share | Duration):
            gated = any(rule.gated for rule in limits)
            fold = compile_signal(declared, metric.unit, quiet_band(limits), learns=learns, gated=gated)
            yield Sensor(key, fold, compile_checks(limits), ids)


def _within(band: QuietBand, low: float, high: float) -> QuietBand:
    """What needs no closer look: it crosses no limit, and can be."""
    return QuietBand(max(band.lowest, low), min(band.highest, high), band.never)
