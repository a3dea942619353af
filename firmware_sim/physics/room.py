"""Power room's air: outdoor and equipment heat against the air conditioning; humidity by season."""

from collections.abc import Mapping

from firmware_sim.chance import Chance
from firmware_sim.moment import Moment, relax
from firmware_sim.physics.electrical_load import load_at
from firmware_sim.physics.family import Family, Value

DEFAULTS: dict[str, float] = {
    "setpoint_temp": 26.0,  # °C the air conditioning holds
    "equipment_heat": 16.0,  # K over the outdoor air at full load, without cooling
    "warming": 2.0,  # °C/h after the air conditioning stopped
}
KNOBS: dict[str, float] = {"cooling_lost": 0.0, "dehumidifier_lost": 0.0}
METRICS = frozenset({"room_temp", "room_humidity", "water_leak", "smoke"})


class Room:
    """Cooled to the setpoint, never below what the season allows."""

    def __init__(self, params: Mapping[str, float], _rng: Chance, start: Moment) -> None:
        self._p = params
        self._temp = self._cooled(start)
        self._humidity = _humidity(start)

    def step(self, moment: Moment, dt_s: float, knobs: Mapping[str, float]) -> dict[str, Value]:
        hours = dt_s / 3600.0
        if knobs["cooling_lost"] > 0.5:
            # Walls and equipment store the heat; the room ends well above the outdoor air.
            ceiling = max(45.0, moment.outdoor_temp + self._p["equipment_heat"])
            self._temp = min(ceiling, self._temp + self._p["warming"] * hours)
        else:
            self._temp = relax(self._temp, self._cooled(moment), dt_s, 1800.0)
        target = 92.0 if knobs["dehumidifier_lost"] > 0.5 else _humidity(moment)
        self._humidity = relax(self._humidity, target, dt_s, 7200.0)
        return {
            "room_temp": self._temp,
            "room_humidity": self._humidity,
            "water_leak": False,
            "smoke": False,
        }

    def _cooled(self, moment: Moment) -> float:
        free = moment.outdoor_temp + self._p["equipment_heat"] * load_at(moment)
        return max(12.0, min(self._p["setpoint_temp"] + 0.1 * (free - 26.0), free))


def _humidity(moment: Moment) -> float:
    """%RH: 40 in winter, 58 in the wet summer, a little higher at night."""
    return 49.0 + 9.0 * moment.season + (2.0 if moment.hour < 7 else 0.0)


FAMILY = Family(build=Room, defaults=DEFAULTS, knobs=KNOBS, metrics=METRICS)
