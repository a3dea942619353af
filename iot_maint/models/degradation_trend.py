"""Is it growing, and if so how: flat, stepped and growing hypotheses weighed against each other over daily levels.

Each hypothesis is linear in a base level and a rise, given its onset, its law of growth and the correlation of its
noise; so its evidence and its posterior are closed forms, computed for all of them at once.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np

from iot_maint.domain.columns import Floats, Integers

LINEAR = np.inf
# Days in which the rise doubles; LINEAR is a straight line, below 0 what is left to rise halves in so many days.
DOUBLINGS = (LINEAR, 40.0, 25.0, 16.0, 11.0, 8.0, 5.5, 4.0, 3.0, -25.0, -12.0)
CORRELATIONS = (0.0, 0.3, 0.6, 0.8, 0.92)  # of one day's noise with the day before
_FLAT, _STEP, _GROWTH = 0.90, 0.06, 0.04  # most equipment, most of the time
_STRAIGHT = 0.65  # of growths, before anything is seen, grow along a straight line
_ONSETS = 40
_PRIOR_SHAPE = 2.0
_RISE_SCALES = 50.0  # a rise of that many noise scales is nothing out of the ordinary
_SHORTEST = 4  # days that a growth must last, and a step must be seen
_OUTLIER = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Growths:
    """The growing hypotheses, k of them, with what the days say of each.

    Level at day t (the last day is 0): base + rise × shape(t), where shape is 0 up to the onset and 1 today.
    `weight` (k,) sums to `probability`, the share of all belief that something grows.  `base` and `rise` (k,) are
    posterior means, `root` (k, 3) is the lower triangle of their covariance's root (l11, l21, l22) at the noise scale
    1; `freedom` and `scale` (k,) make them Student's.
    """

    onset: Floats
    doubling: Floats
    weight: Floats
    base: Floats
    rise: Floats
    root: Floats
    scale: Floats
    freedom: float
    probability: float
    step_probability: float
    step_at: int


def noise_scale(levels: Floats) -> float:
    """The noise of one day, from the differences between neighbouring ones: growth and steps hardly reach it."""
    known = levels[np.isfinite(levels)]
    differences = np.diff(known)
    if len(differences) == 0:
        return 0.0
    scale = 1.4826 * np.median(np.abs(differences - np.median(differences))) / np.sqrt(2.0)
    # Levels that mostly repeat themselves, as those of a coarse sensor do.
    floor = 0.25 * float(np.mean(np.abs(differences))) + 1e-9 * float(np.max(np.abs(known)))
    return float(max(scale, floor))


def without_outliers(levels: Floats, scale: float) -> Floats:
    """Single days far from both neighbours' are drawn to them; the last day is judged by the two before it."""
    if scale <= 0 or len(levels) < 3:
        return levels
    middle = levels.copy()
    middle[1:-1] = np.median(np.stack([levels[:-2], levels[1:-1], levels[2:]]), axis=0)
    # A line through the two days before bounds the last: growth goes on, a spike does not.
    expected = levels[-2] + np.clip(levels[-2] - levels[-3], -_OUTLIER * scale, _OUTLIER * scale)
    middle[-1] = expected
    return np.clip(levels, middle - _OUTLIER * scale, middle + _OUTLIER * scale)


@cache
def _grid(length: int) -> tuple[Floats, Floats, Floats]:
    """Onsets (days before today, negative) and doublings of the growing hypotheses, and their prior weights."""
    latest = -float(_SHORTEST)
    earliest = -float(length - 1)
    if earliest >= latest:
        return np.empty(0), np.empty(0), np.empty(0)
    onsets = np.unique(np.round(np.linspace(earliest, latest, min(_ONSETS, int(latest - earliest) + 1))))
    onset, doubling = (grid.ravel() for grid in np.meshgrid(onsets, np.array(DOUBLINGS), indexing="ij"))
    weight = np.where(np.isinf(doubling), _STRAIGHT, (1.0 - _STRAIGHT) / (len(DOUBLINGS) - 1))
    return onset, doubling, weight / weight.sum()


def shape_of(days: Floats, onset: Floats, doubling: Floats) -> Floats:
    """(k, n) growth at `days` (n,), 0 today, of hypotheses (k,): 0 until the onset, 1 today."""
    elapsed = np.maximum(days[None, :] - onset[:, None], 0.0)
    until_today = -onset[:, None]
    straight = np.isinf(doubling)[:, None]
    rate = np.where(straight, 1.0, np.log(2.0) / np.where(straight, 1.0, doubling[:, None]))
    bent = np.expm1(rate * elapsed) / np.expm1(rate * until_today)
    return np.asarray(np.where(straight, elapsed / until_today, bent))


