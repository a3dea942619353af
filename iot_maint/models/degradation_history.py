"""From hourly medians to one number a day: what a metric would have read under its usual load, NaN where unknown."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from iot_maint.domain.columns import Floats, Integers

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
WORSE_HOURS = 0.93  # of a day's hours, that share is better
_RECENT_DAYS = 10
_HEAVIER_DAYS = 0.85  # of days, that share is lighter
_HOURS_A_DAY = 3  # of a day with fewer hours nothing is known
_EXPLAINED = 0.25  # share of the variance within days that the drivers must explain before they are believed
_WINSOR = 4.0
_RIDGE = 1e-3
_PAIRS = 48


@dataclass(frozen=True, slots=True, kw_only=True)
class Hourly:
    """Medians of one metric by hour: `at_ms` (n,) the starts of the hours, ascending, and `values` (n,)."""

    at_ms: Integers
    values: Floats


def by_hour(hourly: Hourly, now_ms: int, days: int) -> Floats:
    """(days, 24): the days are counted back from `now_ms`, so that the last is whole; NaN where there was nothing."""
    table = np.full(days * 24, np.nan)
    end = now_ms - now_ms % HOUR_MS
    slots = days * 24 - (end - hourly.at_ms) // HOUR_MS
    inside = (slots >= 0) & (slots < days * 24)
    table[slots[inside]] = hourly.values[inside]
    return table.reshape(days, 24)


def daily_levels(values: Floats, drivers: Sequence[Floats], *, since: int = 0) -> Floats:
    """(days,) medians of `values` (days, 24), from which what the `drivers` explain within the days is taken out.

    Within a day wear stands still and load and weather do not: so their effect is told apart from a trend.  Days before
    `since` are unknown.
    """
    counted = np.isfinite(values).sum(axis=1)
    effect = _effect(values, drivers)
    levels = _quantile(values if effect is None else values - effect + np.nanmedian(effect), 0.5)
    usual = int(np.median(counted[counted > 0])) if counted.any() else 1
    levels[counted < min(_HOURS_A_DAY, usual)] = np.nan
    levels[:since] = np.nan
    return levels


def worse_hours(values: Floats, levels: Floats, *, upward: bool) -> float:
    """How far the worse hours of `values` (days, 24) lie beyond their day's level (days,), of late: there a limit is
    passed first.

    Where the days have a course of their own (load, weather), it is the worst hour of the heavier days; else hardly
    anything, so that the noise of single hours is not taken for it.
    """
    recent = _within_day(values[-_RECENT_DAYS:]) * (1.0 if upward else -1.0)
    known = np.flatnonzero(np.isfinite(recent).sum(axis=0) >= _RECENT_DAYS // 2)
    if len(known) < _HOURS_A_DAY:
        return 0.0
    course = np.nanmean(recent[:, known], axis=0)
    noise = recent[:, known] - course
    if np.var(course) > np.nanvar(noise):
        beyond = (values - levels[:, None])[-_RECENT_DAYS:] * (1.0 if upward else -1.0)
        peaks = np.max(np.where(np.isfinite(beyond), beyond, 0.0), axis=1)
        worse = float(np.quantile(peaks, _HEAVIER_DAYS))
    else:
        worse = float(np.quantile(course, WORSE_HOURS))
    return max(worse, 0.0) * (1.0 if upward else -1.0)


def _effect(values: Floats, drivers: Sequence[Floats]) -> Floats | None:
    """What the drivers add to each hour, from any zero, NaN where unknown; None where they explain too little."""
    shapes = [_within_day(driver) for driver in drivers]
    used = [index for index, shape in enumerate(shapes) if np.isfinite(shape).any() and np.nanstd(shape) > 0]
    if not used:
        return None
    response = _within_day(values)
    known = np.isfinite(response) & np.all([np.isfinite(shapes[index]) for index in used], axis=0)
    if known.sum() < _PAIRS:
        return None
    x = np.column_stack([_winsorised(shapes[index][known]) for index in used])
    y = _winsorised(response[known])
    spread = x.std(axis=0)
    if not np.all(spread > 0) or not y.std() > 0:
        return None
    x = x / spread
    slopes = np.linalg.solve(x.T @ x + _RIDGE * len(y) * np.eye(len(used)), x.T @ y) / spread
    explained = 1.0 - np.var(y - (x * spread) @ slopes) / np.var(y)
    if explained < _EXPLAINED:
        return None
    return np.asarray(sum(slope * drivers[index] for slope, index in zip(slopes, used, strict=True)))


def _within_day(values: Floats) -> Floats:
    return values - _quantile(values, 0.5)[:, None]


def _quantile(values: Floats, share: float) -> Floats:
    """(rows,) of what is known in each row, between the nearest two; NaN where nothing is."""
    ordered = np.sort(values, axis=1)  # NaN last
    place = share * np.maximum(np.isfinite(values).sum(axis=1) - 1, 0)
    lower = np.floor(place).astype(np.int64)
    rows = np.arange(len(values))
    low, high = ordered[rows, lower], ordered[rows, np.ceil(place).astype(np.int64)]
    return np.asarray(low + (high - low) * (place - lower))


def _winsorised(values: Floats) -> Floats:
    scale = 1.4826 * np.median(np.abs(values - np.median(values)))
    if not scale > 0:
        return values
    return np.clip(values, np.median(values) - _WINSOR * scale, np.median(values) + _WINSOR * scale)
