"""All rules of one piece of equipment, compiled to one function over its telemetry."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import NamedTuple

from iot_maint.domain.catalog import RUNNING, EquipmentType, Metric
from iot_maint.domain.equipment import EquipmentStatus, Monitored
from iot_maint.domain.findings import Evidence, Finding, FindingKind, RunningKnowledge
from iot_maint.domain.instants import instant
from iot_maint.domain.shadow import standing_name
from iot_maint.domain.telemetry import Telemetry
from iot_maint.rules.applicability import (
    GAP_FACTOR,
    SLOW_GAPS,
    ActiveRule,
    RuleReport,
    RuleStanding,
    interval_of,
    report_rules,
)
from iot_maint.rules.interpretation import Interpret, compile_interpretation
from iot_maint.rules.state import EquipmentState, RuleState, Running, Series
from iot_maint.rules.threshold import QuietBand, Step, compile_threshold, quiet_band

RECENT = 8  # readings that a series remembers

Decide = Callable[[EquipmentState, Telemetry], tuple[EquipmentState, tuple[Finding, ...]]]
Gate = Callable[[Running | None, int], RunningKnowledge | None]


class QuietSeries(NamedTuple):
    """A watched metric: the values that cross no limit, and the gap that counts as slow (None: none does)."""

    metric: str
    slow_after_ms: int | None
    band: QuietBand


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """The compiled rules of one piece of equipment.  `decide` is a fold: state and telemetry → state and findings.

    While no rule has anything to remember, readings within `quiet` only add to their series.
    """

    decide: Decide
    quiet: tuple[QuietSeries, ...]
    interpret: Interpret
    metrics: frozenset[str]
    reports: tuple[RuleReport, ...]

    @property
    def active(self) -> Mapping[str, ActiveRule]:
        """The running rules by id."""
        return {report.rule: report.active for report in self.reports if report.active is not None}


def compile_gate(equipment_type: EquipmentType, monitored: Monitored) -> Gate:
    """(running state, at_ms) → what is known, or None while a gated rule must not look.

    Unknown, or older than three of its intervals, counts as running; after a start the rules wait the settle time.
    """
    settle_ms = round(equipment_type.settle.total_seconds() * 1000)
    metric = equipment_type.metrics.get(RUNNING)
    interval = (interval_of(metric, monitored) if metric is not None else None) or timedelta(minutes=1)
    stale_ms = round(GAP_FACTOR * interval.total_seconds() * 1000)

    def gate(running: Running | None, at_ms: int) -> RunningKnowledge | None:
        if running is None or at_ms - running.at_ms > stale_ms:
            return RunningKnowledge.ASSUMED
        if not running.on or (running.started_ms is not None and at_ms - running.started_ms < settle_ms):
            return None
        return RunningKnowledge.RUNNING

    return gate


def compile_program(equipment_type: EquipmentType, monitored: Monitored, late_after: timedelta) -> Program:
    """The rules that run for this equipment, with its limits, as one function."""
    reports = tuple(report_rules(equipment_type, monitored))
    by_metric: dict[str, list[tuple[ActiveRule, Step]]] = {}
    for report in reports:
        if report.active is not None:
            by_metric.setdefault(report.active.metric, []).append((report.active, compile_threshold(report.active)))
    physical = {name: _physical_range(metric) for name, metric in equipment_type.metrics.items()}
    quiet = tuple(
        QuietSeries(metric, _slow_after(checks), _within(quiet_band(rule for rule, _ in checks), physical[metric]))
        for metric, checks in by_metric.items()
    )
    plan = tuple((*series[:2], tuple(by_metric[series.metric])) for series in quiet)
    gate = compile_gate(equipment_type, monitored)
    interpret = compile_interpretation(equipment_type)
    late_ms = round(late_after.total_seconds() * 1000)
    in_service = monitored.equipment.status is EquipmentStatus.IN_SERVICE
    code = monitored.equipment.code

    def decide(state: EquipmentState, telemetry: Telemetry) -> tuple[EquipmentState, tuple[Finding, ...]]:
        if telemetry.retained:  # a retained message may be of any age: it is last-known only
            return state, ()
        at_ms = telemetry.at_ms
        values, _ = interpret(telemetry)
        late = telemetry.received_at_ms - at_ms > late_ms
        running = follow_running(state.running, at_ms, values.get(RUNNING))
        knowledge = gate(running, at_ms)
        series, rules = dict(state.series), dict(state.rules)
        findings: list[Finding] = []
        for metric, slow_after_ms, checks in plan:
            value = values.get(metric)
            if value is None:
                continue
            possible = physical[metric]
            if not possible[0] <= value <= possible[1]:  # a broken sensor's number is no evidence of anything
                continue
            before = series.get(metric)
            if before is not None and at_ms <= before.recent[-1][0]:  # the same reading, or out of order
                continue
            for rule, step in checks:
                was = rules.get(rule.id)
                known = knowledge if rule.gated else RunningKnowledge.NOT_GATED
                now, kind = step(was, before, at_ms, value, late, in_service, known)
                if now is not None:
                    rules[rule.id] = now
                elif was is not None:
                    del rules[rule.id]
                if kind is not None:
                    findings.append(_finding(code, rule, kind, now or was, at_ms, value))
            series[metric] = _extend(before, at_ms, value, slow_after_ms)
        return EquipmentState(running, series, rules, state.alarms), tuple(findings)

    return Program(
        decide=decide,
        quiet=quiet,
        interpret=interpret,
        metrics=frozenset(equipment_type.metrics),
        reports=reports,
    )


def follow_running(running: Running | None, at_ms: int, value: float | None) -> Running | None:
    """The running state after one more reading of it; as it was without one, or with an older one."""
    if value is None or (running is not None and at_ms <= running.at_ms):
        return running
    on = value != 0.0
    if not on:
        return Running(False, at_ms, None)
    started = at_ms if running is not None and not running.on else running.started_ms if running is not None else None
    return Running(True, at_ms, started)


def too_slow(state: EquipmentState, program: Program) -> frozenset[str]:
    """Running rules whose series keeps coming slower than its `max_gap`: their dwell can never be complete."""
    return frozenset(
        rule.id
        for rule in program.active.values()
        if rule.dwell_ms > 0 and rule.metric in state.series and state.series[rule.metric].slow_gaps >= SLOW_GAPS
    )


def reports_with_speed(state: EquipmentState, program: Program) -> tuple[RuleReport, ...]:
    """The program's reports, with rules whose series is sampled too slowly shown as not running."""
    slow = too_slow(state, program)
    return tuple(
        replace(report, standing=RuleStanding.SAMPLED_TOO_SLOWLY) if report.rule in slow else report
        for report in program.reports
    )


