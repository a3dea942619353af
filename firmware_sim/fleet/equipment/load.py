"""The load of a distribution: people by the hour and the week, heating and cooling by the weather."""

import numpy as np

from firmware_sim.fleet.grid import Floats
from firmware_sim.fleet.surroundings import Surroundings
from firmware_sim.physics.electrical_load import BY_HOUR

_HEAVY = 0.4  # on top, on the hottest and the coldest days


def load_course(around: Surroundings, scale: float) -> Floats:
    """p.u. of the rating: 0.25–0.55, up to × 1.4 in the heat of summer and in the cold of winter."""
    hours, shares = zip(*BY_HOUR, strict=True)
    outdoor = around.weather.outdoor
    heavy = np.clip((outdoor - 24.0) / 8.0, 0.0, 1.0) + np.clip((8.0 - outdoor) / 8.0, 0.0, 1.0)
    week = np.where(around.weekend, 0.65 if around.office else 1.03, 1.0)
    day = 1.0 + 0.03 * around.wander("load", 0.3)
    load: Floats = np.interp(around.grid.hour, hours, shares) * (1.0 + _HEAVY * heavy) * week * day * scale
    return load
