"""The kinds of equipment in the fleet, by the name of their profile; a new one is a module and a line here."""

from collections.abc import Mapping

from firmware_sim.fleet.equipment import booster, cabinets, elevator, fire, lv_panel, sump, transformer
from firmware_sim.fleet.equipment.kind import Kind

KINDS: Mapping[str, Kind] = {
    "elevator": elevator.KIND,
    "booster_pump": booster.KIND,
    "fire_pump": fire.KIND,
    "sump_pump": sump.KIND,
    "transformer_dry": transformer.DRY,
    "transformer_dry_h": transformer.DRY,
    "transformer_oil": transformer.OIL,
    "lv_panel": lv_panel.KIND,
    "mv_panel": cabinets.MV,
    "ups": cabinets.UPS,
    "genset": cabinets.GENSET,
    "room": cabinets.ROOM,
}

__all__ = ["KINDS", "Kind"]
