"""Which limits of a type run on one piece of equipment, with which numbers, and why the others do not."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from iot_maint.domain.catalog import BasisKind, Comparison, EquipmentType, Metric, Severity, ThresholdRule
from iot_maint.domain.equipment import LimitOverride, Monitored
from iot_maint.domain.schedules import DEFAULT_ZONE
from iot_maint.domain.signals import Comparing, Sequence, Signal
from iot_maint.rules.expressions.parse import parse
from iot_maint.rules.expressions.tree import names_of
from iot_maint.rules.timetable import HoldsAt, compile_schedule

GAP_FACTOR = 3
SLOW_GAPS = 3  # that many gaps in a row longer than max_gap: the series is sampled too slowly


class RuleStanding(StrEnum):
    """Whether a declared limit runs."""

    RUNNING = "running"
    LEARNING = "learning"
    OTHER_KIND = "other_kind"
    OTHER_EQUIPMENT = "other_equipment"
    MISSING_PARAMETER = "missing_parameter"
    DISABLED = "disabled"
    SAMPLED_TOO_SLOWLY = "sampled_too_slowly"
    ALONE = "alone"


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveDuring:
    """Another limit, and its clear limit, while `holds` at an instant."""

    holds: HoldsAt
    limit: float
    clear_limit: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveRule:
    """A rule with the numbers that hold for one piece of equipment.  `max_gap_ms` is None where gaps do not matter.

    The first of `during` that holds stands for `limit`; while `looks` says no, the rule must not look.
    """

    id: str
    metric: str
    comparison: Comparison
    limit: float
    clear_limit: float
    dwell_ms: int
    occurrences: int
    severity: Severity
    fault_mode: str
    gated: bool
    max_gap_ms: int | None
    basis: str
    signal: Signal | None = None
    shadow: bool = False
    during: tuple[ActiveDuring, ...] = ()
    looks: HoldsAt | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleReport:
    """A declared limit, whether it runs here, and what it lacks (`detail`: a parameter, the days of a base)."""

    rule: str
    standing: RuleStanding
    active: ActiveRule | None
    detail: str = ""


def signal_key(metric: str, signal: Signal) -> str:
    """Under which its memory is kept: rules with the same signal of one metric share it."""
    return f"{metric}~{signal.tag}"


def others_of(signal: Comparing, monitored: Monitored) -> tuple[str, ...]:
    """Whose values it is compared with."""
    relatives = monitored.relatives
    if not signal.with_parent:
        return relatives.siblings
    return () if relatives.parent is None else (relatives.parent,)


def interval_of(metric: Metric, monitored: Monitored) -> timedelta | None:
    """The time between readings: the register's `interval.<metric>` (s), else the catalog's."""
    own = monitored.equipment.parameters.get(f"interval.{metric.name}")
    return metric.interval if own is None else timedelta(seconds=own)


def no_data_after(metric: Metric, monitored: Monitored) -> timedelta | None:
    """When it is missed: the register's `no_data.<metric>` (s), else the catalog's; None: the settings decide."""
    own = monitored.equipment.parameters.get(f"no_data.{metric.name}")
    return metric.no_data_after if own is None else timedelta(seconds=own)


def stuck_after(metric: Metric, monitored: Monitored) -> timedelta | None:
    """When it is frozen: the register's `stuck.<metric>` (s), else the catalog's; None: the settings decide."""
    own = monitored.equipment.parameters.get(f"stuck.{metric.name}")
    return metric.stuck_after if own is None else timedelta(seconds=own)


def max_gap_of(rule: ThresholdRule, metric: Metric, monitored: Monitored) -> timedelta | None:
    """The longest silence a dwell survives: the register's, the rule's, or three intervals."""
    if metric.counts_occurrences:
        return None
    own = monitored.equipment.parameters.get(f"max_gap.{metric.name}")
    if own is not None:
        return timedelta(seconds=own)
    if rule.max_gap is not None:
        return rule.max_gap
    interval = interval_of(metric, monitored)
    return None if interval is None else GAP_FACTOR * interval


def report_rules(
    equipment_type: EquipmentType, monitored: Monitored, zone: ZoneInfo = DEFAULT_ZONE
) -> Iterator[RuleReport]:
    """Every declared limit of the type, as it stands for this equipment."""
    for rule in equipment_type.rules.values():
        report = _report(rule, equipment_type, monitored)
        yield (
            report
            if report.active is None
            else _scheduled(report, report.active, rule, equipment_type, monitored, zone)
        )


def _scheduled(
    report: RuleReport,
    active: ActiveRule,
    rule: ThresholdRule,
    type_: EquipmentType,
    monitored: Monitored,
    zone: ZoneInfo,
) -> RuleReport:
    """With its schedules; a limit of one's own holds at any time."""

    def holds(name: str) -> HoldsAt:
        return compile_schedule(type_.schedules[name], type_.calendar, zone)

    override, parameters = monitored.overrides.get(rule.key), monitored.equipment.parameters
    during = []
    for other in rule.during if override is None or override.limit is None else ():
        limit, clear_limit = other.limit.resolve(parameters), other.clear_limit.resolve(parameters)
        if limit is None or clear_limit is None:
            missing = other.limit.parameter or ""
            return RuleReport(rule=rule.id, standing=RuleStanding.MISSING_PARAMETER, active=None, detail=missing)
        during.append(ActiveDuring(holds=holds(other.schedule), limit=limit, clear_limit=clear_limit))
    only, never = [holds(name) for name in rule.only], [holds(name) for name in rule.never]

    def looks(at_ms: int) -> bool:
        return (not only or any(one(at_ms) for one in only)) and not any(one(at_ms) for one in never)

    scheduled = replace(active, during=tuple(during), looks=looks if only or never else None)
    return replace(report, active=scheduled)


