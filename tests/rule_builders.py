"""Builders for rule tests: a pump-like type with one metric, telemetry by the second, and a run over it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from iot_maint.domain.catalog import (
    Basis,
    BasisKind,
    Comparison,
    DerivedMetric,
    EquipmentType,
    FaultMode,
    Limit,
    Metric,
    MetricKind,
    Occurs,
    Severity,
    Text,
    ThresholdRule,
)
from iot_maint.domain.equipment import Equipment, EquipmentStatus, LimitOverride, Monitored
from iot_maint.domain.findings import Finding
from iot_maint.domain.signals import Signal
from iot_maint.domain.telemetry import Telemetry
from iot_maint.rules.program import Program, compile_program
from iot_maint.rules.state import EquipmentState

T0_MS = 1_767_225_600_000  # 2026-01-01T00:00:00Z
ENGINEERING = Basis(kind=BasisKind.ENGINEERING_DEFAULT)


def a_text(text: str = "x") -> Text:
    return Text(zh=text, en=text)


def a_metric(
    name: str,
    interval_s: float | None = 60,
    occurs: Occurs | None = None,
    kind: MetricKind = MetricKind.NUMBER,
    members: tuple[str, ...] = (),
    sentinels: frozenset[float] = frozenset(),
    minimum: float | None = None,
    maximum: float | None = None,
) -> Metric:
    return Metric(
        name=name,
        label=a_text(name),
        unit="1",
        kind=kind,
        interval=None if interval_s is None or occurs else timedelta(seconds=interval_s),
        occurs=occurs,
        normal=None,
        minimum=minimum,
        maximum=maximum,
        sentinels=sentinels,
        members=members,
        kinds=frozenset(),
    )


def a_rule(
    key: str = "hot",
    *,
    metric: str = "bearing_temp",
    above: float | Limit | None = None,
    below: float | Limit | None = None,
    is_: float | None = None,
    clear: float | Limit | None = None,
    dwell_s: float = 600,
    occurrences: int = 1,
    severity: Severity = Severity.WARNING,
    fault_mode: str = "PMP-BEAR",
    gated: bool = False,
    max_gap_s: float | None = None,
    kinds: frozenset[str] = frozenset(),
    signal: Signal | None = None,
) -> ThresholdRule:
    limit = above if above is not None else below if below is not None else is_
    if limit is None:
        limit, above = 80.0, 80.0
    comparison = Comparison.ABOVE if above is not None else Comparison.BELOW if below is not None else Comparison.IS
    return ThresholdRule(
        id=f"pump.{key}",
        key=key,
        metric=metric,
        comparison=comparison,
        limit=limit if isinstance(limit, Limit) else Limit(value=limit),
        clear_limit=(clear if isinstance(clear, Limit) else Limit(value=clear))
        if clear is not None
        else limit
        if isinstance(limit, Limit)
        else Limit(value=limit),
        for_duration=timedelta(seconds=dwell_s),
        occurrences=occurrences,
        severity=severity,
        fault_mode=fault_mode,
        kinds=kinds,
        gated=gated,
        max_gap=None if max_gap_s is None else timedelta(seconds=max_gap_s),
        basis=ENGINEERING,
        signal=signal,
    )


def a_type(
    rules: Sequence[ThresholdRule],
    metrics: Sequence[Metric] = (),
    settle_s: float = 300,
    derived: Sequence[DerivedMetric] = (),
) -> EquipmentType:
    declared = {metric.name: metric for metric in metrics}
    names = {one.metric.name for one in derived}
    for rule in rules:
        if rule.metric not in names:
            declared.setdefault(rule.metric, a_metric(rule.metric))
    declared.setdefault("running", a_metric("running", kind=MetricKind.BOOLEAN))
    modes = {rule.fault_mode for rule in rules}
    return EquipmentType(
        name="pump",
        label=a_text("pump"),
        kinds={},
        settle=timedelta(seconds=settle_s),
        metrics=declared,
        parameters={},
        derived={one.metric.name: one for one in derived},
        rules={rule.key: rule for rule in rules},
        fault_modes={mode: a_fault_mode(mode) for mode in modes},
        spares={},
        trades={"mechanic": a_text("mechanic")},
        plans={},
    )


def a_fault_mode(code: str = "PMP-BEAR") -> FaultMode:
    return FaultMode(
        code=code,
        label=a_text(code),
        cause=a_text(),
        action=a_text(),
        trade="mechanic",
        urgency={Severity.WARNING: 3, Severity.CRITICAL: 2},
        spares=(),
    )


def a_monitored(
    parameters: Mapping[str, float] | None = None,
    overrides: Sequence[LimitOverride] = (),
    status: EquipmentStatus = EquipmentStatus.IN_SERVICE,
    kind: str | None = None,
    code: str = "P-01",
) -> Monitored:
    equipment = Equipment(
        code=code, name="1 号泵", type="pump", site="yard", kind=kind, status=status, parameters=parameters or {}
    )
    return Monitored(equipment=equipment, overrides={override.rule_key: override for override in overrides})


def a_program(
    *rules: ThresholdRule,
    monitored: Monitored | None = None,
    metrics: Sequence[Metric] = (),
    late_after: timedelta = timedelta(hours=1),
    derived: Sequence[DerivedMetric] = (),
) -> Program:
    return compile_program(a_type(rules, metrics, derived=derived), monitored or a_monitored(), late_after)


def telemetry(at_s: float, *, received_s: float | None = None, **values: float) -> Telemetry:
    at_ms = T0_MS + round(at_s * 1000)
    received_ms = at_ms if received_s is None else T0_MS + round(received_s * 1000)
    return Telemetry(site="yard", equipment="P-01", at_ms=at_ms, received_at_ms=received_ms, values=values)


def run(
    program: Program, messages: Iterable[Telemetry], state: EquipmentState | None = None
) -> tuple[EquipmentState, list[Finding]]:
    state = state or EquipmentState()
    findings: list[Finding] = []
    for message in messages:
        state, found = program.decide(state, message)
        findings += found
    return state, findings


def seconds_of(at: datetime) -> float:
    """Seconds since the builders' T0."""
    return round(at.timestamp() - T0_MS / 1000, 3)


def every(step_s: float, until_s: float, value: float, start_s: float = 0, **more: float) -> list[Telemetry]:
    """Readings of `bearing_temp` from start to until, both included."""
    count = int((until_s - start_s) / step_s) + 1
    return [telemetry(start_s + i * step_s, bearing_temp=value, **more) for i in range(count)]
