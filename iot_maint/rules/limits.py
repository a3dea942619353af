"""What makes a limit sound, whoever wrote it: a catalog file, or a person who overrides it for one equipment."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from itertools import permutations

from iot_maint.domain.catalog import Comparison, Limit, Metric, MetricKind, Severity, ThresholdRule


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitProblem:
    """What is wrong with one attribute of a rule, in one line."""

    attribute: str
    reason: str


def check_limit(comparison: Comparison, limit: Limit, clear_limit: Limit) -> tuple[LimitProblem, ...]:
    """Problems of a limit and its clear limit, both in the metric's unit; empty when they are sound."""
    broken = tuple(
        LimitProblem(attribute=attribute, reason=reason)
        for attribute, one in (("limit", limit), ("clear_limit", clear_limit))
        if (reason := _malformed(one)) is not None
    )
    if broken:
        return broken
    if comparison is Comparison.IS:
        return _check_boolean(limit, clear_limit)
    if limit.parameter != clear_limit.parameter:
        reason = f"must be relative to {limit.parameter} like the limit" if limit.parameter else "must be absolute"
        return (LimitProblem(attribute="clear_limit", reason=f"{reason}, not {_describe(clear_limit)}"),)
    side = "below" if comparison is Comparison.ABOVE else "above"
    if _is_beyond(limit, clear_limit, comparison):
        return ()
    reason = f"{_describe(clear_limit)} must lie {side} the limit {_describe(limit)}, or the alarm flaps"
    return (LimitProblem(attribute="clear_limit", reason=reason),)


def check_rule(rule: ThresholdRule, metric: Metric) -> tuple[LimitProblem, ...]:
    """Problems of a rule on its metric: its limits, and whether it dwells or counts as the metric comes."""
    metric = rule.judged(metric)
    return (
        *check_limit(rule.comparison, rule.limit, rule.clear_limit),
        *_check_meaning(rule, metric),
        *_check_range(rule, metric),
        *_check_patience(rule, metric),
    )


def check_severities(rules: Iterable[ThresholdRule]) -> tuple[tuple[str, LimitProblem], ...]:
    """Critical rules that are crossed before a warning of the same metric, side and kind; by rule key."""
    return tuple(
        (
            critical.key,
            LimitProblem(
                attribute="limit",
                reason=f"critical at {_describe(critical.limit)} is crossed before "
                f"{warning.key} at {_describe(warning.limit)}",
            ),
        )
        for warning, critical in permutations(rules, 2)
        if warning.severity is Severity.WARNING
        and critical.severity is Severity.CRITICAL
        and _watch_the_same(warning, critical)
        and _is_beyond(warning.limit, critical.limit, warning.comparison)
    )


def _watch_the_same(one: ThresholdRule, other: ThresholdRule) -> bool:
    share_kind = not one.kinds or not other.kinds or bool(one.kinds & other.kinds)
    share_equipment = not one.equipment or not other.equipment or bool(one.equipment & other.equipment)
    return (
        one.metric == other.metric
        and one.signal == other.signal
        and one.comparison is other.comparison is not Comparison.IS
        and one.limit.parameter == other.limit.parameter
        and share_kind
        and share_equipment
    )


def _malformed(limit: Limit) -> str | None:
    if not all(math.isfinite(number) for number in (limit.value or 0.0, limit.times, limit.plus)):
        return "must be a finite number"
    if (limit.value is None) == (limit.parameter is None):
        return "must be either a number or relative to a parameter"
    if limit.times <= 0:
        return f"times = {limit.times:g} must be above 0"
    return None


def _check_boolean(limit: Limit, clear_limit: Limit) -> tuple[LimitProblem, ...]:
    if limit.value not in (0.0, 1.0):
        return (LimitProblem(attribute="limit", reason="of a boolean must be true or false"),)
    if clear_limit != limit:
        return (LimitProblem(attribute="clear_limit", reason="of a boolean is its limit: any other value clears"),)
    return ()


def _is_beyond(limit: Limit, clear_limit: Limit, comparison: Comparison) -> bool:
    """Whether `clear_limit` lies on the good side of `limit`, whatever (positive) value their parameter has."""
    sign = 1.0 if comparison is Comparison.ABOVE else -1.0
    if limit.value is not None and clear_limit.value is not None:
        return sign * (limit.value - clear_limit.value) > 0
    steps = (sign * (limit.times - clear_limit.times), sign * (limit.plus - clear_limit.plus))
    return min(steps) >= 0 and max(steps) > 0


def _check_meaning(rule: ThresholdRule, metric: Metric) -> tuple[LimitProblem, ...]:
    if metric.kind is MetricKind.COUNTER:
        return (LimitProblem(attribute="metric", reason=f"{metric.name} is a counter: it only grows, no limit fits"),)
    if metric.kind is MetricKind.ENUM:
        return (LimitProblem(attribute="metric", reason=f"{metric.name} is an enum: its numbers have no order"),)
    if (metric.kind is MetricKind.BOOLEAN) != (rule.comparison is Comparison.IS):
        fitting = "is" if metric.kind is MetricKind.BOOLEAN else "above or below"
        return (LimitProblem(attribute="comparison", reason=f"{metric.name} is a {metric.kind}: use {fitting}"),)
    return ()


def _check_range(rule: ThresholdRule, metric: Metric) -> tuple[LimitProblem, ...]:
    low = -math.inf if metric.minimum is None else metric.minimum
    high = math.inf if metric.maximum is None else metric.maximum
    return tuple(
        LimitProblem(
            attribute=attribute, reason=f"{limit.value:g} is outside the range of {metric.name}, {low:g} to {high:g}"
        )
        for attribute, limit in (("limit", rule.limit), ("clear_limit", rule.clear_limit))
        if limit.value is not None and not low <= limit.value <= high
    )


def _check_patience(rule: ThresholdRule, metric: Metric) -> tuple[LimitProblem, ...]:
    """A metric that comes by the clock dwells; one that comes with something that occurs counts."""
    problems: list[LimitProblem] = []
    if metric.occurs is not None and rule.for_duration:
        reason = f"{metric.name} comes per {metric.occurs}: use occurrences instead"
        problems.append(LimitProblem(attribute="for_duration", reason=reason))
    if metric.occurs is not None and rule.max_gap is not None:
        reason = f"{metric.name} comes per {metric.occurs}: there is no gap to measure"
        problems.append(LimitProblem(attribute="max_gap", reason=reason))
    if metric.occurs is None and rule.occurrences != 1:
        reason = f"{metric.name} comes by the clock: use a duration instead"
        problems.append(LimitProblem(attribute="occurrences", reason=reason))
    if rule.occurrences < 1:
        problems.append(LimitProblem(attribute="occurrences", reason="must be at least 1"))
    if rule.for_duration < timedelta(0):
        problems.append(LimitProblem(attribute="for_duration", reason="must not be negative"))
    if metric.interval is not None and rule.max_gap is not None and rule.max_gap < metric.interval:
        reason = f"is shorter than the interval of {metric.name}: the dwell would never complete"
        problems.append(LimitProblem(attribute="max_gap", reason=reason))
    return tuple(problems)


def _describe(limit: Limit) -> str:
    if limit.parameter is None:
        return f"{limit.value:g}"
    return f"{limit.parameter} × {limit.times:g} {limit.plus:+g}"
