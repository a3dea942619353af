"""Days to limit: when a level that grows will reach its limit, as a distribution, or nothing where nothing grows.

Pure and seeded: the same daily levels give the same answer, and no day depends on days after it.
"""

from dataclasses import dataclass, replace
from functools import cache
from typing import NamedTuple

import numpy as np

from iot_maint.domain.columns import Floats, Integers
from iot_maint.models.degradation_trend import Growths, noise_scale, weigh, without_outliers

FEWEST_DAYS = 8  # known days since the last restart; with fewer, nothing is said
ENTRY, STAY = 0.95, 0.50  # belief in growth for a first forecast, and for it to go on
LONGEST_DAYS = 60.0  # what lies further ahead is no forecast
_FARTHEST_DAYS = 365.0
_OUTREACH = 4.0  # not further ahead than that many times as long as it has grown
_RISEN = 0.12  # of the way from healthy to the limit, before a first forecast: seasons hardly go so far
_NOISES = 3.0  # the rise, in noise scales
_FRESH_DAYS = 3
_DRAWS = 1200
_WIDER = 0.22  # what no hypothesis knows of how the future grows: the log of days to limit, one standard deviation
_SOONER = 0.05  # its middle: wear feeds itself
_WITHIN_A_DAY = 0.5  # days: a level a day does not tell the hour, one standard deviation
_RATIO = 2.5
_JUMP = 6.0
_CUTS = 4
_LEVEL_DIGITS = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What is ahead of one level, in days from now; 0 where the limit is reached already.

    `since_days`: how long it has grown; `healthy` and `level`: where it stood before and stands now, in the metric's
    unit; `indicator`: how far of the way from healthy to the limit, 1 at the limit; `confidence` in growth, 0–1.
    """

    p10: float
    p50: float
    p90: float
    since_days: float
    healthy: float
    level: float
    indicator: float
    confidence: float


def look_ahead(levels: Floats, limit: float, *, upward: bool, expected: bool = False, seed: int = 0) -> Outlook | None:
    """The outlook of daily `levels` (n,), the last one today's, NaN where unknown; None without a credible growth.

    `upward`: more is worse.  `expected`: yesterday had an outlook, so today needs less belief to go on.
    """
    sign = 1.0 if upward else -1.0
    days = np.flatnonzero(np.isfinite(levels))
    if len(days) < FEWEST_DAYS or days[-1] < len(levels) - _FRESH_DAYS or not np.isfinite(limit):
        return None
    by_ratio = _falls_by_ratio(levels[days], limit, upward=upward)
    known = np.log(levels[days]) * sign if by_ratio else sign * levels[days]
    limit = float(np.log(limit)) if by_ratio else limit
    scale, center = noise_scale(known), float(np.median(known))
    if not scale > 0:
        return None
    heights = without_outliers((known - center) / scale, 1.0)
    start = _last_jump(heights)
    if not expected and not _may_grow(heights[start:]):
        return None
    weighed = _since_the_last_step(days, heights, start)
    if weighed is None:
        return None
    growths, first = weighed
    goal = (sign * limit - center) / scale
    behind = float(len(levels) - 1 - days[-1])
    outlook = _outlook(growths, goal, first, behind, expected=expected, seed=seed)
    if outlook is None:
        return None

    def in_unit(height: float) -> float:
        value = sign * (height * scale + center)
        return round(float(np.exp(value)) if by_ratio else value, _LEVEL_DIGITS)

    return replace(outlook, healthy=in_unit(outlook.healthy), level=in_unit(outlook.level))


def _falls_by_ratio(known: Floats, limit: float, *, upward: bool) -> bool:
    """What falls to a small part of itself, as an insulation does, falls by ratios: it is looked at in logarithms."""
    return not upward and limit > 0 and bool(np.min(known) > 0) and bool(np.median(known) > _RATIO * limit)


def _since_the_last_step(days: Integers, heights: Floats, start: int) -> tuple[Growths, float] | None:
    """The hypotheses over the days since the level last shifted, and the first of these days (today is 0)."""
    for _ in range(_CUTS):
        if len(days) - start < FEWEST_DAYS:
            return None
        growths = weigh(days[start:], heights[start:], 1.0)
        if growths.step_probability < max(0.5, growths.probability):
            return growths, float(days[start] - days[-1])
        start += growths.step_at
    return None


def _outlook(
    growths: Growths, goal: float, first: float, behind: float, *, expected: bool, seed: int
) -> Outlook | None:
    """In noise scales from the center; None where growth is not believed in, or too little of it is seen."""
    if growths.probability < (STAY if expected else ENTRY):
        return None
    share = growths.weight / growths.probability
    level = float(share @ (growths.base + growths.rise))
    at_first = _shape_at(first, growths)
    healthy = float(share @ (growths.base + growths.rise * at_first))
    if goal <= healthy:  # it was beyond the limit before it began to grow: nothing is left to be foretold
        return None
    indicator = (level - healthy) / (goal - healthy)
    since = float(share @ -np.maximum(growths.onset, first))
    draws = _draw(growths, share, goal, seed)
    reached = np.maximum(draws + _WITHIN_A_DAY * _chances(seed).hour - behind, 0.0)
    p10, p50, p90 = (float(days) for days in np.quantile(reached, (0.1, 0.5, 0.9)))
    slack = 2.0 if expected else 1.0
    if level - healthy < _NOISES / slack or indicator < _RISEN / slack:
        return None
    if p50 > slack * min(LONGEST_DAYS, _OUTREACH * max(since, 1.0)):
        return None
    return Outlook(
        p10=p10,
        p50=p50,
        p90=p90,
        since_days=since + behind,
        healthy=healthy,
        level=level,
        indicator=indicator,
        confidence=min(1.0, growths.probability),
    )


def _shape_at(day: float, growths: Growths) -> Floats:
    elapsed = np.maximum(day - growths.onset, 0.0)
    straight = np.isinf(growths.doubling)
    rate = np.log(2.0) / np.where(straight, 1.0, growths.doubling)
    bent = np.expm1(rate * elapsed) / np.expm1(rate * -growths.onset)
    return np.where(straight, elapsed / -growths.onset, bent)


class _Chances(NamedTuple):
    """Standard normal: (draws, 2) of base and rise, (draws, 24) of the noise's spread, (draws,) of what no hypothesis
    knows, and (draws,) of the hour of the day."""

    pairs: Floats
    spread: Floats
    unknown: Floats
    hour: Floats


@cache
def _chances(seed: int) -> _Chances:
    normal = np.random.default_rng(seed).standard_normal
    return _Chances(normal((_DRAWS, 2)), normal((_DRAWS, 24)), normal(_DRAWS), normal(_DRAWS))


def _draw(growths: Growths, share: Floats, goal: float, seed: int) -> Floats:
    """(draws,) days from the last known day until the goal: hypotheses by their weight, their numbers by theirs.

    The same chances whatever the goal: a higher one is never reached earlier.
    """
    pairs, spread, unknown, _ = _chances(seed)
    chosen = np.searchsorted(np.cumsum(share), (np.arange(_DRAWS) + 0.5) / _DRAWS * 0.999999)
    chosen = np.minimum(chosen, len(share) - 1)
    freedom = min(int(growths.freedom), spread.shape[1])
    student = np.sqrt(freedom / np.sum(spread[:, :freedom] ** 2, axis=1))
    noise = growths.scale[chosen] * student
    root = growths.root[chosen]
    base = growths.base[chosen] + noise * root[:, 0] * pairs[:, 0]
    rise = growths.rise[chosen] + noise * (root[:, 1] * pairs[:, 0] + root[:, 2] * pairs[:, 1])
    rise = np.maximum(np.abs(rise), 1e-9)
    ratio = np.maximum((goal - base) / rise, 1.0)  # today is 1
    lasted, doubling = -growths.onset[chosen], growths.doubling[chosen]
    straight = np.isinf(doubling)
    rate = np.log(2.0) / np.where(straight, 1.0, doubling)
    # A rise that fades may never come so far.
    bent = np.log(np.maximum(1.0 + ratio * np.expm1(rate * lasted), 1e-12)) / rate - lasted
    days = np.where(straight, (ratio - 1.0) * lasted, bent)
    return np.asarray(np.minimum(np.maximum(days, 0.0) * np.exp(_WIDER * unknown - _SOONER), _FARTHEST_DAYS))


def _may_grow(heights: Floats) -> bool:
    """A quick look: the last days stand clearly above the lower half of those before."""
    recent = float(np.median(heights[-3:]))
    return recent - float(np.quantile(heights, 0.25)) > _NOISES


def _last_jump(heights: Floats) -> int:
    """Where the newest level shift begins: a day's change far beyond its neighbours', that stays."""
    changes = np.diff(heights)
    large = np.flatnonzero(np.abs(changes[:-1]) > _JUMP)  # of the others none can be far enough beyond its neighbours
    for index in large[large > 2][::-1]:
        around = np.concatenate([changes[max(0, index - 4) : index], changes[index + 1 : index + 5]])
        change = changes[index] - np.median(around)
        size = np.sqrt(2.0) + 1.4826 * np.median(np.abs(around - np.median(around)))
        moved = np.median(heights[index + 1 : index + 4]) - np.median(heights[max(0, index - 2) : index + 1])
        if abs(change) > _JUMP * size and abs(moved) > 0.7 * abs(change) and moved * change > 0:
            return int(index) + 1
    return 0
