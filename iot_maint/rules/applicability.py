"""Which limits of a type run on one piece of equipment, with which numbers, and why the others do not."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from iot_maint.domain.catalog import BasisKind, Comparison, EquipmentType, Metric, Severity, ThresholdRule
from iot_maint.domain.equipment import LimitOverride, Monitored

GAP_FACTOR = 3
SLOW_GAPS = 3  # that many gaps in a row longer than max_gap: the series is sampled too slowly


class RuleStanding(StrEnum):
    """Whether a declared limit runs."""

    RUNNING = "running"
    WAITING = "waiting"
    OTHER_KIND = "other_kind"
    MISSING_PARAMETER = "missing_parameter"
    DISABLED = "disabled"
    SAMPLED_TOO_SLOWLY = "sampled_too_slowly"


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveRule:
    """A rule with the numbers that hold for one piece of equipment.  `max_gap_ms` is None where gaps do not matter."""

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
    shadow: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleReport:
    """A declared limit, whether it runs here, and what it lacks (`detail`: a parameter, a need)."""

    rule: str
    standing: RuleStanding
    active: ActiveRule | None
    detail: str = ""


def interval_of(metric: Metric, monitored: Monitored) -> timedelta | None:
    """The time between readings: the register's `interval.<metric>` (s), else the catalog's."""
    own = monitored.equipment.parameters.get(f"interval.{metric.name}")
    return metric.interval if own is None else timedelta(seconds=own)


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


def report_rules(equipment_type: EquipmentType, monitored: Monitored) -> Iterator[RuleReport]:
    """Every declared limit of the type, as it stands for this equipment."""
    for rule in equipment_type.rules.values():
        yield _report(rule, equipment_type.metrics[rule.metric], monitored)
    for waiting in equipment_type.waiting.values():
        yield RuleReport(rule=waiting.id, standing=RuleStanding.WAITING, active=None, detail=waiting.needs.value)


def _report(rule: ThresholdRule, metric: Metric, monitored: Monitored) -> RuleReport:
    kind = monitored.equipment.kind
    override = monitored.overrides.get(rule.key) or LimitOverride(equipment=monitored.equipment.code, rule_key=rule.key)
    if rule.kinds and kind not in rule.kinds:
        return RuleReport(
            rule=rule.id, standing=RuleStanding.OTHER_KIND, active=None, detail=", ".join(sorted(rule.kinds))
        )
    if not override.enabled:
        return RuleReport(rule=rule.id, standing=RuleStanding.DISABLED, active=None)
    limit = override.limit or rule.limit
    clear_limit = override.clear_limit or rule.clear_limit
    parameters = monitored.equipment.parameters
    resolved, resolved_clear = limit.resolve(parameters), clear_limit.resolve(parameters)
    if resolved is None or resolved_clear is None:
        missing = limit.parameter if resolved is None else clear_limit.parameter
        return RuleReport(rule=rule.id, standing=RuleStanding.MISSING_PARAMETER, active=None, detail=missing or "")
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
        shadow=monitored.shadow.get(rule.id, rule.shadow),
    )
    return RuleReport(rule=rule.id, standing=RuleStanding.RUNNING, active=active)