def weigh(days: Integers, levels: Floats, scale: float) -> Growths:
    """What daily `levels` (n,) at `days` (n,), the last of them today's, say of every hypothesis."""
    moments = days.astype(np.float64) - float(days[-1])
    length = int(days[-1] - days[0]) + 1
    onset, doubling, prior = _grid(length)
    step_days = moments[(moments >= moments[0] + _SHORTEST - 1) & (moments < 0)]
    growing = shape_of(moments, onset, doubling)
    stepped = (moments[None, :] >= step_days[:, None]).astype(np.float64)
    columns = np.concatenate([np.zeros((1, len(levels))), stepped, growing])
    kinds = np.repeat([0, 1, 2], [1, len(stepped), len(growing)])
    log_prior = np.log(
        np.concatenate(
            [[_FLAT], np.full(len(stepped), _STEP / max(1, len(stepped))), _GROWTH * prior],
        )
    )
    fits = [_fit(moments, levels, columns, kinds, scale, correlation) for correlation in CORRELATIONS]
    evidence = np.stack([fit[0] for fit in fits]) + log_prior[None, :]
    weight = np.exp(evidence - evidence.max())
    weight /= weight.sum()
    grown = kinds == 2
    by_step = weight[:, kinds == 1].sum(axis=0)
    return Growths(
        onset=np.tile(onset, len(CORRELATIONS)),
        doubling=np.tile(doubling, len(CORRELATIONS)),
        weight=weight[:, grown].ravel(),
        base=np.concatenate([fit[1][grown] for fit in fits]),
        rise=np.concatenate([fit[2][grown] for fit in fits]),
        root=np.concatenate([fit[3][grown] for fit in fits]),
        scale=np.concatenate([fit[4][grown] for fit in fits]),
        freedom=2.0 * _PRIOR_SHAPE + len(levels),
        probability=float(weight[:, grown].sum()),
        step_probability=float(by_step.sum()),
        step_at=int(np.argmax(by_step)) + int(np.argmax(moments >= moments[0] + _SHORTEST - 1)) if len(by_step) else 0,
    )


def _fit(
    moments: Floats, levels: Floats, columns: Floats, kinds: Integers, scale: float, correlation: float
) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Log evidence, base, rise, root of their covariance, and noise scale, of every column, noise correlated so."""
    carried = correlation ** np.diff(moments)
    deviation = np.sqrt(np.concatenate([[1.0], 1.0 - carried**2]))  # of the innovations, in those of the noise

    def whiten(rows: Floats) -> Floats:
        return np.asarray(
            np.concatenate([rows[..., :1], rows[..., 1:] - carried * rows[..., :-1]], axis=-1) / deviation
        )

    one, y, x = whiten(np.ones_like(levels)), whiten(levels), whiten(columns)
    # In noise scales: the rise is of the order of `_RISE_SCALES`, the base anywhere.
    rise_precision = 1.0 / _RISE_SCALES**2
    base_precision = 1e-6
    s11, s1x, sxx = one @ one + base_precision, x @ one, np.einsum("ij,ij->i", x, x) + rise_precision
    s1y, sxy, syy = one @ y, x @ y, y @ y
    determinant = s11 * sxx - s1x**2
    rise = (s11 * sxy - s1x * s1y) / determinant
    base = (sxx * s1y - s1x * sxy) / determinant
    rest = np.maximum(syy - base * s1y - rise * sxy, 0.0)
    freedom = 2.0 * _PRIOR_SHAPE + len(levels)
    # The differences between days tell the noise's scale, given how strongly it is correlated.
    usual = 2.0 * _PRIOR_SHAPE * scale**2 / max(1.0 - correlation, 0.08)
    variance = (usual + rest) / freedom
    evidence = (
        -0.5 * freedom * np.log(variance)
        + _PRIOR_SHAPE * np.log(usual)
        - 0.5 * np.log(determinant)
        + 0.5 * np.log(rise_precision)
        - float(np.sum(np.log(deviation)))
    )
    l11 = np.sqrt(sxx / determinant)
    l21 = -s1x / determinant / l11
    l22 = np.sqrt(np.maximum(s11 / determinant - l21**2, 0.0))
    noise = np.sqrt(variance)
    # A growth only grows: what the days say against that is taken from its evidence (and both its halves into it).
    upward = np.where(kinds == 2, 2.0 * _normal_cdf(rise / (noise * np.sqrt(s11 / determinant))), 1.0)
    evidence = evidence + np.log(np.maximum(upward, 1e-300))
    return evidence, base, rise, np.stack([l11, l21, l22], axis=1), noise


def _normal_cdf(z: Floats) -> Floats:
    """Within 1e-4 of the normal distribution's."""
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(1.5976 * z + 0.070566 * z**3, -500.0, 500.0))))