def _lacking_parameter(rule: ThresholdRule, type_: EquipmentType, parameters: Mapping[str, float]) -> str | None:
    """The first parameter that its expressions name and the equipment has not."""
    expressions = [type_.derived[rule.metric].expression] if rule.metric in type_.derived else []
    if isinstance(rule.signal, Sequence):
        expressions += [rule.signal.after, rule.signal.until]
    names = (name.name for text in expressions for name in names_of(parse(text)))
    return next((name for name in names if name not in type_.metrics and name not in parameters), None)


def _declared_for_others(rule: ThresholdRule, code: str) -> RuleReport:
    """Of other codes or, where the code would fit, of other kinds."""
    of_codes = bool(rule.equipment) and code not in rule.equipment
    standing = RuleStanding.OTHER_EQUIPMENT if of_codes else RuleStanding.OTHER_KIND
    others = rule.equipment if of_codes else rule.kinds
    return RuleReport(rule=rule.id, standing=standing, active=None, detail=", ".join(sorted(others)))


def _report(rule: ThresholdRule, type_: EquipmentType, monitored: Monitored) -> RuleReport:
    metric = type_.metric_of(rule.metric)
    if metric is None:
        raise AssertionError(f"{rule.id} is on {rule.metric}, which no check let pass")
    code = monitored.equipment.code
    override = monitored.overrides.get(rule.key) or LimitOverride(equipment=code, rule_key=rule.key)
    if not rule.is_for(code, monitored.equipment.kind):
        return _declared_for_others(rule, code)
    if not override.enabled:
        return RuleReport(rule=rule.id, standing=RuleStanding.DISABLED, active=None)
    limit = override.limit or rule.limit
    clear_limit = override.clear_limit or rule.clear_limit
    parameters = monitored.equipment.parameters
    resolved, resolved_clear = limit.resolve(parameters), clear_limit.resolve(parameters)
    if resolved is None or resolved_clear is None:
        missing = limit.parameter if resolved is None else clear_limit.parameter
        return RuleReport(rule=rule.id, standing=RuleStanding.MISSING_PARAMETER, active=None, detail=missing or "")
    if isinstance(rule.signal, Comparing) and not others_of(rule.signal, monitored):
        return RuleReport(rule=rule.id, standing=RuleStanding.ALONE, active=None, detail=rule.signal.kind.value)
    if (lacking := _lacking_parameter(rule, type_, parameters)) is not None:
        return RuleReport(rule=rule.id, standing=RuleStanding.MISSING_PARAMETER, active=None, detail=lacking)
    dwell = rule.for_duration if override.for_duration is None else override.for_duration
    gap = max_gap_of(rule, metric, monitored)
    active = ActiveRule(
        id=rule.id,
        metric=rule.metric,
        comparison=rule.comparison,
        limit=resolved,
        clear_limit=resolved_clear,
        dwell_ms=round(dwell.total_seconds() * 1000),
        occurrences=rule.occurrences,
        severity=rule.severity,
        fault_mode=rule.fault_mode,
        gated=rule.gated,
        max_gap_ms=None if gap is None else round(gap.total_seconds() * 1000),
        basis=str(rule.basis) if override.limit is None else BasisKind.OWN_LIMIT.value,
        signal=rule.signal,
        shadow=monitored.shadow.get(rule.id, rule.shadow),
    )
    return RuleReport(rule=rule.id, standing=RuleStanding.RUNNING, active=active)
