"""Sources that were wrong too often lately and ask for review, with a limit that would have served better, if any."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from iot_maint.domain.catalog import Catalog, Comparison, EquipmentType, Limit, ThresholdRule
from iot_maint.domain.feedback import Advice, EndedOrder, EndedQuery, ReviewPolicy
from iot_maint.domain.findings import Evidence
from iot_maint.domain.ports import Repositories
from iot_maint.rules.limit_suggestion import NoLimitParts, Suggestion, suggest_limit
from iot_maint.rules.limits import check_rule, check_severities
from iot_maint.rules.precision import Outcome, Tally, outcome_of, tally
from iot_maint.services.feedback.precision import MOST_ORDERS

_DIGITS = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitAdvice:
    """`limit` and `clear_limit` where one is suggested; `found` what the peaks say; `reason` why it is not sound."""

    advice: Advice
    limit: Limit | None = None
    found: Suggestion | NoLimitParts | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A source that asks for review: its numbers in [start, end), and the end of the order with which it began to."""

    rule: str
    since: datetime
    start: datetime
    end: datetime
    tally: Tally
    by_equipment: Mapping[str, Tally]
    advice: LimitAdvice


def reviews(repositories: Repositories, catalog: Catalog, policy: ReviewPolicy, now: datetime) -> dict[str, Review]:
    """By rule id, detectors and forecasts included; of the newest orders, where there are too many to count."""
    if policy.below <= 0:
        return {}  # nothing can be less than that
    query = EndedQuery(since=now - policy.window, until=now)
    found: dict[str, Review] = {}
    for rule, orders in sorted(_by_source(repositories.feedback.ended(query, MOST_ORDERS)).items()):
        since = _wrong_since(orders, policy)
        if since is not None:
            found[rule] = Review(
                rule=rule,
                since=since,
                start=query.since,
                end=query.until,
                tally=tally(orders),
                by_equipment={code: tally(o for o in orders if o.equipment == code) for code in _codes(orders)},
                advice=_advise(repositories, catalog, rule, orders),
            )
    return found


def _by_source(orders: Iterable[EndedOrder]) -> dict[str, list[EndedOrder]]:
    found: dict[str, list[EndedOrder]] = {}
    for order in orders:
        for rule in order.sources:
            found.setdefault(rule, []).append(order)
    return found


def _wrong_since(orders: Sequence[EndedOrder], policy: ReviewPolicy) -> datetime | None:
    """Since which end the share of confirmed ones has been too low; None when it is not."""
    confirmed = judged = 0
    since: datetime | None = None
    for order in sorted(orders, key=lambda one: (one.ended_at, one.number)):
        outcome = outcome_of(order)
        if outcome is Outcome.UNJUDGED:
            continue
        judged += 1
        confirmed += outcome is Outcome.CONFIRMED
        too_low = judged >= policy.judged and confirmed < policy.below * judged
        since = (since or order.ended_at) if too_low else None
    return since


def _codes(orders: Iterable[EndedOrder]) -> list[str]:
    return sorted({order.equipment for order in orders})


def _advise(repositories: Repositories, catalog: Catalog, rule_id: str, orders: Sequence[EndedOrder]) -> LimitAdvice:
    equipment_type, rule = _threshold(catalog, rule_id)
    if equipment_type is None or rule is None or rule.comparison is Comparison.IS:
        return LimitAdvice(advice=Advice.NO_LIMIT_TO_SET)
    evidence = repositories.feedback.evidence_of(rule_id, [order.number for order in orders])
    peaks: dict[Outcome, list[float]] = {outcome: [] for outcome in Outcome}
    for order in orders:
        peak = _peak(rule, evidence[order.number])
        if peak is not None:
            peaks[outcome_of(order)].append(peak)
    found = suggest_limit(rule.comparison, peaks[Outcome.CONFIRMED], peaks[Outcome.FALSE])
    if found is None:
        return LimitAdvice(advice=Advice.NO_EVIDENCE)
    limit = _with_value(rule.limit, found.limit)
    if isinstance(found, NoLimitParts):
        return LimitAdvice(advice=Advice.NO_LIMIT_PARTS, limit=limit, found=found)
    changed = replace(rule, limit=limit, clear_limit=_moved(rule, found.limit))
    if not _is_looser(changed, rule):
        return LimitAdvice(advice=Advice.OWN_LIMITS)
    problem = next(iter(_problems(changed, equipment_type)), None)
    if problem is not None:
        return LimitAdvice(advice=Advice.NOT_SOUND, limit=limit, found=found, reason=problem)
    return LimitAdvice(advice=Advice.SUGGESTED if found.kept else Advice.SUGGESTED_BLINDLY, limit=limit, found=found)


def _threshold(catalog: Catalog, rule_id: str) -> tuple[EquipmentType | None, ThresholdRule | None]:
    type_name, _, key = rule_id.partition(".")
    equipment_type = catalog.types.get(type_name)
    rule = equipment_type.rules.get(key) if equipment_type is not None else None
    return equipment_type, rule if isinstance(rule, ThresholdRule) else None


def _peak(rule: ThresholdRule, evidence: Iterable[Evidence]) -> float | None:
    """How far the value went, on the scale of the limit's number: as it is, or beside the parameter's part."""
    peaks = [
        value if rule.limit.parameter is None else rule.limit.plus + value - one.limit
        for one in evidence
        if one.silence is None
        for _, value in one.readings
    ]
    if not peaks:
        return None
    return round(max(peaks) if rule.comparison is Comparison.ABOVE else min(peaks), _DIGITS)


def _with_value(limit: Limit, value: float) -> Limit:
    return Limit(value=value) if limit.parameter is None else replace(limit, plus=value)


def _number(limit: Limit) -> float:
    return limit.plus if limit.value is None else limit.value


def _moved(rule: ThresholdRule, value: float) -> Limit:
    """The clear limit, moved by the same span."""
    number = round(value - _number(rule.limit) + _number(rule.clear_limit), _DIGITS)
    return _with_value(rule.clear_limit, number)


def _is_looser(changed: ThresholdRule, rule: ThresholdRule) -> bool:
    further = _number(changed.limit) - _number(rule.limit)
    return further > 0 if rule.comparison is Comparison.ABOVE else further < 0


def _problems(changed: ThresholdRule, equipment_type: EquipmentType) -> Iterable[str]:
    for problem in check_rule(changed, equipment_type.metrics[changed.metric]):
        yield problem.reason
    others = [rule for rule in equipment_type.rules.values() if isinstance(rule, ThresholdRule)]
    for _, problem in check_severities([changed if rule.key == changed.key else rule for rule in others]):
        yield problem.reason
