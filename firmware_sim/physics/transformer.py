"""Transformers: dry θ = Ta + Δθ·K^1.6 (τ 45 min); oil by the loss ratio with exponent 0.8 (τ 180 min)."""

from collections.abc import Mapping

from firmware_sim.chance import Chance
from firmware_sim.moment import Moment, relax
from firmware_sim.physics.electrical_load import load_at, switch_room_temp
from firmware_sim.physics.family import Family, Value

KNOBS: dict[str, float] = {"power": 1.0, "load": 1.0, "cooling_lost": 1.0}
DRY_DEFAULTS: dict[str, float] = {"rated_rise": 80.0}
OIL_DEFAULTS: dict[str, float] = {"rated_rise": 50.0, "loss_ratio": 6.0, "gradient": 20.0}


class DryTransformer:
    """Winding temperature follows the load with a lag of 45 min."""

    def __init__(self, params: Mapping[str, float], _rng: Chance, start: Moment) -> None:
        self._p = params
        self._rise = params["rated_rise"] * load_at(start) ** 1.6

    def step(self, moment: Moment, dt_s: float, knobs: Mapping[str, float]) -> dict[str, Value]:
        load = load_at(moment) * knobs["load"] if knobs["power"] > 0.5 else 0.0
        rise = self._p["rated_rise"] * load**1.6 * knobs["cooling_lost"]
        self._rise = relax(self._rise, rise, dt_s, 2700.0)
        return {"winding_temp": switch_room_temp(moment) + self._rise, "load_ratio": load}


class OilTransformer:
    """Top oil lags the losses by three hours; the hot spot stands above it by the winding's gradient."""

    def __init__(self, params: Mapping[str, float], _rng: Chance, start: Moment) -> None:
        self._p = params
        self._rise = self._oil_rise(load_at(start))

    def step(self, moment: Moment, dt_s: float, knobs: Mapping[str, float]) -> dict[str, Value]:
        load = load_at(moment) * knobs["load"] if knobs["power"] > 0.5 else 0.0
        self._rise = relax(self._rise, self._oil_rise(load) * knobs["cooling_lost"], dt_s, 10800.0)
        top_oil = switch_room_temp(moment) + self._rise
        hot_spot = top_oil + self._p["gradient"] * load**1.6
        return {"top_oil_temp": top_oil, "hot_spot_temp": hot_spot, "load_ratio": load}

    def _oil_rise(self, load: float) -> float:
        ratio = self._p["loss_ratio"]
        return float(self._p["rated_rise"] * ((1.0 + ratio * load * load) / (1.0 + ratio)) ** 0.8)


DRY = Family(
    build=DryTransformer, defaults=DRY_DEFAULTS, knobs=KNOBS, metrics=frozenset({"winding_temp", "load_ratio"})
)
OIL = Family(
    build=OilTransformer,
    defaults=OIL_DEFAULTS,
    knobs=KNOBS,
    metrics=frozenset({"top_oil_temp", "hot_spot_temp", "load_ratio"}),
)
