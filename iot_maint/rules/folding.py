"""Many telemetry of one equipment at once: what `decide` comes to one after the other, in a fraction of the time.

Nearly always nothing stands and no value crosses a limit; then only the series grow, each in one go.
"""

from collections.abc import Callable, Sequence

from iot_maint.domain.catalog import RUNNING
from iot_maint.domain.findings import Finding
from iot_maint.domain.telemetry import Telemetry
from iot_maint.rules.interpretation import Interpret
from iot_maint.rules.state import EquipmentState, Running, Series

RECENT = 8  # readings that a series remembers

Decide = Callable[[EquipmentState, Telemetry], tuple[EquipmentState, tuple[Finding, ...]]]
# Findings with the position of the telemetry that they came with.
Folded = tuple[EquipmentState, Sequence[tuple[int, Finding]]]
DecideAll = Callable[[EquipmentState, Sequence[Telemetry]], Folded]
# Metric, gap that counts as slow (ms), lowest and highest value that crosses no limit.
Quiet = tuple[str, int | None, float, float]


def compile_decide_all(plan: Sequence[Quiet], interpret: Interpret, decide: Decide) -> DecideAll:
    """State and telemetry in the order of arrival → what folding them by `decide` comes to."""

    def decide_each(state: EquipmentState, telemetry: Sequence[Telemetry]) -> Folded:
        findings: list[tuple[int, Finding]] = []
        for position, item in enumerate(telemetry):
            state, found = decide(state, item)
            findings += [(position, finding) for finding in found]
        return state, findings

    def decide_all(state: EquipmentState, telemetry: Sequence[Telemetry]) -> Folded:
        if state.rules:
            return decide_each(state, telemetry)
        running, series = state.running, dict(state.series)
        readings = [(item.at_ms, interpret(item)[0]) for item in telemetry if not item.retained]
        for at_ms, values in readings:
            running = follow_running(running, at_ms, values.get(RUNNING))
        for metric, slow_after_ms, lowest, highest in plan:
            before = series.get(metric)
            recent, slow_gaps = (before.recent, before.slow_gaps) if before is not None else ((), 0)
            last_ms = recent[-1][0] if recent else None
            fresh: list[tuple[int, float]] = []
            for at_ms, values in readings:
                value = values.get(metric)
                if value is None or (last_ms is not None and at_ms <= last_ms):
                    continue
                if not lowest <= value <= highest:
                    return decide_each(state, telemetry)
                slow = slow_after_ms is not None and last_ms is not None and at_ms - last_ms > slow_after_ms
                slow_gaps = slow_gaps + 1 if slow else 0
                fresh.append((at_ms, value))
                last_ms = at_ms
            if fresh:
                # Cut before it is copied: half of what a quiet message costs is this memory.
                kept = max(RECENT - len(fresh), 0)
                series[metric] = Series((recent[-kept:] if kept else ()) + tuple(fresh[-RECENT:]), slow_gaps)
        return EquipmentState(running, series, state.rules, state.alarms), ()

    return decide_all


def follow_running(running: Running | None, at_ms: int, value: float | None) -> Running | None:
    """The running state after one more reading of it; as it was without one, or with an older one."""
    if value is None or (running is not None and at_ms <= running.at_ms):
        return running
    on = value != 0.0
    if not on:
        return Running(False, at_ms, None)
    started = at_ms if running is not None and not running.on else running.started_ms if running is not None else None
    return Running(True, at_ms, started)
