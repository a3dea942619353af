"""All rules of one piece of equipment, compiled to one function over its telemetry."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from iot_maint.domain.catalog import RUNNING, EquipmentType
from iot_maint.domain.equipment import EquipmentStatus, Monitored
from iot_maint.domain.findings import Evidence, Finding, RunningKnowledge
from iot_maint.domain.schedules import DEFAULT_ZONE
from iot_maint.domain.shadow import standing_name
from iot_maint.domain.signals import Baseline
from iot_maint.domain.telemetry import Telemetry
from iot_maint.rules.applicability import (
    GAP_FACTOR,
    SLOW_GAPS,
    ActiveRule,
    RuleReport,
    RuleStanding,
    interval_of,
    report_rules,
    signal_key,
)
from iot_maint.rules.comparing import ComparingLook, hear
from iot_maint.rules.interpretation import Interpret, compile_interpretation
from iot_maint.rules.judging import Judging
from iot_maint.rules.looking import compile_looks
from iot_maint.rules.looks import Look, Rest, Taken
from iot_maint.rules.memories import Memory
from iot_maint.rules.quiet import FOREVER_MS, both
from iot_maint.rules.signals.baseline import learned_days
from iot_maint.rules.state import RECENT, EquipmentState, Running, Series
from iot_maint.rules.watching import Watch, compile_watches

Hear = Callable[[EquipmentState, str, Telemetry], EquipmentState]
Decide = Callable[[EquipmentState, Telemetry], tuple[EquipmentState, tuple[Finding, ...]]]
Absorb = Callable[[Memory, int], Memory]
Gate = Callable[[Running | None, int], RunningKnowledge | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """The compiled rules of one piece of equipment.  `decide` is a fold: state and telemetry → state and findings.

    While no rule has anything to remember, readings that are `calm` only add to their series.  A program that
    `forgets` is of equipment under maintenance: how it was before is no base for the repaired one.
    """

    decide: Decide
    hear: Hear
    watches: tuple[Watch, ...]
    looks: tuple[Look, ...]
    interpret: Interpret
    metrics: frozenset[str]
    reports: tuple[RuleReport, ...]
    forgets: bool
    absorbing: Mapping[str, tuple[tuple[str, Absorb], ...]]

    @property
    def signal_keys(self) -> frozenset[str]:
        """Under which its signals keep what they remember."""
        own = (sensor.key for watch in self.watches for sensor in watch.sensors)
        return frozenset(own).union(*(look.keys for look in self.looks))

    def rest(self, state: EquipmentState) -> Rest:
        """While no rule has anything to remember: by metric, the readings that only add to their series."""
        calm = {watch.metric: watch.calm(state) for watch in self.watches}
        until_ms = FOREVER_MS
        for look in self.looks:
            rest = look.rest(state)
            until_ms = min(until_ms, rest.until_ms)
            for metric, one in rest.calm.items():
                calm[metric] = both(calm[metric], one)
        return Rest(calm, until_ms)

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


def compile_program(
    equipment_type: EquipmentType, monitored: Monitored, late_after: timedelta, zone: ZoneInfo = DEFAULT_ZONE
) -> Program:
    """The rules that run for this equipment, with its limits, as one function."""
    reports = tuple(report_rules(equipment_type, monitored, zone))
    raises, in_service = monitored.equipment.raises, monitored.equipment.status is EquipmentStatus.IN_SERVICE
    active = [report.active for report in reports if report.active is not None]
    looks = tuple(compile_looks(equipment_type, monitored, active))
    inputs = sorted({name for look in looks for name in look.inputs})
    watches = tuple(compile_watches(equipment_type, active, inputs, learns=in_service))
    gate = compile_gate(equipment_type, monitored)
    interpret = compile_interpretation(equipment_type)
    late_ms = round(late_after.total_seconds() * 1000)
    code = monitored.equipment.code

    def decide(state: EquipmentState, telemetry: Telemetry) -> tuple[EquipmentState, tuple[Finding, ...]]:
        if telemetry.retained:  # a retained message may be of any age: it is last-known only
            return state, ()
        at_ms = telemetry.at_ms
        values, _ = interpret(telemetry)
        late = telemetry.received_at_ms - at_ms > late_ms
        running = follow_running(state.running, at_ms, values.get(RUNNING))
        judging = Judging(code, state, at_ms, late, raises, gate(running, at_ms))
        series, taken = dict(state.series), set[str]()
        for watch in watches:
            value = values.get(watch.metric)
            if value is None or not watch.lowest <= value <= watch.highest:  # a broken sensor's is no evidence
                continue
            before = series.get(watch.metric)
            if before is not None and at_ms <= before.recent[-1][0]:  # the same reading, or out of order
                continue
            plain = watch.plain
            if judging.rules or not plain.lowest <= value <= plain.highest or value == plain.never:
                for rule, step in watch.checks:
                    judging.judge(rule, step, before, value, value)
            for sensor in watch.sensors:
                judging.sense(sensor, before, value)
            series[watch.metric] = _extend(before, at_ms, value, watch.slow_after_ms)
            taken.add(watch.metric)
        for look in looks:
            look.look(judging, Taken(state.series, series, taken))
        return EquipmentState(running, series, judging.rules, state.alarms, judging.signals), tuple(judging.findings)

    comparing = {
        watch.metric: tuple(look for look in looks if isinstance(look, ComparingLook) and look.metric == watch.metric)
        for watch in watches
    }

    def hear_other(state: EquipmentState, other: str, telemetry: Telemetry) -> EquipmentState:
        """Another's message, by its own code: what comparisons remember of it."""
        if telemetry.retained:
            return state
        values, _ = interpret(telemetry)
        possible = {
            watch.metric: value
            for watch in watches
            if (value := values.get(watch.metric)) is not None and watch.lowest <= value <= watch.highest
        }
        return hear(comparing, state, other, telemetry.at_ms, possible)

    return Program(
        decide=decide,
        hear=hear_other,
        watches=watches,
        looks=looks,
        interpret=interpret,
        metrics=frozenset(equipment_type.metrics),
        reports=reports,
        forgets=monitored.equipment.status is EquipmentStatus.UNDER_MAINTENANCE,
        absorbing={watch.metric: absorbing for watch in watches if (absorbing := tuple(_absorbing(watch)))},
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
        replace(report, standing=RuleStanding.SAMPLED_TOO_SLOWLY)
        if report.rule in slow
        else _with_learning(report, state)
        for report in program.reports
    )


