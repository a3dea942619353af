"""The limits of a metric as Grafana's threshold steps."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from grafana.words import SEVERITY_COLOURS, UNKNOWN_COLOUR, Json
from iot_maint.domain.catalog import Comparison, EquipmentType, Metric, Severity, ThresholdRule


@dataclass(frozen=True, slots=True, kw_only=True)
class Bands:
    """Absolute limits only: one relative to a parameter differs from equipment to equipment.

    `steps` are (from this value on, severity); the first begins at None, minus infinity.  `lines` instead of areas
    when kinds of one type have different limits: a measurement does not say of which kind a series is.
    """

    steps: tuple[tuple[float | None, Severity | None], ...]
    lines: bool
    lowest: float | None
    highest: float | None

    @property
    def exist(self) -> bool:
        return len(self.steps) > 1

    def thresholds(self) -> Json:
        """As `fieldConfig.defaults.thresholds` wants them."""
        steps = [
            {"color": SEVERITY_COLOURS[severity] if severity else UNKNOWN_COLOUR, "value": value}
            for value, severity in self.steps
        ]
        return {"mode": "absolute", "steps": steps}


def rules_of(type_: EquipmentType, metric: Metric) -> list[ThresholdRule]:
    """The rules on a metric or its signals, in the catalog's order."""
    return [rule for rule in type_.rules.values() if rule.metric == metric.name]


def bands_of(type_: EquipmentType, metric: Metric) -> Bands:
    """Where the metric is in order, and where it is not."""
    rules = [
        (rule, rule.limit.value)
        for rule in rules_of(type_, metric)
        if rule.signal is None and rule.comparison is not Comparison.IS and rule.limit.value is not None
    ]
    lines = any(rule.kinds != metric.kinds for rule, _ in rules)
    above = [value for rule, value in rules if rule.comparison is Comparison.ABOVE]
    below = [value for rule, value in rules if rule.comparison is Comparison.BELOW]
    steps = _as_lines(rules) if lines else _as_areas(rules)
    # A limit beyond another of its severity begins no band, and the axis need not reach that far.
    edges = {value for value, _ in steps}
    return Bands(
        steps=steps,
        lines=lines,
        lowest=min((value for value in below if value in edges), default=None),
        highest=max((value for value in above if value in edges), default=None),
    )


def _as_areas(rules: Sequence[tuple[ThresholdRule, float]]) -> tuple[tuple[float | None, Severity | None], ...]:
    def severity_between(low: float, high: float) -> Severity | None:
        crossed = [
            rule.severity
            for rule, value in rules
            if (value <= low if rule.comparison is Comparison.ABOVE else value >= high)
        ]
        return max(crossed, key=lambda severity: severity.rank, default=None)

    edges = [float("-inf"), *sorted({value for _, value in rules}), float("inf")]
    steps: list[tuple[float | None, Severity | None]] = [(None, severity_between(edges[0], edges[1]))]
    for low, high in pairwise(edges[1:]):
        severity = severity_between(low, high)
        if severity is not steps[-1][1]:
            steps.append((low, severity))
    return tuple(steps)


def _as_lines(rules: Sequence[tuple[ThresholdRule, float]]) -> tuple[tuple[float | None, Severity | None], ...]:
    """Each limit in the colour of the worst that it means for any kind."""
    worst: dict[float, Severity] = {}
    for rule, value in rules:
        if value not in worst or rule.severity.rank > worst[value].rank:
            worst[value] = rule.severity
    return ((None, None), *sorted(worst.items()))
