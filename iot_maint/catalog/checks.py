"""What the parts of an equipment type say of each other: every name that is used is declared, every limit sound."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from iot_maint.catalog.expressions import check_derived, check_expressions
from iot_maint.catalog.positions import KeyPath
from iot_maint.catalog.problems import Problem
from iot_maint.catalog.units import KNOWN_UNITS
from iot_maint.domain.catalog import (
    RESERVED_MEASUREMENTS,
    RUNNING,
    Comparison,
    DetectorSpec,
    EquipmentType,
    Limit,
    Metric,
    MetricKind,
    ThresholdRule,
)
from iot_maint.domain.signals import SignalKind
from iot_maint.rules.limits import LimitProblem, check_rule, check_severities

BOOLEAN_WORDS = frozenset({"true", "false", "on", "off", "开", "关"})


def find_problems(type_: EquipmentType) -> Iterator[Problem]:
    """Every contradiction within one type, in the order of its file."""
    if type_.name in RESERVED_MEASUREMENTS:
        yield Problem(("type",), f"{type_.name} is a reserved measurement; choose another name")
    yield from _check_parameters(type_)
    for metric in type_.metrics.values():
        yield from _check_metric(type_, metric)
    for derived in type_.derived.values():
        yield from check_derived(type_, derived)
    for rule in type_.rules.values():
        yield from _check_rule(type_, rule)
    for key, problem in check_severities(type_.rules.values()):
        yield Problem(
            ("rules", type_.rules[key].written_key, _written(problem.attribute, type_.rules[key])), problem.reason
        )
    yield from _check_fault_modes(type_)
    yield from _check_plans(type_)
    if type_.detector is not None:
        yield from _check_detector(type_, type_.detector)
    for code in type_.causes:
        yield from _check_declared(("causes", code), (code,), type_.fault_modes, "fault mode")


def find_unknown_symptoms(type_: EquipmentType, types: Mapping[str, EquipmentType]) -> Iterator[Problem]:
    """What a cause explains but no type of the whole catalog declares."""
    for code, cause in type_.causes.items():
        path = ("causes", code, "explains")
        for name, mode in sorted(cause.explains, key=str):
            yield from _check_declared(path, (name,), types, "equipment type")
            if mode is not None and name in types:
                yield from _check_declared(path, (mode,), types[name].fault_modes, f"fault mode of {name}")


def _check_parameters(type_: EquipmentType) -> Iterator[Problem]:
    for name, parameter in type_.parameters.items():
        if parameter.unit not in KNOWN_UNITS:
            yield _unknown_unit(("parameters", name, "unit"), parameter.unit)


def _check_metric(type_: EquipmentType, metric: Metric) -> Iterator[Problem]:
    path = ("metrics", metric.name)
    if metric.unit not in KNOWN_UNITS:
        yield _unknown_unit((*path, "unit"), metric.unit)
    if metric.minimum is not None and metric.maximum is not None and metric.minimum >= metric.maximum:
        yield Problem((*path, "min"), f"{metric.minimum:g} must be below max {metric.maximum:g}")
    if metric.name == RUNNING and (metric.kind is not MetricKind.BOOLEAN or metric.interval is None):
        yield Problem(path, 'is the gate of rules: needs kind = "boolean" and an interval')
    yield from _check_declared((*path, "kinds"), metric.kinds, type_.kinds, "kind")
    yield from _check_members(metric)


def _check_members(metric: Metric) -> Iterator[Problem]:
    path = ("metrics", metric.name, "members")
    if (metric.kind is MetricKind.ENUM) != bool(metric.members):
        yield Problem(path, 'members and kind = "enum" belong together')
    if len(set(metric.members)) != len(metric.members):
        yield Problem(path, "a member stands there twice; they are stored by their position")
    for member in metric.members:
        if member.casefold() in BOOLEAN_WORDS or _is_numeric(member):
            yield Problem(path, f'"{member}" reads as a number or boolean and would be stored as one; rename it')


def _is_numeric(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def _check_rule(type_: EquipmentType, rule: ThresholdRule) -> Iterator[Problem]:
    path = ("rules", rule.written_key)
    yield from _check_names(type_, rule)
    if rule.gated and RUNNING not in type_.metrics:
        yield Problem((*path, "gated"), f"a gated rule needs the metric {RUNNING}; declare it")
    metric = type_.metric_of(rule.metric)
    if metric is None:
        return
    yield from _check_signal(type_, path, rule, metric)
    yield from check_expressions(type_, rule)
    yield from _check_schedules(type_, path, rule, metric)
    judged = rule.judged(metric)
    for attribute, limit in (("limit", rule.limit), ("clear_limit", rule.clear_limit)):
        yield from _check_reference(type_, (*path, _written(attribute, rule)), limit, judged)
    for problem in check_rule(rule, metric):
        yield _in_file(path, rule, problem)


def _check_schedules(type_: EquipmentType, path: KeyPath, rule: ThresholdRule, metric: Metric) -> Iterator[Problem]:
    for key, names in (("only", rule.only), ("never", rule.never)):
        yield from _check_declared((*path, key), names, type_.schedules, "schedule")
    for during in rule.during:
        there = (*path, "during", during.schedule)
        yield from _check_declared(there, (during.schedule,), type_.schedules, "schedule")
        for limit in (during.limit, during.clear_limit):
            yield from _check_reference(type_, there, limit, rule.judged(metric))
        other = replace(rule, limit=during.limit, clear_limit=during.clear_limit, during=())
        for problem in check_rule(other, metric):
            yield Problem((*there, _written(problem.attribute, rule)), problem.reason)


def _check_names(type_: EquipmentType, rule: ThresholdRule) -> Iterator[Problem]:
    path = ("rules", rule.written_key)
    yield from _check_declared((*path, "metric"), (rule.metric,), (*type_.metrics, *type_.derived), "metric")
    yield from _check_declared((*path, "fault_mode"), (rule.fault_mode,), type_.fault_modes, "fault mode")
    yield from _check_declared((*path, "kinds"), rule.kinds, type_.kinds, "kind")
    metric = type_.metric_of(rule.metric)
    if metric is not None and metric.kinds and not rule.kinds <= metric.kinds:
        reason = f"{metric.name} exists on {', '.join(sorted(metric.kinds))} only"
        yield Problem((*path, "kinds"), reason)


def _check_reference(type_: EquipmentType, path: KeyPath, limit: Limit, metric: Metric) -> Iterator[Problem]:
    if limit.parameter is None:
        return
    yield from _check_declared(path, (limit.parameter,), type_.parameters, "parameter")
    parameter = type_.parameters.get(limit.parameter)
    if parameter is not None and parameter.unit != metric.unit:
        reason = f"{parameter.name} is in {parameter.unit}, but {metric.name} in {metric.unit}"
        yield Problem(path, reason)


def _check_signal(type_: EquipmentType, path: KeyPath, rule: ThresholdRule, metric: Metric) -> Iterator[Problem]:
    """Starts are a boolean's; all other signals of a metric are numbers made of numbers."""
    kind = rule.signal_kind
    fitting = {
        SignalKind.STARTS: (MetricKind.BOOLEAN,),
        SignalKind.DURATION: (MetricKind.BOOLEAN, MetricKind.NUMBER),
        SignalKind.RATE: (MetricKind.NUMBER, MetricKind.COUNTER),
        SignalKind.BASELINE: (MetricKind.NUMBER,),
        SignalKind.SHARE: (MetricKind.NUMBER,),
        SignalKind.SIBLING: (MetricKind.NUMBER,),
        SignalKind.PARENT: (MetricKind.NUMBER,),
    }.get(kind)
    if kind in (SignalKind.SIBLING, SignalKind.PARENT) and rule.metric not in type_.metrics:
        yield Problem((*path, "metric"), f"{rule.metric} is derived: others send no such metric")
    if fitting is not None and metric.kind not in fitting:
        yield Problem((*path, kind.value), f"{metric.name} is a {metric.kind}: needs a {' or '.join(fitting)}")


