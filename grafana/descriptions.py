"""What a panel says of its metric: normal range, every limit with its signal, dwell and basis."""

from collections.abc import Iterable
from datetime import timedelta

from grafana.bands import bands_of, rules_of
from grafana.words import SEVERITY_NAMES, short
from iot_maint.domain.catalog import (
    Basis,
    BasisKind,
    Comparison,
    EquipmentType,
    Language,
    Limit,
    Metric,
    MetricKind,
    ThresholdRule,
)
from iot_maint.services.signal_text import say_signal

_SIDES = {Comparison.ABOVE: ("高于", "低于"), Comparison.BELOW: ("低于", "高于")}
_STATES = {"0": "否", "1": "是"}
_SPANS = ((86_400, "天"), (3_600, "小时"), (60, "分钟"), (1, "秒"))


def describe(type_: EquipmentType, metric: Metric, *remarks: str) -> str:
    """Markdown, one paragraph a fact; `remarks` say how the panel shows it."""
    rules = rules_of(type_, metric)
    lines = [_say_normal(metric)] if metric.normal or metric.unit != "1" else []
    lines += [_say_rule(type_, metric, rule) for rule in rules]
    if any(rule.limit.parameter for rule in rules if rule.signal is None):
        lines.append("随设备参数变化的限值不画色带。")
    if bands_of(type_, metric).lines:
        lines.append("各类别限值不同，只画虚线，不画色带。")
    if metric.kinds and metric.kinds != set(type_.kinds):
        lines.append(f"适用：{name_kinds(type_, metric.kinds)}")
    return "\n\n".join((*lines, *remarks))


def say_span(span: timedelta) -> str:
    """`2 分 30 秒` would be `150 秒`: the largest unit that divides it."""
    seconds = int(span.total_seconds())
    size, name = next((size, name) for size, name in _SPANS if seconds % size == 0)
    return f"{seconds // size} {name}"


def say_basis(basis: Basis) -> str:
    """The standard, or that the limit wants tuning."""
    return basis.reference if basis.kind is BasisKind.STANDARD else "工程默认值，按现场调整"


def name_kinds(type_: EquipmentType, kinds: Iterable[str]) -> str:
    """In the catalog's order."""
    chosen = set(kinds)
    return "、".join(label.zh for kind, label in type_.kinds.items() if kind in chosen)


def _say_normal(metric: Metric) -> str:
    normal = metric.normal.zh if metric.normal else "未规定"
    if metric.kind is MetricKind.BOOLEAN:
        return f"正常：{_STATES.get(normal, normal)}"
    return f"正常：{normal}" + ("" if metric.unit == "1" else f"（单位 {metric.unit}）")


def _say_rule(type_: EquipmentType, metric: Metric, rule: ThresholdRule) -> str:
    if rule.comparison is Comparison.IS:
        condition = f"为“{'是' if rule.limit.value else '否'}”"
        cleared = ""
    else:
        side, other_side = _SIDES[rule.comparison]
        judged = rule.judged(metric)
        condition = f"{side} {_say_limit(type_, judged, rule.limit)}"
        cleared = f"，{other_side} {_say_limit(type_, judged, rule.clear_limit)} 解除"
        if rule.signal is not None:
            condition = f"{say_signal(rule.signal, Language.ZH_CN)}{condition}"
    if metric.counts_occurrences:
        dwell = f"，连续 {rule.occurrences} 次" if rule.occurrences > 1 else "，一次即报"
    else:
        dwell = f"，持续 {say_span(rule.for_duration)}"
    remarks = "（仅运行时判断）" if rule.gated else ""
    if rule.kinds != metric.kinds:
        remarks += f"（{name_kinds(type_, rule.kinds)}）"
    return f"{SEVERITY_NAMES[rule.severity]}：{condition}{dwell}{cleared}{remarks}。依据：{say_basis(rule.basis)}"


def _say_limit(type_: EquipmentType, metric: Metric, limit: Limit) -> str:
    """`5.1 mm/s`; `出口压力设定值 + 0.05 MPa`."""
    unit = "" if metric.unit == "1" else f" {metric.unit}"
    if limit.parameter is None:
        return f"{limit.value:g}{unit}"
    parts = [short(type_.parameters[limit.parameter].label.zh)]
    if limit.times != 1:
        parts.append(f"× {limit.times:g}")
    if limit.plus:
        parts.append(f"{'+' if limit.plus > 0 else '−'} {abs(limit.plus):g}{unit}")
    return " ".join(parts)
