"""Which metrics of a type stand together: by kind of equipment, or where a type has none, by how they come."""

from collections.abc import Sequence
from dataclasses import dataclass

from grafana.bands import rules_of
from grafana.descriptions import name_kinds
from iot_maint.domain.catalog import EquipmentType, Metric, MetricKind

COMMON = "通用监测"


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Metrics under one heading; `background` when no limit watches any of them."""

    title: str
    metrics: Sequence[Metric]
    background: bool


def group_metrics(type_: EquipmentType) -> list[Group]:
    """Every metric in exactly one group, in the catalog's order; states before numbers before counters."""
    chosen = _by_kind(type_) if type_.kinds else _by_coming(type_)
    return [
        Group(
            title=title,
            metrics=sorted(metrics, key=_rank),
            background=not any(rules_of(type_, metric) or shows_state(metric) for metric in metrics),
        )
        for title, metrics in chosen
        if metrics
    ]


def shows_state(metric: Metric) -> bool:
    """Few named values instead of a quantity."""
    return metric.kind in (MetricKind.BOOLEAN, MetricKind.ENUM)


def _rank(metric: Metric) -> int:
    return 0 if shows_state(metric) else 2 if metric.kind is MetricKind.COUNTER else 1


def _by_kind(type_: EquipmentType) -> list[tuple[str, list[Metric]]]:
    """A metric of several kinds stands with the first of them; a lone one joins a group that already has its kind."""
    order = list(type_.kinds)
    homes: dict[str | None, list[Metric]] = {None: []}
    for metric in type_.metrics.values():
        home = min(metric.kinds, key=order.index) if metric.kinds else None
        homes.setdefault(home, []).append(metric)
    for kind in order:
        lone = homes.get(kind, [])
        host = next((h for h, ms in homes.items() if h not in (None, kind) and any(kind in m.kinds for m in ms)), None)
        if len(lone) == 1 and host is not None:
            homes[host] += homes.pop(kind)
    groups = [(COMMON, homes.pop(None))]
    for kind in order:
        if kind in homes:
            others = set(homes) - {kind}
            mentioned = {k for metric in homes[kind] for k in metric.kinds} - others
            groups.append((name_kinds(type_, mentioned), homes[kind]))
    return groups


def _by_coming(type_: EquipmentType) -> list[tuple[str, list[Metric]]]:
    metrics = list(type_.metrics.values())
    states = [metric for metric in metrics if shows_state(metric)]
    counters = [metric for metric in metrics if metric.kind is MetricKind.COUNTER]
    numbers = [metric for metric in metrics if metric not in states and metric not in counters]
    return [
        ("状态与事件", states),
        ("连续监测", [metric for metric in numbers if metric.occurs is None]),
        ("按次监测", [metric for metric in numbers if metric.occurs is not None]),
        ("累计量", counters),
    ]
