"""Low-voltage panel: busbar joints (T = Ta + c·R·I²), power quality, residual current."""

from collections.abc import Mapping

from firmware_sim.chance import Chance
from firmware_sim.moment import Moment, relax
from firmware_sim.physics.electrical_load import load_at, switch_room_temp
from firmware_sim.physics.family import Family, Value

DEFAULTS: dict[str, float] = {
    "joint_rise": 55.0,  # K at full load through a sound joint
    "power_factor": 0.95,
    "residual": 120.0,  # mA
}
KNOBS: dict[str, float] = {
    "power": 1.0,
    "load": 1.0,
    "joint": 1.0,  # × resistance of the bad phase's joint
    "capacitor_lost": 0.0,  # off the power factor
}
METRICS = frozenset(
    {
        "busbar_temp",
        "busbar_delta_pct",
        "voltage_dev",
        "voltage_unbalance",
        "thd_u",
        "phase_current_dev",
        "power_factor",
        "residual_current",
    }
)
# Below this rise the relative difference says nothing and must not be graded (DL/T 664).
_GRADABLE_RISE = 10.0


class LvPanel:
    """Three joints, one of which a fault may loosen; their temperatures lag the current by 20 min."""

    def __init__(self, params: Mapping[str, float], _rng: Chance, start: Moment) -> None:
        self._p = params
        self._sound = params["joint_rise"] * load_at(start) ** 2
        self._worst = self._sound * 1.06

    def step(self, moment: Moment, dt_s: float, knobs: Mapping[str, float]) -> dict[str, Value]:
        p = self._p
        load = load_at(moment) * knobs["load"] if knobs["power"] > 0.5 else 0.0
        rise = p["joint_rise"] * load * load
        self._sound = relax(self._sound, rise, dt_s, 1200.0)
        self._worst = relax(self._worst, rise * 1.06 * knobs["joint"], dt_s, 1200.0)
        ambient = switch_room_temp(moment)
        values: dict[str, Value] = {
            "busbar_temp": ambient + self._worst,
            "residual_current": p["residual"],
        }
        if knobs["power"] < 0.5:
            return values
        if self._worst >= _GRADABLE_RISE:
            values["busbar_delta_pct"] = 100.0 * (self._worst - self._sound) / self._worst
        # The supply sags by 3 % from the night to the evening's peak.
        sag = 3.0 * (load_at(moment) - 0.25) / (0.77 - 0.25)
        return values | {
            "voltage_dev": 1.0 - sag,
            "voltage_unbalance": 0.7,
            "thd_u": 2.2 + 0.8 * load,
            "phase_current_dev": 6.0,
            "power_factor": p["power_factor"] + 0.005 * (load - 0.5) - knobs["capacitor_lost"],
        }


FAMILY = Family(build=LvPanel, defaults=DEFAULTS, knobs=KNOBS, metrics=METRICS)
