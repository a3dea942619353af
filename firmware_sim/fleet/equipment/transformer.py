"""Transformers: the winding or the oil follows the load's losses, above the room's air."""

import numpy as np

from firmware_sim.fleet.equipment.kind import Figures, Kind, Knobs
from firmware_sim.fleet.equipment.load import load_course
from firmware_sim.fleet.grid import Floats
from firmware_sim.fleet.surroundings import Course, Surroundings, lag, switch_room

KNOBS = {
    "power": 1.0,
    "transfer": 1.0,  # × load, while a twin's share is moved
    "overload": 0.0,  # p.u. that it carries instead, where above 0
    "cooling_lost": 1.0,  # × temperature rise
}
_MOST_BY_TRANSFER = 0.74  # p.u.: nobody moves more onto a twin than it may carry
_DRY_TAU_S, _OIL_TAU_S = 2700.0, 10_800.0


def dry(around: Surroundings, p: Figures, knobs: Knobs) -> Course:
    """Dry type: θ = Ta + Δθ·K^1.6."""
    load = _load(around, p, knobs)
    rise = lag(p["rated_rise"] * load**1.6 * knobs["cooling_lost"], _DRY_TAU_S)
    return Course(values={"winding_temp": switch_room(around.weather) + rise, "load_ratio": load}, occurs={})


def oil(around: Surroundings, p: Figures, knobs: Knobs) -> Course:
    """Oil type: the top oil by the loss ratio with exponent 0.8, the hot spot above it by the winding's gradient."""
    load = _load(around, p, knobs)
    ratio = p["loss_ratio"]
    losses = p["rated_rise"] * ((1.0 + ratio * load * load) / (1.0 + ratio)) ** 0.8
    top_oil = switch_room(around.weather) + lag(losses * knobs["cooling_lost"], _OIL_TAU_S)
    values = {"top_oil_temp": top_oil, "hot_spot_temp": top_oil + p["gradient"] * load**1.6, "load_ratio": load}
    return Course(values=values, occurs={})


def _load(around: Surroundings, p: Figures, knobs: Knobs) -> Floats:
    own = load_course(around, p["load_scale"])
    moved = np.where(
        knobs["transfer"] > 1.0, np.minimum(own * knobs["transfer"], np.maximum(own, _MOST_BY_TRANSFER)), own
    )
    moved = np.where(knobs["transfer"] < 1.0, own * knobs["transfer"], moved)
    carried = np.where(knobs["overload"] > 0.0, knobs["overload"], moved)
    return np.where(knobs["power"] > 0.5, carried, 0.0)


DRY = Kind(course=dry, knobs=KNOBS)
OIL = Kind(course=oil, knobs=KNOBS)