def retire_rules(state: EquipmentState, program: Program) -> tuple[EquipmentState, tuple[Evidence, ...]]:
    """Forget rules that no longer run here; the evidence of those that had been raised, so that they can clear.

    A rule that holds up the alarm of a fault mode which is no longer its own runs no longer, in that sense; neither
    does one that was put into shadow, or promoted, since it was raised.
    """
    active = program.active
    astray = {
        rule
        for mode, standing in state.alarms.items()
        for rule in standing.rules
        if rule in active and standing_name(active[rule].fault_mode, active[rule].shadow) != mode
    }
    kept = {rule: rule_state for rule, rule_state in state.rules.items() if rule in active and rule not in astray}
    if len(kept) == len(state.rules):
        return state, ()
    gone = {rule: rule_state for rule, rule_state in state.rules.items() if rule not in kept}
    return EquipmentState(state.running, state.series, kept, state.alarms), tuple(
        s.evidence for s in gone.values() if s.evidence is not None
    )


def _physical_range(metric: Metric) -> tuple[float, float]:
    """What a value of the metric can be at all."""
    low = -math.inf if metric.minimum is None else metric.minimum
    return low, math.inf if metric.maximum is None else metric.maximum


def _within(band: QuietBand, physical: tuple[float, float]) -> QuietBand:
    """What needs no closer look: it crosses no limit, and can be."""
    return QuietBand(max(band.lowest, physical[0]), min(band.highest, physical[1]), band.never)


def _slow_after(rules: list[tuple[ActiveRule, Step]]) -> int | None:
    gaps = [rule.max_gap_ms for rule, _ in rules if rule.max_gap_ms is not None]
    return min(gaps) if gaps else None


def _extend(before: Series | None, at_ms: int, value: float, slow_after_ms: int | None) -> Series:
    if before is None:
        return Series(((at_ms, value),), 0)
    recent = before.recent
    slow = slow_after_ms is not None and at_ms - recent[-1][0] > slow_after_ms
    return Series((*recent[1 - RECENT :], (at_ms, value)), before.slow_gaps + 1 if slow else 0)


def _finding(
    code: str, rule: ActiveRule, kind: FindingKind, state: RuleState | None, at_ms: int, value: float
) -> Finding:
    if state is None or state.evidence is None:
        raise AssertionError(f"{rule.id} spoke without evidence")
    evidence = state.evidence
    said_at_ms = state.complete_ms if kind is FindingKind.RAISED and state.complete_ms is not None else at_ms
    if kind is FindingKind.CLEARED:
        evidence = replace(evidence, readings=((at_ms, value),))
    return Finding(
        kind=kind,
        equipment=code,
        fault_mode=rule.fault_mode,
        rule=rule.id,
        severity=evidence.severity,
        onset_at=instant(state.onset_ms),
        at=instant(said_at_ms),
        evidence=evidence,
        shadow=rule.shadow,
    )
