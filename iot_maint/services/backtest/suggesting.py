"""A limit for a wished rate of false alarms: shifts of the limit are tried on the recorded signal, finer and finer."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from iot_maint.domain.catalog import Catalog, Comparison, Limit, ThresholdRule
from iot_maint.domain.columns import Floats
from iot_maint.domain.errors import InvalidInput
from iot_maint.services.backtest.verdicts import rate_at_most

SHIFTS_A_ROUND = 8
ROUNDS = 3
# Of the distances to the limit: where a limit is worth a try.  Below the middle of a signal none is.
_QUANTILES = (0.5, 0.75, 0.9, 0.97, 0.99, 0.997, 0.999, 0.9999)
# A limit within the signal is crossed once and never left: one alarm, and it stands for ever.  That keeps no wish.
MOST_IN_ALARM = 0.05
# Without one false alarm the true rate is below three in the time watched, with 95 % confidence.
_EVENTS_OF_NOTHING = 3.0

Count = Callable[[Sequence[float]], Mapping[float, int | None]]
"""Shifts of the limit → how many false alarms each came to; None: more than allowed; absent: there is no such limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """The most sensitive limit that kept the wish on this history.

    `limit` is None where none did.  `shift` is from the catalog's limit; `at_most` bounds the true rate with 95 %
    confidence; `months_needed` without a false alarm would show that the wish is kept.
    """

    rule: str
    wish: float
    limit: Limit | None
    shift: float | None
    false_alarms: int | None
    device_months: float
    at_most: float | None
    months_needed: float

    @property
    def shown(self) -> bool:
        """Whether the history is long enough to say that the wish is kept."""
        return self.at_most is not None and self.at_most <= self.wish


def rule_to_suggest_for(catalog: Catalog, rules: Sequence[str]) -> ThresholdRule:
    """The one rule that is tried; `InvalidInput` for several, or for one that has no number."""
    if len(rules) != 1:
        raise InvalidInput("wish", f"a limit is suggested for one rule at a time; {len(rules)} are tried")
    type_name, _, key = rules[0].partition(".")
    rule = catalog.types[type_name].rules[key]
    if rule.signal is not None or rule.metric in catalog.types[type_name].derived:
        raise InvalidInput("wish", f"{rule.id} does not look at a metric itself: no limit can be suggested for it yet")
    if rule.comparison is Comparison.IS:
        raise InvalidInput("wish", f"{rule.id} has no number: only rules above or below a limit can be suggested one")
    return rule


def shifted(rule: ThresholdRule, shift: float) -> Limit:
    """The catalog's limit, moved."""
    limit = rule.limit
    if limit.value is not None:
        return Limit(value=round(limit.value + shift, 9))
    return replace(limit, plus=round(limit.plus + shift, 9))


def suggest(rule: ThresholdRule, distances: Floats, device_months: float, wish: float, count: Count) -> Suggestion:
    """`distances`: values minus the limit, of a sample of the history.

    Of the shifts tried it is the most sensitive of which no less sensitive one broke the wish.
    """
    allowed = math.floor(wish * device_months + 1e-9)
    sign = -1.0 if rule.comparison is Comparison.BELOW else 1.0
    shifts = _first_shifts(np.sort(distances * sign)) if len(distances) else []
    kept: dict[float, int] = {}
    worst_broken = -math.inf
    for _ in range(ROUNDS):
        if not shifts:
            break
        counts = count([sign * shift for shift in shifts])
        for signed, false in counts.items():
            shift = sign * signed
            if false is None or false > allowed:
                worst_broken = max(worst_broken, shift)
            else:
                kept[shift] = false
        kept = {shift: false for shift, false in kept.items() if shift > worst_broken}
        if not kept or worst_broken == -math.inf:
            break
        shifts = _between(worst_broken, min(kept))
    best = min(kept, default=None)
    false_alarms = None if best is None else kept[best]
    return Suggestion(
        rule=rule.id,
        wish=wish,
        limit=None if best is None else shifted(rule, sign * best),
        shift=None if best is None else sign * best,
        false_alarms=false_alarms,
        device_months=device_months,
        at_most=rate_at_most(false_alarms, device_months) if false_alarms is not None and device_months else None,
        months_needed=_EVENTS_OF_NOTHING / wish,
    )


def _first_shifts(ordered: Floats) -> list[float]:
    """From the middle of the signal to just beyond its end, all of few digits."""
    middle, last = float(np.quantile(ordered, 0.5)), float(ordered[-1])
    step = _step(last - middle)
    found = {_rounded(float(np.quantile(ordered, quantile)), step) for quantile in _QUANTILES}
    return sorted({*found, _rounded(last + step, step)})


def _between(low: float, high: float) -> list[float]:
    step = _step(high - low)
    found = {_rounded(low + (high - low) * n / (SHIFTS_A_ROUND + 1), step) for n in range(1, SHIFTS_A_ROUND + 1)}
    return sorted(shift for shift in found if low < shift < high)


def _step(span: float) -> float:
    """A hundredth of the span's power of ten."""
    return 10.0 ** (math.floor(math.log10(span)) - 2) if span > 0 else 1e-3


def _rounded(value: float, step: float) -> float:
    return round(math.ceil(value / step) * step, 9)
