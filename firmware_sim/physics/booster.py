"""Booster set (二次供水): demand by hour and season, PI to the setpoint, current ∝ frequency^2.5."""

import math
from collections.abc import Mapping

from firmware_sim.chance import Chance
from firmware_sim.moment import Moment, interpolate, relax
from firmware_sim.physics.family import Family, Value
from firmware_sim.physics.motor import Motor

# Demand over the mean, by hour: night 0.2, morning 1.8, evening 2.0.
DEMAND = (
    (0, 0.3),
    (1, 0.2),
    (5, 0.2),
    (6.5, 1.8),
    (8.5, 1.8),
    (10, 0.9),
    (17, 0.9),
    (18.5, 2.0),
    (21.5, 2.0),
    (24, 0.3),
)
_PEAK = 2.0 * 1.2

DEFAULTS: dict[str, float] = {
    "setpoint": 0.38,  # MPa
    "suction": 0.20,  # MPa at no flow
    "static_head": 0.17,  # MPa lost on the way up to the highest tap
    "mains": 0.13,  # MPa the street main still gives the taps when the set stands
    "vib_base": 2.0,  # mm/s
    "motor_vib": 1.3,  # mm/s
    "bearing_rise": 20.0,  # K over the pump room at full flow
    "inrush": 6.0,  # ×In on the sample of the start
    "rest_hour": 2.7,  # the duty pump is changed over nightly; below 0: never
    "rest_minutes": 20.0,
    "tank_level": 2.0,  # m
}
METRICS = frozenset(
    {
        "running",
        "discharge_pressure",
        "household_pressure",
        "suction_pressure",
        "vib_rms",
        "motor_vib_rms",
        "run_time",
        "bearing_temp",
        "motor_current_ratio",
        "current_unbalance",
        "starts_per_hour",
        "standby_reverse_flow",
        "tank_level",
        "residual_chlorine",
        "turbidity",
        "pressure_spike",
    }
)
KNOBS: dict[str, float] = {
    "power": 1.0,
    "demand": 1.0,
    "bearing_vib": 0.0,  # mm/s a damaged bearing makes
    "cavitation": 0.0,  # 0–1
    "dry": 0.0,  # 0–1
    "lost_phase": 0.0,  # 0–1
    "spikes_per_day": 4.0,
    "spike_size": 0.0,  # × setpoint on top of a healthy valve's
}


class Booster:
    """One pump of the set; while it rests or is changed over, its sibling holds the pressure."""

    def __init__(self, params: Mapping[str, float], rng: Chance, start: Moment) -> None:
        self._p = params
        self._rng = rng
        self._motor = Motor(running=not self._resting(start))
        self._deficit = 0.0
        self._run_h = 500.0 + 5000.0 * rng.random()
        self._bearing = _room(start) + params["bearing_rise"] * (0.5 + 0.5 * _flow(start, 1.0))

    def step(self, moment: Moment, dt_s: float, knobs: Mapping[str, float]) -> dict[str, Value]:
        p = self._p
        powered = knobs["power"] > 0.5
        running = powered and not self._resting(moment)
        inrush = self._motor.step(running=running, dt_s=dt_s)
        self._run_h += dt_s / 3600.0 if running else 0.0
        flow = _flow(moment, knobs["demand"])
        frequency = math.sqrt(0.52 + 0.45 * flow * flow)

        # Without power the pressure sinks; after it the loop needs a minute or two to fill the riser.
        self._deficit = relax(self._deficit, 0.0 if powered else 0.4 * p["setpoint"], dt_s, 40.0)
        cavitation, dry = knobs["cavitation"], knobs["dry"]
        pressure = (p["setpoint"] - 0.006 * flow - self._deficit) * (1.0 - 0.1 * cavitation)
        pressure += (0.10 - pressure) * dry
        suction = (p["suction"] - 0.02 * flow) * (1.0 - 0.35 * cavitation) * (1.0 - 0.95 * dry)

        vib = 0.05
        current = unbalance = 0.0
        if running:
            vib = max(p["vib_base"] * (0.9 + 0.15 * flow), knobs["bearing_vib"])
            # Cavitation is rough: it trebles the variance, not only the mean.
            vib *= 1.0 + cavitation * (1.6 + self._rng.bell(0.3))
            current = p["inrush"] if inrush else frequency**2.5
            # The drive limits what the remaining phases carry, so the unbalance speaks before the overload.
            current += (0.28 - current) * dry + 0.05 * knobs["lost_phase"]
            unbalance = 2.0 + 28.0 * knobs["lost_phase"]
        heat = p["bearing_rise"] * (0.5 + 0.5 * flow) + 4.5 * max(0.0, vib - p["vib_base"] * 1.1) if running else 0.0
        self._bearing = relax(self._bearing, _room(moment) + heat, dt_s, 2700.0)

        values: dict[str, Value] = {
            "running": running,
            "discharge_pressure": pressure,
            "household_pressure": max(p["mains"], pressure - p["static_head"] - 0.015 * flow),
            "suction_pressure": suction,
            "vib_rms": vib,
            "motor_vib_rms": p["motor_vib"] if running else 0.05,
            "bearing_temp": self._bearing,
            "run_time": self._run_h,
            "motor_current_ratio": current,
            "current_unbalance": unbalance,
            "starts_per_hour": 2.0,
            "standby_reverse_flow": False,
            "tank_level": p["tank_level"] - 0.25 * flow,
            "residual_chlorine": 0.30 - 0.05 * (moment.season + 1.0),
            "turbidity": 0.20 + 0.05 * flow,
        }
        if self._rng.occurs(knobs["spikes_per_day"] / 86400.0, dt_s):
            values["pressure_spike"] = 1.03 + 0.1 * self._rng.random() + knobs["spike_size"]
        return values

    def _resting(self, moment: Moment) -> bool:
        since = (moment.hour - self._p["rest_hour"]) * 60.0
        return self._p["rest_hour"] >= 0.0 and 0.0 <= since < self._p["rest_minutes"]


def _flow(moment: Moment, demand: float) -> float:
    """Flow over the summer evening's peak: 0.08 at night to 1.0."""
    season = 1.2 if moment.month in (6, 7, 8, 9) else 1.0
    return interpolate(DEMAND, moment.hour) * season * demand / _PEAK


def _room(moment: Moment) -> float:
    """°C in the cellar that holds the set."""
    return 14.0 + 0.4 * moment.outdoor_temp


FAMILY = Family(
    build=Booster,
    defaults=DEFAULTS,
    knobs=KNOBS,
    metrics=METRICS,
)