def _with_learning(report: RuleReport, state: EquipmentState) -> RuleReport:
    """A rule whose base does not know enough days yet is learning; `detail` says how many of how many it knows."""
    active = report.active
    if active is None or not isinstance(active.signal, Baseline):
        return report
    known = learned_days(state.signals.get(signal_key(active.metric, active.signal)))
    if known >= active.signal.learn:
        return report
    return replace(report, standing=RuleStanding.LEARNING, detail=f"{known}/{active.signal.learn}")


def retire_rules(state: EquipmentState, program: Program) -> tuple[EquipmentState, tuple[Evidence, ...]]:
    """Forget rules that no longer run here; the evidence of those that had been raised, so that they can clear.

    A rule that holds up the alarm of a fault mode which is no longer its own runs no longer, in that sense; neither
    does one that was put into shadow, or promoted, since it was raised, nor one whose base is forgotten: it could not
    say for days whether the fault is gone.
    """
    active = program.active
    astray = {
        rule
        for mode, standing in state.alarms.items()
        for rule in standing.rules
        if rule in active and standing_name(active[rule].fault_mode, active[rule].shadow) != mode
    }
    based: dict[str, str] = {}
    for rule, one in active.items() if program.forgets else ():
        if isinstance(one.signal, Baseline):
            based[rule] = signal_key(one.metric, one.signal)
    astray |= based.keys()
    kept = {rule: rule_state for rule, rule_state in state.rules.items() if rule in active and rule not in astray}
    keys = program.signal_keys - set(based.values())
    signals = {key: memory for key, memory in state.signals.items() if key in keys}
    if len(kept) == len(state.rules) and len(signals) == len(state.signals):
        return state, ()
    gone = {rule: rule_state for rule, rule_state in state.rules.items() if rule not in kept}
    return EquipmentState(state.running, state.series, kept, state.alarms, signals), tuple(
        s.evidence for s in gone.values() if s.evidence is not None
    )


def _absorbing(watch: Watch) -> Iterator[tuple[str, Absorb]]:
    for sensor in watch.sensors:
        if sensor.fold.absorb is not None:
            yield sensor.key, sensor.fold.absorb


def _extend(before: Series | None, at_ms: int, value: float, slow_after_ms: int | None) -> Series:
    if before is None:
        return Series(((at_ms, value),), 0)
    recent = before.recent
    slow = slow_after_ms is not None and at_ms - recent[-1][0] > slow_after_ms
    return Series((*recent[1 - RECENT :], (at_ms, value)), before.slow_gaps + 1 if slow else 0)
