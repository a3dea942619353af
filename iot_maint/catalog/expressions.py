"""What the expressions of a type may name, and that they are written well; columns count from 1 within the text."""

from collections.abc import Collection, Iterator

from iot_maint.catalog.positions import KeyPath
from iot_maint.catalog.problems import Problem
from iot_maint.catalog.units import KNOWN_UNITS
from iot_maint.domain.catalog import DerivedMetric, EquipmentType, MetricKind, ThresholdRule
from iot_maint.domain.signals import Composite, Sequence
from iot_maint.rules.composites import check_composite
from iot_maint.rules.expressions.parse import parse
from iot_maint.rules.expressions.tokens import ExpressionError
from iot_maint.rules.expressions.tree import Node, Rolling, names_of, parts


def check_derived(type_: EquipmentType, derived: DerivedMetric) -> Iterator[Problem]:
    """A derived metric: its name, its unit, its expression."""
    path = ("derived", derived.metric.name)
    if derived.metric.name in type_.metrics:
        yield Problem(path, f"the metric {derived.metric.name} exists; choose another name")
    if derived.metric.unit not in KNOWN_UNITS:
        yield Problem((*path, "unit"), f'unknown unit "{derived.metric.unit}"; known: {" ".join(sorted(KNOWN_UNITS))}')
    yield from _check((*path, "expression"), type_, derived.expression)


def check_expressions(type_: EquipmentType, rule: ThresholdRule) -> Iterator[Problem]:
    """The conditions of a sequence, or the rules of a composite."""
    path = ("rules", rule.key)
    if isinstance(rule.signal, Sequence):
        for key, text in (("after", rule.signal.after), ("until", rule.signal.until)):
            yield from _check((*path, "sequence", key), type_, text, rolls=False)
    if isinstance(rule.signal, Composite):
        yield from _check_composite((*path, "when"), type_, rule.signal.when)


def _check(path: KeyPath, type_: EquipmentType, text: str, *, rolls: bool = True) -> Iterator[Problem]:
    tree = _parsed(text)
    if isinstance(tree, Problem):
        yield Problem(path, tree.reason)
        return
    numbers = [name for name, metric in type_.metrics.items() if metric.kind is not MetricKind.ENUM]
    yield from _check_names(path, tree, (*numbers, *type_.parameters), "metric or parameter")
    if not any(name.name in type_.metrics for name in names_of(tree)):
        yield Problem(path, "column 1: names no metric")
    if not rolls and any(isinstance(part, Rolling) for part in parts(tree)):
        yield Problem(path, "column 1: a condition cannot roll; derive a metric and name it in a rule")


def _check_composite(path: KeyPath, type_: EquipmentType, text: str) -> Iterator[Problem]:
    tree = _parsed(text)
    if isinstance(tree, Problem):
        yield Problem(path, tree.reason)
        return
    simple = [key for key, rule in type_.rules.items() if not isinstance(rule.signal, Composite)]
    yield from _check_names(path, tree, simple, "rule")
    for column, reason in check_composite(tree):
        yield Problem(path, f"column {column}: {reason}")


def _parsed(text: str) -> Node | Problem:
    try:
        return parse(text)
    except ExpressionError as error:
        return Problem((), str(error))


def _check_names(path: KeyPath, tree: Node, declared: Collection[str], what: str) -> Iterator[Problem]:
    for name in names_of(tree):
        if name.name not in declared:
            known = ", ".join(declared) or "none"
            yield Problem(path, f"column {name.column}: {what} {name.name} is not declared; declared: {known}")
