"""Where values lie that cross no limit, and for how long that is sure."""

import math
from collections.abc import Iterable
from typing import NamedTuple

from iot_maint.domain.catalog import Comparison
from iot_maint.rules.applicability import ActiveRule

FOREVER_MS = 1 << 62


class QuietBand(NamedTuple):
    """From `lowest` to `highest`, but for the one number `never` (NaN: none); nothing lies in it where they cross."""

    lowest: float
    highest: float
    never: float


EVERYTHING = QuietBand(-math.inf, math.inf, math.nan)
NOTHING = QuietBand(math.inf, -math.inf, math.nan)


def quiet_band(rules: Iterable[ActiveRule]) -> QuietBand:
    """The values that cross none of these limits, or fewer."""
    lowest, highest, never = -math.inf, math.inf, math.nan
    for rule in rules:
        if rule.comparison is Comparison.ABOVE:
            highest = min(highest, rule.limit)
        elif rule.comparison is Comparison.BELOW:
            lowest = max(lowest, rule.limit)
        elif math.isnan(never) or never == rule.limit:
            never = rule.limit
        else:
            return NOTHING
    return QuietBand(lowest, highest, never)


class Calm(NamedTuple):
    """Readings in `band` and before `until_ms` change no memory (but for what `Fold.absorb` adds) and cross nothing."""

    band: QuietBand
    until_ms: int = FOREVER_MS


RESTLESS = Calm(NOTHING)
RESTFUL = Calm(EVERYTHING)


def both(one: Calm, other: Calm) -> Calm:
    """What is calm by both."""
    a, b = one.band, other.band
    until_ms = min(one.until_ms, other.until_ms)
    if math.isnan(a.never) or math.isnan(b.never) or a.never == b.never:
        never = b.never if math.isnan(a.never) else a.never
        return Calm(QuietBand(max(a.lowest, b.lowest), min(a.highest, b.highest), never), until_ms)
    return RESTLESS


def shrunk(lowest: float, highest: float) -> QuietBand:
    """A band that was worked out backwards from a signal's, a little narrower than rounding could make it wrong."""
    return QuietBand(
        lowest + 1e-9 * abs(lowest) if math.isfinite(lowest) else lowest,
        highest - 1e-9 * abs(highest) if math.isfinite(highest) else highest,
        math.nan,
    )
