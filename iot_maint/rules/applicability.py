"""Which limits of a type run on one piece of equipment, with which numbers, and why the others do not."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from iot_maint.domain.catalog import BasisKind, Comparison, EquipmentType, Metric, Severity, ThresholdRule
from iot_maint.domain.equipment import LimitOverride, Monitored
from iot_maint.domain.signals import Sequence, Signal
from iot_maint.rules.expressions.parse import parse
from iot_maint.rules.expressions.tree import names_of

GAP_FACTOR = 3
SLOW_GAPS = 3  # that many gaps in a row longer than max_gap: the series is sampled too slowly


class RuleStanding(StrEnum):
    """Whether a declared limit runs."""

    RUNNING = "running"
    LEARNING = "learning"
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
    signal: Signal | None = None
    shadow: bool = False


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
        yield _report(rule, equipment_type, monitored)


def _lacking_parameter(rule: ThresholdRule, type_: EquipmentType, parameters: Mapping[str, float]) -> str | None:
    """The first parameter that its expressions name and the equipment has not."""
    expressions = [type_.derived[rule.metric].expression] if rule.metric in type_.derived else []
    if isinstance(rule.signal, Sequence):
        expressions += [rule.signal.after, rule.signal.until]
    names = (name.name for text in expressions for name in names_of(parse(text)))
    return next((name for name in names if name not in type_.metrics and name not in parameters), None)


def _report(rule: ThresholdRule, type_: EquipmentType, monitored: Monitored) -> RuleReport:
    metric = type_.metric_of(rule.metric)
    if metric is None:
        raise AssertionError(f"{rule.id} is on {rule.metric}, which no check let pass")
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
