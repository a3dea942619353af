"""Composites: and, or, not over rules that stand, or stood a while ago."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from iot_maint.domain.findings import FindingKind
from iot_maint.domain.signals import Composite, Sensed
from iot_maint.rules.applicability import ActiveRule, signal_key
from iot_maint.rules.expressions.parse import parse
from iot_maint.rules.expressions.tree import Binary, Name, Node, Unary, names_of
from iot_maint.rules.judging import Judging
from iot_maint.rules.looks import AT_REST, Rest, Taken
from iot_maint.rules.memories import EndedMemory
from iot_maint.rules.state import EquipmentState, Series
from iot_maint.rules.threshold import Checks, compile_checks


@dataclass(frozen=True, slots=True, kw_only=True)
class CompositeLook:
    """The limits over one composite.  It only looks when a rule was raised or let go, or while it is itself crossed.

    A rule that stood within the window counts as standing; under `not`, only one that stands now does.  So a composite
    never becomes true by time alone, and while nothing stands there is nothing to look at.
    """

    key: str
    metric: str
    declared: Composite
    when: Node
    ids: Mapping[str, str]
    checks: Checks

    @property
    def keys(self) -> frozenset[str]:
        return frozenset({self.key})

    @property
    def inputs(self) -> frozenset[str]:
        return frozenset()

    def look(self, judging: Judging, taken: Taken) -> None:
        if not judging.findings and judging.rules.keys().isdisjoint(rule.id for rule, _ in self.checks):
            return
        at_ms = judging.at_ms
        ended = self._ended(judging)
        window_ms = self.declared.within.total_seconds() * 1000
        now = {key for key, rule in self.ids.items() if _stands(judging, rule)}
        lately = {key for key, rule in self.ids.items() if rule in ended and at_ms - ended[rule] <= window_ms} | now
        holds = _holds(self.when, now, lately)
        series = taken.after.get(self.metric)
        readings = series.recent if series is not None else ((at_ms, float(holds)),)
        of = ", ".join(key for key in self.ids if key in lately)
        over_s = self.declared.within.total_seconds() or None
        sensed = Sensed(kind=self.declared.kind, value=float(holds), unit="1", over_s=over_s, of=of)
        before = taken.before.get(self.metric) or Series(readings, 0)
        for rule, step in self.checks:
            judging.judge(rule, step, before, readings[-1][1], float(holds), sensed, readings)

    def rest(self, _state: EquipmentState) -> Rest:
        return AT_REST

    def _ended(self, judging: Judging) -> Mapping[str, int]:
        """When each of its rules was last let go; remembered only where there is a window."""
        memory = judging.signals.get(self.key)
        ended = memory.ended if isinstance(memory, EndedMemory) else {}
        let_go = [
            one.rule for one in judging.findings if one.kind is FindingKind.CLEARED and one.rule in self.ids.values()
        ]
        if let_go and self.declared.within:
            ended = {**ended, **dict.fromkeys(let_go, judging.at_ms)}
            judging.signals[self.key] = EndedMemory(dict(sorted(ended.items())))
        return ended


def compile_composite(
    metric: str, declared: Composite, rules: list[ActiveRule], id_of: Mapping[str, str]
) -> CompositeLook:
    """All limits over one composite; `id_of`: the ids of the type's rules by key."""
    when = parse(declared.when)
    return CompositeLook(
        key=signal_key(metric, declared),
        metric=metric,
        declared=declared,
        when=when,
        ids={name.name: id_of[name.name] for name in names_of(when)},
        checks=compile_checks(replace(rule, max_gap_ms=None) for rule in rules),
    )


def check_composite(when: Node) -> Iterator[tuple[int, str]]:
    """Columns and reasons: only and, or, not over rules' keys, and false while nothing stands."""
    problems = list(_foreign_parts(when))
    yield from problems
    if not problems and _holds(when, set(), set()):
        yield 1, "is true while no rule stands; a composite needs one that does"


def _foreign_parts(node: Node) -> Iterator[tuple[int, str]]:
    match node:
        case Name():
            return
        case Unary() if node.sign == "not":
            yield from _foreign_parts(node.operand)
        case Binary() if node.sign in ("and", "or"):
            yield from _foreign_parts(node.left)
            yield from _foreign_parts(node.right)
        case Binary():
            yield node.column, f"{node.sign} is no and, or, not over rules"
        case _:
            yield getattr(node, "column", 1), "only and, or, not over rules, by their keys"


def _holds(node: Node, now: set[str], lately: set[str]) -> bool:
    match node:
        case Name():
            return node.name in lately
        case Unary():
            return not _holds(node.operand, now, now)
        case Binary():
            left, right = _holds(node.left, now, lately), _holds(node.right, now, lately)
            return (left and right) if node.sign == "and" else (left or right)
    return False


def _stands(judging: Judging, rule: str) -> bool:
    state = judging.rules.get(rule)
    return state is not None and state.evidence is not None
