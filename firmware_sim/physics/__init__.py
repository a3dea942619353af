"""The families of equipment the simulator knows; a new one is a module here and a line in the map."""

from collections.abc import Mapping

from firmware_sim.physics import booster, elevator, fire, lv_panel, room, sump, transformer, ups
from firmware_sim.physics.family import Family, Physics, Value

FAMILIES: Mapping[str, Family] = {
    "elevator": elevator.FAMILY,
    "booster": booster.FAMILY,
    "fire": fire.FAMILY,
    "sump": sump.FAMILY,
    "transformer_dry": transformer.DRY,
    "transformer_oil": transformer.OIL,
    "lv_panel": lv_panel.FAMILY,
    "ups": ups.FAMILY,
    "room": room.FAMILY,
}

__all__ = ["FAMILIES", "Family", "Physics", "Value"]
