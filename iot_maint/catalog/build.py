"""From the parsed tables of a file to the domain's words; what the file leaves out gets its meaning here."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

from iot_maint.catalog.build_signal import build_signal
from iot_maint.catalog.calendar import build_schedule
from iot_maint.catalog.schema import (
    BasisTable,
    CauseTable,
    CommonTable,
    DerivedTable,
    DetectorTable,
    DuringTable,
    FaultModeTable,
    LimitTable,
    MetricTable,
    PlanTable,
    RuleTable,
    TextTable,
    TypeTable,
)
from iot_maint.domain.catalog import (
    LEAD_TIME,
    Basis,
    BasisKind,
    Cause,
    Comparison,
    DerivedMetric,
    DetectorSpec,
    EquipmentType,
    FaultMode,
    Limit,
    LimitDuring,
    Metric,
    MetricKind,
    Occurs,
    Parameter,
    PlanTemplate,
    Severity,
    Spare,
    Text,
    ThresholdRule,
)
from iot_maint.rules.expressions.parse import parse
from iot_maint.rules.expressions.tokens import ExpressionError
from iot_maint.rules.expressions.tree import names_of

T = TypeVar("T")


def build_type(table: TypeTable) -> EquipmentType:
    """The equipment type that a file declares; not yet checked for what its parts say of each other."""
    metrics = {name: _metric(name, metric) for name, metric in table.metrics.items()}
    derived = {name: _derived(name, one, metrics) for name, one in table.derived.items()}
    known = {**metrics, **{name: one.metric for name, one in derived.items()}}
    return EquipmentType(
        name=table.type_name,
        label=_text(table.name),
        kinds={name: _text(text) for name, text in table.kinds.items()},
        settle=table.settle,
        metrics=metrics,
        parameters={
            name: Parameter(name=name, label=_text(parameter.name), unit=parameter.unit)
            for name, parameter in table.parameters.items()
        },
        derived=derived,
        schedules={name: build_schedule(name, one) for name, one in table.schedules.items()},
        rules=dict(_rules(table, known)),
        fault_modes={code: _fault_mode(code, mode) for code, mode in table.fault_modes.items()},
        spares={code: Spare(code=code, label=_text(text)) for code, text in table.spares.items()},
        trades={name: _text(text) for name, text in table.trades.items()},
        plans={key: _plan(key, plan) for key, plan in table.plans.items()},
        detector=None if table.detector is None else _detector(table.detector),
        causes={code: _cause(code, cause) for code, cause in table.causes.items()},
    )


def add_common(type_: EquipmentType, common: CommonTable) -> EquipmentType:
    """The type with the fault modes that every type has; one that it declares itself stays its own."""
    modes = {code: _fault_mode(code, mode) for code, mode in common.fault_modes.items()}
    spares = {code: Spare(code=code, label=_text(text)) for code, text in common.spares.items()}
    trades = {name: _text(text) for name, text in common.trades.items()}
    return replace(
        type_,
        fault_modes=_added(type_.fault_modes, modes),
        spares=_added(type_.spares, spares),
        trades=_added(type_.trades, trades),
    )


def _added(own: Mapping[str, T], common: Mapping[str, T]) -> dict[str, T]:
    return {**own, **{key: thing for key, thing in common.items() if key not in own}}


def _text(table: TextTable) -> Text:
    return Text(zh=table.zh, en=table.en)


def _maybe_text(table: TextTable | None) -> Text | None:
    return None if table is None else _text(table)


def _basis(table: BasisTable) -> Basis:
    if table.standard is None:
        return Basis(kind=BasisKind.ENGINEERING_DEFAULT)
    return Basis(kind=BasisKind.STANDARD, reference=table.standard)


def _limit(table: LimitTable) -> Limit:
    return Limit(value=table.value, parameter=table.parameter, times=table.times, plus=table.plus)


def _metric(name: str, table: MetricTable) -> Metric:
    return Metric(
        name=name,
        label=_text(table.name),
        unit=table.unit,
        kind=MetricKind(table.kind),
        interval=table.interval,
        occurs=None if table.occurs is None else Occurs(table.occurs),
        normal=_maybe_text(table.normal),
        minimum=table.minimum,
        maximum=table.maximum,
        sentinels=frozenset(table.sentinels),
        members=tuple(table.members),
        kinds=frozenset(table.kinds),
        max_step=table.max_step,
        steady=table.steady,
        no_data_after=table.no_data,
        stuck_after=table.stuck,
    )


def _rules(whole: TypeTable, metrics: dict[str, Metric]) -> Iterator[tuple[str, ThresholdRule]]:
    """One each; of a rule with both sides two, which differ in nothing but their limit."""
    for key, table in whole.rules.items():
        if not table.is_two_sided:
            yield key, _rule(whole, key, table, metrics)
            continue
        sides = (
            table.model_copy(update={"below": None, "clear": table.clear_above}),
            table.model_copy(update={"above": None, "clear": table.clear_below}),
        )
        for side, one in zip(table.keys(key), sides, strict=True):
            yield side, replace(_rule(whole, side, one, metrics), side_of=key)


def _rule(whole: TypeTable, key: str, table: RuleTable, metrics: dict[str, Metric]) -> ThresholdRule:
    metric = table.metric or _first_metric(whole, table)
    comparison, limit, clear_limit = _limits(table)
    return ThresholdRule(
        id=f"{whole.type_name}.{key}",
        key=key,
        metric=metric,
        comparison=comparison,
        limit=limit,
        clear_limit=clear_limit,
        for_duration=table.for_ or timedelta(0),
        occurrences=1 if table.occurrences is None else table.occurrences,
        severity=Severity(table.severity),
        fault_mode=table.fault_mode,
        kinds=_kinds(table.kinds, metric, metrics),
        gated=table.gated,
        max_gap=table.max_gap,
        basis=_basis(table.basis),
        urgency=table.urgency,
        signal=build_signal(table),
        shadow=table.shadow,
        during=tuple(_during(name, one) for name, one in table.during.items()),
        only=tuple(table.only),
        never=tuple(table.never),
        equipment=frozenset(table.equipment or ()),
    )


def _during(schedule: str, table: DuringTable) -> LimitDuring:
    return LimitDuring(
        schedule=schedule, limit=_limit(table.above or table.below or LimitTable()), clear_limit=_limit(table.clear)
    )


def _first_metric(whole: TypeTable, table: RuleTable) -> str:
    """A combination of rules shows the readings of the first of them; what is wrong with it, the checks say."""
    try:
        names = names_of(parse(table.when or ""))
    except ExpressionError:
        names = ()
    of = [whole.rules[name.name].metric for name in names if name.name in whole.rules]
    return next((metric for metric in of if metric is not None), next(iter(whole.metrics), ""))


def _derived(name: str, table: DerivedTable, metrics: Mapping[str, Metric]) -> DerivedMetric:
    """It comes as the first of its inputs does; what is wrong with its expression, the checks say."""
    try:
        names = names_of(parse(table.expression))
    except ExpressionError:
        names = ()
    first = next((metrics[one.name] for one in names if one.name in metrics), None)
    metric = Metric(
        name=name,
        label=_text(table.name),
        unit=table.unit,
        kind=MetricKind(table.kind),
        interval=None if first is None else first.interval,
        occurs=None if first is None else first.occurs,
        normal=_maybe_text(table.normal),
        minimum=table.minimum,
        maximum=table.maximum,
        sentinels=frozenset(),
        members=(),
        kinds=frozenset(table.kinds) or (frozenset() if first is None else first.kinds),
    )
    return DerivedMetric(metric=metric, expression=table.expression)


def _limits(table: RuleTable) -> tuple[Comparison, Limit, Limit]:
    """The side and both limits; the table has been validated to hold exactly one of them."""
    if table.is_ is not None:
        limit = Limit(value=float(table.is_))  # any other value clears: the clear limit is the same
        return Comparison.IS, limit, limit
    clear = _limit(table.clear or LimitTable())
    if table.above is not None:
        return Comparison.ABOVE, _limit(table.above), clear
    return Comparison.BELOW, _limit(table.below or LimitTable()), clear


def _kinds(written: list[str], metric: str, metrics: dict[str, Metric]) -> frozenset[str]:
    """A rule that names no kinds is for those of its metric."""
    if written or metric not in metrics:
        return frozenset(written)
    return metrics[metric].kinds


def _fault_mode(code: str, table: FaultModeTable) -> FaultMode:
    return FaultMode(
        code=code,
        label=_text(table.name),
        cause=_text(table.cause),
        action=_text(table.action),
        trade=table.trade,
        urgency={Severity.WARNING: table.urgency.warning, Severity.CRITICAL: table.urgency.critical},
        spares=tuple(table.spares),
        lead_time=LEAD_TIME if table.lead_time is None else table.lead_time,
        drivers=tuple(table.drivers),
    )


def _detector(table: DetectorTable) -> DetectorSpec:
    spec = DetectorSpec(
        metrics=tuple(table.metrics),
        drivers=tuple(table.drivers),
        gate=table.gate,
        bin=table.bin_,
        default=table.default,
    )
    return replace(
        spec,
        limit=spec.limit if table.limit is None else table.limit,
        clear=spec.clear if table.clear is None else table.clear,
        dwell=spec.dwell if table.dwell is None else table.dwell,
    )


def _cause(code: str, table: CauseTable) -> Cause:
    named = (entry.partition("/") for entry in table.explains)
    return Cause(
        fault_mode=code,
        explains=frozenset((type_name, None if mode == "*" else mode) for type_name, _, mode in named),
        before=table.before,
        settle=table.settle,
    )


def _plan(key: str, table: PlanTable) -> PlanTemplate:
    return PlanTemplate(
        key=key,
        label=_text(table.name),
        items=_text(table.items),
        every_days=None if table.every is None else table.every.days,
        meter=table.meter,
        every_hours=table.every_hours,
        before=_maybe_text(table.before),
        kinds=frozenset(table.kinds),
        basis=_basis(table.basis),
    )
