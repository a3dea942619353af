"""How a fault's acts move a whole course at once: `firmware_sim.acts`, over arrays."""

import numpy as np

from firmware_sim.acts import Act, Operation, Shape
from firmware_sim.fleet.grid import Floats

_MOST_DOUBLINGS = 60.0


def apply(act: Act, healthy: Floats, age_h: Floats) -> Floats:
    """`healthy` (n,) with the act at `age_h` (n,) hours into its fault; unchanged where the age is NaN or too low."""
    age = age_h - act.after
    with np.errstate(invalid="ignore"):
        acting = age >= 0.0
        if act.shape is Shape.PULSES:
            acting &= age % act.every < act.width
    level = _level(act, np.where(acting, age, 0.0))
    if act.operation is Operation.ADD:
        moved = healthy + level
    elif act.operation is Operation.MULTIPLY:
        moved = healthy * level
    else:
        moved = level
    return np.where(acting, moved, healthy)


def _level(act: Act, age: Floats) -> Floats:
    if act.shape is Shape.RAMP:
        level = act.magnitude + act.growth * age
    elif act.shape is Shape.EXPONENTIAL:
        level = act.magnitude * 2.0 ** np.minimum(age / act.doubling, _MOST_DOUBLINGS)
    else:
        return np.full(len(age), act.magnitude)
    if act.limit is None:
        return level
    return np.minimum(level, act.limit) if act.limit >= act.magnitude else np.maximum(level, act.limit)
