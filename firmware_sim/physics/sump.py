"""Sump pump (排污): the pit fills by seepage and rain, the float starts and stops the pump."""

from collections.abc import Mapping

from firmware_sim.chance import Chance
from firmware_sim.moment import Moment, relax
from firmware_sim.physics.family import Family, Value
from firmware_sim.physics.motor import Motor

_SUBSTEP_S = 5.0
_RAINY_MONTHS = range(5, 10)

DEFAULTS: dict[str, float] = {
    "start_level": 1.20,  # m: the float starts the pump
    "stop_level": 0.40,  # m
    "depth": 2.50,  # m: the pit is full
    "area": 2.0,  # m²
    "pump_flow": 30.0,  # m³/h
    "seepage": 1.0,  # m³/h
    "shower": 3.0,  # m³/h, mean of what one shower adds
    "inrush": 6.0,  # ×In
    "insulation": 60.0,  # MΩ
}
KNOBS: dict[str, float] = {"power": 1.0, "flow": 1.0, "float_stuck": 0.0, "inflow": 1.0, "jam": 0.0}
METRICS = frozenset(
    {
        "running",
        "run_time",
        "sump_level",
        "sump_run_per_cycle",
        "insulation_resistance",
        "motor_current_ratio",
        "current_unbalance",
    }
)


class Sump:
    """dL/dt = (Qin − Qp)/A in steps of five seconds, however coarse the tick."""

    def __init__(self, params: Mapping[str, float], rng: Chance, _start: Moment) -> None:
        self._p = params
        self._rng = rng
        span = params["start_level"] - params["stop_level"]
        self._level = params["stop_level"] + span * rng.random()
        self._rain = 0.0
        self._pumping = False
        self._run_s = 0.0
        self._run_h = 100.0 + 1000.0 * rng.random()
        self._motor = Motor(running=False)

    def step(self, moment: Moment, dt_s: float, knobs: Mapping[str, float]) -> dict[str, Value]:
        p = self._p
        self._rain = relax(self._rain, 0.0, dt_s, 3.0 * 3600.0)
        # Compound Poisson: a shower every two days or so in the season, each with its own size.
        if moment.month in _RAINY_MONTHS and self._rng.occurs(1.0 / (2.0 * 86400.0), dt_s):
            self._rain = min(5.0, self._rain + self._rng.expovariate(1.0 / p["shower"]))
        finished = self._drain(dt_s, knobs)
        inrush = self._motor.step(running=self._pumping, dt_s=dt_s)
        current = 0.0
        if self._pumping:
            current = p["inrush"] if inrush else 0.80 + 0.5 * knobs["jam"]
        values: dict[str, Value] = {
            "running": self._pumping,
            "run_time": self._run_h,
            "sump_level": self._level,
            "insulation_resistance": p["insulation"],
            "motor_current_ratio": current,
            "current_unbalance": 2.0 if self._pumping else 0.0,
        }
        if finished is not None:
            values["sump_run_per_cycle"] = finished
        return values

    def _drain(self, dt_s: float, knobs: Mapping[str, float]) -> float | None:
        """Moves the level; returns the run time in seconds of the last cycle that ended."""
        p = self._p
        inflow = (p["seepage"] + self._rain) * knobs["inflow"]
        steps = max(1, round(dt_s / _SUBSTEP_S))
        hours = dt_s / steps / 3600.0
        finished: float | None = None
        for _ in range(steps):
            if knobs["power"] < 0.5 or knobs["float_stuck"] > 0.5:
                self._pumping = False
                self._run_s = 0.0
            elif self._level >= p["start_level"]:
                self._pumping = True
            drawn = p["pump_flow"] * knobs["flow"] if self._pumping else 0.0
            level = self._level + (inflow - drawn) * hours / p["area"]
            self._run_s += dt_s / steps if self._pumping else 0.0
            self._run_h += hours if self._pumping else 0.0
            if self._pumping and level <= p["stop_level"]:
                # The float switches within the step; the run is counted to that instant.
                over = (p["stop_level"] - level) / (self._level - level)
                finished = self._run_s - over * dt_s / steps
                level, self._pumping, self._run_s = p["stop_level"], False, 0.0
            self._level = min(p["depth"], level)
        return finished


FAMILY = Family(build=Sump, defaults=DEFAULTS, knobs=KNOBS, metrics=METRICS)