def _check_fault_modes(type_: EquipmentType) -> Iterator[Problem]:
    for code, mode in type_.fault_modes.items():
        path = ("fault_modes", code)
        yield from _check_declared((*path, "trade"), (mode.trade,), type_.trades, "trade")
        yield from _check_declared((*path, "spares"), mode.spares, type_.spares, "spare")
        yield from _check_declared((*path, "drivers"), mode.drivers, type_.metrics, "metric")
        symptoms = {rule.metric for rule in type_.rules.values() if rule.fault_mode == code}
        for driver in mode.drivers:
            if driver in symptoms:
                yield Problem(
                    (*path, "drivers"), f"{driver} is a symptom of {code}: it would explain its own fault away"
                )


def _check_plans(type_: EquipmentType) -> Iterator[Problem]:
    for key, plan in type_.plans.items():
        path = ("plans", key)
        yield from _check_declared((*path, "kinds"), plan.kinds, type_.kinds, "kind")
        if plan.meter is None:
            continue
        meter = type_.metrics.get(plan.meter)
        if meter is None or meter.kind is not MetricKind.COUNTER or meter.unit != "h":
            yield Problem((*path, "meter"), f"{plan.meter} must be a declared counter in h")


def _check_detector(type_: EquipmentType, spec: DetectorSpec) -> Iterator[Problem]:
    for key, names in (("metrics", spec.metrics), ("drivers", spec.drivers)):
        yield from _check_declared(("detector", key), names, type_.metrics, "metric")
        for name in names:
            metric = type_.metrics.get(name)
            if metric is not None and metric.kind is not MetricKind.NUMBER:
                yield Problem(("detector", key), f"{name} is a {metric.kind}; a detector looks at numbers")
            if (*spec.metrics, *spec.drivers).count(name) > 1:
                yield Problem(("detector", key), f"{name} stands there twice; it is watched or it explains, once")
    if spec.gate is not None:
        yield from _check_declared(("detector", "gate"), (spec.gate,), type_.metrics, "metric")
        gate = type_.metrics.get(spec.gate)
        if gate is not None and gate.kind is not MetricKind.BOOLEAN:
            yield Problem(("detector", "gate"), f"{spec.gate} is a {gate.kind}; a gate is a boolean")
    if spec.clear >= spec.limit:
        yield Problem(
            ("detector", "clear"), f"{spec.clear:g} is not below the limit of {spec.limit:g}: an alarm clears below it"
        )


def _check_declared(path: KeyPath, used: Collection[str], declared: Collection[str], what: str) -> Iterator[Problem]:
    for name in sorted(used):
        if name not in declared:
            yield Problem(path, f"{what} {name} is not declared; declared: {', '.join(declared) or 'none'}")


def _unknown_unit(path: KeyPath, unit: str) -> Problem:
    return Problem(path, f'unknown unit "{unit}"; known: {" ".join(sorted(KNOWN_UNITS))}')


def _in_file(path: KeyPath, rule: ThresholdRule, problem: LimitProblem) -> Problem:
    return Problem((*path, _written(problem.attribute, rule)), problem.reason)


def _written(attribute: str, rule: ThresholdRule) -> str:
    """The key under which a file writes a rule's attribute."""
    side = "is" if rule.comparison is Comparison.IS else rule.comparison.value
    clear = "clear" if rule.side_of is None else f"clear_{side}"
    keys = {"limit": side, "comparison": side, "clear_limit": clear, "for_duration": "for"}
    return keys.get(attribute, attribute)
