"""Fire pump (消防): idle behind a line the jockey pump holds; a simulated start once a week."""

from collections import deque
from collections.abc import Mapping

from firmware_sim.chance import Chance
from firmware_sim.moment import Moment, relax
from firmware_sim.physics.family import Family, Value
from firmware_sim.physics.motor import Motor

_SUBSTEP_S = 10.0
_MS_PER_HOUR = 3_600_000

DEFAULTS: dict[str, float] = {
    "line_pressure": 1.00,  # MPa at which the jockey stops
    "jockey_band": 0.05,  # MPa below it at which the jockey starts
    "leak": 0.09,  # MPa/h through glands and valves: about two jockey starts an hour
    "jockey_rate": 6.0,  # MPa/h the jockey makes against no leak
    "test_weekday": 0.0,  # Monday
    "test_hour": 10.0,
    "test_minutes": 30.0,
    "start_time": 28.0,  # s from the order to the rated pressure
    "vib_base": 1.9,  # mm/s
    "motor_vib": 1.2,  # mm/s
    "bearing_rise": 22.0,  # K
    "inrush": 6.0,  # ×In
    "tank_level": 3.2,  # m
}
KNOBS: dict[str, float] = {"power": 1.0, "leak": 1.0, "bearing_vib": 0.0, "start_delay": 0.0, "forced_run": 0.0}
METRICS = frozenset(
    {
        "running",
        "fire_line_pressure",
        "fire_auto_mode",
        "fire_power_ok",
        "fire_start_time",
        "jockey_starts",
        "vib_rms",
        "motor_vib_rms",
        "run_time",
        "bearing_temp",
        "motor_current_ratio",
        "current_unbalance",
        "tank_level",
    }
)


class Fire:
    """Line pressure is a sawtooth between leak and jockey; the jockey's starts are those of the last hour."""

    def __init__(self, params: Mapping[str, float], rng: Chance, start: Moment) -> None:
        self._p = params
        self._pressure = params["line_pressure"] - params["jockey_band"] * rng.random()
        self._run_h = 20.0 + 100.0 * rng.random()
        self._jockey_runs = False
        self._starts: deque[int] = deque()
        self._motor = Motor(running=False)
        self._bearing = _room(start)
        self._seed_last_hour(start.at_ms)

    def step(self, moment: Moment, dt_s: float, knobs: Mapping[str, float]) -> dict[str, Value]:
        p = self._p
        powered = knobs["power"] > 0.5
        running = powered and (self._testing(moment) or knobs["forced_run"] > 0.5)
        was_idle = self._motor.run_s == 0.0
        inrush = self._motor.step(running=running, dt_s=dt_s)
        self._run_h += dt_s / 3600.0 if running else 0.0
        self._hold_line(moment.at_ms, dt_s, leak=p["leak"] * knobs["leak"], powered=powered)

        vib = max(p["vib_base"], knobs["bearing_vib"]) if running else 0.05
        heat = p["bearing_rise"] + 4.5 * max(0.0, vib - p["vib_base"]) if running else 0.0
        self._bearing = relax(self._bearing, _room(moment) + heat, dt_s, 2700.0)
        current = (p["inrush"] if inrush else 0.78) if running else 0.0
        values: dict[str, Value] = {
            "running": running,
            "fire_line_pressure": self._pressure,
            "fire_auto_mode": True,
            "fire_power_ok": powered,
            "jockey_starts": float(len(self._starts)),
            "vib_rms": vib,
            "motor_vib_rms": p["motor_vib"] if running else 0.05,
            "bearing_temp": self._bearing,
            "run_time": self._run_h,
            "motor_current_ratio": current,
            "current_unbalance": 2.0 if running else 0.0,
            "tank_level": p["tank_level"],
        }
        # The panel reports the start's duration once the rated pressure stands.
        if running and was_idle and self._motor.run_s == 0.0:
            values["fire_start_time"] = p["start_time"] + knobs["start_delay"]
        return values

    def _testing(self, moment: Moment) -> bool:
        since = (moment.hour - self._p["test_hour"]) * 60.0
        return moment.weekday == int(self._p["test_weekday"]) and 0.0 <= since < self._p["test_minutes"]

    def _hold_line(self, at_ms: int, dt_s: float, *, leak: float, powered: bool) -> None:
        p = self._p
        steps = max(1, round(dt_s / _SUBSTEP_S))
        hours = dt_s / steps / 3600.0
        for index in range(steps):
            if not self._jockey_runs and powered and self._pressure <= p["line_pressure"] - p["jockey_band"]:
                self._jockey_runs = True
                self._starts.append(at_ms - round(dt_s * 1000.0 * (1.0 - (index + 1) / steps)))
            rate = (p["jockey_rate"] if self._jockey_runs else 0.0) - leak
            # The roof tank's static head is what a lost line keeps.
            self._pressure = max(0.3 * p["line_pressure"], self._pressure + rate * hours)
            if not powered or self._pressure >= p["line_pressure"]:
                self._jockey_runs = False
        while self._starts and self._starts[0] <= at_ms - _MS_PER_HOUR:
            self._starts.popleft()

    def _seed_last_hour(self, at_ms: int) -> None:
        """Starts before the story, so that its first hour counts like any other."""
        period_ms = round(self._p["jockey_band"] / self._p["leak"] * _MS_PER_HOUR)
        self._starts.extend(range(at_ms - _MS_PER_HOUR + period_ms // 2, at_ms, period_ms))


def _room(moment: Moment) -> float:
    """°C in the fire pump room."""
    return 14.0 + 0.4 * moment.outdoor_temp


FAMILY = Family(build=Fire, defaults=DEFAULTS, knobs=KNOBS, metrics=METRICS)
