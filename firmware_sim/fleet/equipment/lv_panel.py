"""Low-voltage panels: three joints, one of which may loosen; the quality of the power; residual current."""

import numpy as np

from firmware_sim.fleet.equipment.kind import Figures, Kind, Knobs
from firmware_sim.fleet.equipment.load import load_course
from firmware_sim.fleet.grid import Floats
from firmware_sim.fleet.surroundings import Course, Surroundings, lag, switch_room

KNOBS = {
    "power": 1.0,
    "transfer": 1.0,  # × load
    "joint": 1.0,  # × resistance of the bad phase's joint
    "capacitor": 0.0,  # off the power factor
}
_JOINT_TAU_S = 1200.0
# Below this rise the relative difference says nothing and must not be graded (DL/T 664).
_GRADABLE_RISE = 10.0
_ASYMMETRY = 1.06
_QUALITY = ("voltage_dev", "voltage_unbalance", "thd_u", "phase_current_dev", "power_factor")


def course(around: Surroundings, p: Figures, knobs: Knobs) -> Course:
    """T = Ta + c·R·I² for each joint."""
    powered = knobs["power"] > 0.5
    load = np.where(powered, load_course(around, p["load_scale"]) * knobs["transfer"], 0.0)
    rise = p["joint_rise"] * load * load
    sound, worst = lag(rise, _JOINT_TAU_S), lag(rise * _ASYMMETRY * knobs["joint"], _JOINT_TAU_S)
    values: dict[str, Floats] = {
        "busbar_temp": switch_room(around.weather) + worst,
        "busbar_delta_pct": 100.0 * (worst - sound) / np.maximum(worst, 0.1),
        # The supply sags by 3 % from the night to the evening's peak.
        "voltage_dev": 1.0 - 3.0 * (load - 0.25) / 0.52 + 0.5 * around.wander("supply", 1.0),
        "voltage_unbalance": 0.7 + 0.1 * around.wander("unbalance", 2.0),
        "thd_u": 2.2 + 0.8 * load + 0.12 * around.wander("harmonics", 2.0),
        "phase_current_dev": 6.0 + 0.7 * around.wander("phases", 1.0),
        "power_factor": p["power_factor"] + 0.02 * (load - 0.5) + 0.0015 * around.wander("factor") - knobs["capacitor"],
        "residual_current": p["residual"] * (1.0 + 0.15 * load)
        + 45.0 * around.weather.damp
        + 4.0 * around.wander("leak"),
    }
    graded = worst >= _GRADABLE_RISE
    return Course(values=values, occurs={"busbar_delta_pct": graded & powered, **dict.fromkeys(_QUALITY, powered)})


KIND = Kind(course=course, knobs=KNOBS)
