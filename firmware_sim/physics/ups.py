"""UPS battery: internal resistance ages, twice as fast for every 9 K; a failing block heats."""

from collections.abc import Mapping

from firmware_sim.chance import Chance
from firmware_sim.moment import Moment, relax
from firmware_sim.physics.family import Family, Value

_HOURS_PER_YEAR = 8766.0

DEFAULTS: dict[str, float] = {
    "age_years": 1.0,
    "ageing_per_year": 4.0,  # % of the base resistance at 25 °C
    "float_voltage": 2.250,  # V/cell at 25 °C
    "temp_rise": 1.2,  # K over the room
}
KNOBS: dict[str, float] = {"power": 1.0, "weak_block": 0.0, "runaway": 0.0}
METRICS = frozenset({"battery_resistance", "battery_temp_rise", "float_voltage"})


class Ups:
    """The worst block's figures, as a block monitor reports them; resistance in % of its base."""

    def __init__(self, params: Mapping[str, float], rng: Chance, _start: Moment) -> None:
        self._p = params
        self._resistance = 100.0 + params["ageing_per_year"] * params["age_years"] * (0.9 + 0.2 * rng.random())
        self._rise = params["temp_rise"]

    def step(self, moment: Moment, dt_s: float, knobs: Mapping[str, float]) -> dict[str, Value]:
        p = self._p
        self._rise = relax(self._rise, p["temp_rise"] + knobs["runaway"], dt_s, 3600.0)
        # The rate is given at 25 °C; the battery room drifts 2 K about it with the seasons.
        speed = 2.0 ** ((2.0 * moment.season + self._rise - p["temp_rise"]) / 9.0)
        self._resistance += p["ageing_per_year"] * speed * dt_s / 3600.0 / _HOURS_PER_YEAR
        # Without mains the battery carries the load: its voltage falls to the discharge plateau.
        voltage = p["float_voltage"] if knobs["power"] > 0.5 else 2.02
        return {
            "battery_resistance": self._resistance + knobs["weak_block"],
            "battery_temp_rise": self._rise,
            "float_voltage": voltage,
        }


FAMILY = Family(build=Ups, defaults=DEFAULTS, knobs=KNOBS, metrics=METRICS)
