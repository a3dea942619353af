"""One scale for all detectors: −log10 of the share of healthy time in which a detector's own number stands higher.

Within what was seen the share is counted; beyond, the tail goes on as a generalised Pareto one.  Healthy rows follow
each other closely, so that a thousand of them may be twenty independent looks: the tail is measured in those.
"""

import numpy as np

from iot_maint.domain.columns import Floats

# Shares at which the healthy numbers are read off; a share is used while enough independent looks stand above it.
SHARES = (0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001)
ENOUGH_LOOKS = 8
# The tail's shape and slope where there is little to measure: exponential to slightly heavy, as bounded physical
# numbers with drifts have been seen to be.
SHAPE = 0.1
USUAL_SLOPE = 0.25  # of the number that the tail begins at
USUAL_LOOKS = 10.0  # how many looks that assumption is worth
KNOTS = len(SHARES) + 1
SIZE = 2 * KNOTS + 1  # numbers of a calibration: knots, their scores, the tail's slope


def learn_scale(numbers: Floats, looks_apart: int) -> Floats:
    """(SIZE,) of the healthy history's numbers (n,), of which those `looks_apart` rows apart are independent."""
    seen = np.sort(numbers[~np.isnan(numbers)])
    if not len(seen):
        seen = np.zeros(1)
    looks = len(seen) / looks_apart
    used = [share for share in SHARES if share == SHARES[0] or share * looks >= ENOUGH_LOOKS]
    at = [0.0, *(float(np.quantile(seen, 1.0 - share)) for share in used)]
    scores = [0.0, *(-float(np.log10(share)) for share in used)]
    last = max(at[-1], 1e-9)
    above = seen[seen > last]
    tail_looks = len(above) / looks_apart
    excess = float((above - last).mean()) if len(above) else 0.0
    # The mean excess of a Pareto tail is slope / (1 − shape).
    slope = (excess * (1.0 - SHAPE) * tail_looks + USUAL_SLOPE * last * USUAL_LOOKS) / (tail_looks + USUAL_LOOKS)
    spare = KNOTS - len(at)
    knots = np.array(at + [last] * spare)
    return np.concatenate([knots, np.array(scores + [scores[-1]] * spare), [max(slope, 1e-9)]])


def to_scale(numbers: Floats, learnt: Floats) -> Floats:
    """The scores of numbers (T, E), by the calibrations (E, SIZE); 0 where the number is NaN."""
    knots, scores, slope = learnt[:, :KNOTS], learnt[:, KNOTS : 2 * KNOTS], learnt[:, -1]
    number = np.nan_to_num(numbers, nan=0.0, posinf=1e12)
    score = np.zeros(number.shape)
    for knot in range(KNOTS - 1):
        width = knots[:, knot + 1] - knots[:, knot]
        part = np.minimum(np.maximum(number - knots[:, knot], 0.0), width)
        rise = scores[:, knot + 1] - scores[:, knot]
        score = score + np.where(width > 0, part / np.maximum(width, 1e-300) * rise, (number > knots[:, knot]) * rise)
    beyond = np.maximum(number - knots[:, -1], 0.0)
    tail: Floats = score + np.log10(1.0 + SHAPE * beyond / slope) / SHAPE
    return tail
