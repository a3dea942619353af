"""The families of equipment the simulator knows; a new one is a module here and a line in the map."""

from collections.abc import Mapping

from firmware_sim.physics import booster
from firmware_sim.physics.family import Family, Physics, Value

FAMILIES: Mapping[str, Family] = {
    "booster": booster.FAMILY,
}

__all__ = ["FAMILIES", "Family", "Physics", "Value"]
