"""One limit over one series, reading by reading: dwell or count, hysteresis, and the evidence for what it says."""

from collections.abc import Callable, Iterable

from msgspec.structs import replace

from iot_maint.domain.catalog import Comparison
from iot_maint.domain.findings import Evidence, FindingKind, RunningKnowledge
from iot_maint.rules.applicability import ActiveRule
from iot_maint.rules.state import Readings, RuleState, Series

READINGS_BEFORE = 3
READINGS_AFTER = 5
READINGS_AT_END = 5

Outcome = tuple[RuleState | None, FindingKind | None]
Step = Callable[[RuleState | None, Series | None, int, float, float, bool, bool, RunningKnowledge | None], Outcome]


def crosses(comparison: Comparison, limit: float) -> Callable[[float], bool]:
    """Strictly beyond the limit."""
    if comparison is Comparison.ABOVE:
        return lambda value: value > limit
    if comparison is Comparison.BELOW:
        return lambda value: value < limit
    return lambda value: value == limit


def clears(comparison: Comparison, clear_limit: float) -> Callable[[float], bool]:
    """Strictly back beyond the clear limit; for `is`, any other value."""
    if comparison is Comparison.ABOVE:
        return lambda value: value < clear_limit
    if comparison is Comparison.BELOW:
        return lambda value: value > clear_limit
    return lambda value: value != clear_limit


Checks = tuple[tuple[ActiveRule, Step], ...]


def compile_checks(rules: Iterable[ActiveRule]) -> Checks:
    """The step of each limit."""
    return tuple((rule, compile_threshold(rule)) for rule in rules)


def compile_threshold(rule: ActiveRule) -> Step:
    """A step of that rule: (state, series before, at_ms, value, signal, late, may_raise, gate) → (state, found kind).

    `signal` is what the limit stands over; `value`, the reading that led to it, is what the evidence keeps.

    The hysteresis holds within the dwell too: it begins with a value beyond the limit and ends with one beyond the
    clear limit, so noise around the limit does not start it anew; but only a value beyond the limit raises.  A rule
    that counts starts anew with the first value that is not beyond.

    `gate` is None while a gated rule must not look (stopped, or settling after a start).  A late reading moves dwell
    and hysteresis on, but only one on time raises.
    """
    crossed, cleared = crosses(rule.comparison, rule.limit), clears(rule.comparison, rule.clear_limit)
    dwell_ms, occurrences, max_gap_ms = rule.dwell_ms, rule.occurrences, rule.max_gap_ms

    def step(
        state: RuleState | None,
        before: Series | None,
        at_ms: int,
        value: float,
        signal: float,
        late: bool,
        may_raise: bool,
        gate: RunningKnowledge | None,
    ) -> Outcome:
        if state is not None and state.evidence is not None:
            return (None, FindingKind.CLEARED) if gate is not None and cleared(signal) else (state, None)
        beyond = crossed(signal)
        holds = beyond or (state is not None and occurrences == 1 and not cleared(signal))
        if gate is None or not may_raise or not holds:
            return None, None
        broken = before is None or (max_gap_ms is not None and at_ms - before.last_at_ms > max_gap_ms)
        state = _continue(state, at_ms, value) if state is not None and not broken else None
        if state is None and beyond:
            state = _begin(before, at_ms, value)
        if state is None or not beyond:
            return state, None
        if state.complete_ms is None:
            if at_ms - state.onset_ms < dwell_ms or state.count < occurrences:
                return state, None
            state = replace(state, complete_ms=at_ms)
        if late:
            return state, None
        recent = before.recent if before is not None else ()
        evidence = _evidence(rule, gate, _readings(state.around, (*recent, (at_ms, value))))
        return replace(state, evidence=evidence), FindingKind.RAISED

    return step


def _begin(before: Series | None, at_ms: int, value: float) -> RuleState:
    earlier = before.recent[-READINGS_BEFORE:] if before is not None else ()
    return RuleState(at_ms, 1, (*earlier, (at_ms, value)))


def _continue(state: RuleState, at_ms: int, value: float) -> RuleState:
    around = (*state.around, (at_ms, value)) if state.count < READINGS_AFTER else state.around
    return RuleState(state.onset_ms, state.count + 1, around, state.complete_ms)


def _readings(around: Readings, recent: Readings) -> Readings:
    """The readings around the crossing, then the newest ones that are not among them."""
    last = around[-1][0]
    return around + tuple(reading for reading in recent[-READINGS_AT_END:] if reading[0] > last)


def _evidence(rule: ActiveRule, gate: RunningKnowledge, readings: Readings) -> Evidence:
    return Evidence(
        rule=rule.id,
        metric=rule.metric,
        comparison=rule.comparison,
        limit=rule.limit,
        clear_limit=rule.clear_limit,
        dwell_s=rule.dwell_ms / 1000,
        occurrences=rule.occurrences,
        severity=rule.severity,
        basis=rule.basis,
        running=gate,
        readings=readings,
    )
