"""Fire pumps (消防): idle behind a line that leaks a little and a jockey pump that makes it good; a test a week."""

import numpy as np

from firmware_sim.fleet.equipment.kind import Figures, Kind, Knobs
from firmware_sim.fleet.grid import BINS, PER_HOUR, Booleans, Floats
from firmware_sim.fleet.surroundings import Course, Surroundings, cellar, hours_run, lag

KNOBS = {
    "leak": 1.0,  # × the line's own
    "burst": 0.0,  # MPa below the line's pressure
    "bearing": 1.0,  # × vibration
    "start_delay": 0.0,  # s
}
_BEARING_TAU_S = 2700.0


def course(around: Surroundings, p: Figures, knobs: Knobs) -> Course:
    """Fire pumps have two supplies: a cut of the mains does not reach them."""
    minutes = (around.grid.hour - p["test_hour"]) * 60.0
    test_day = around.grid.weekday == int(p["test_weekday"])
    running: Booleans = test_day & (minutes > 0.01) & (minutes <= p["test_minutes"] + 0.01)
    started: Booleans = running & ~np.roll(running, 1)

    # Each round of the sawtooth is one start of the jockey pump.
    warm = 1.0 + 0.06 * around.wander("glands")
    rounds = np.cumsum(p["leak"] * knobs["leak"] * warm / p["jockey_band"] / PER_HOUR) + around.stream("age").random()
    starts = (rounds - np.concatenate([np.full(PER_HOUR, np.nan), rounds[:-PER_HOUR]]))[:BINS]
    starts = np.where(np.isnan(starts), p["leak"] / p["jockey_band"], starts)
    sawtooth = p["jockey_band"] * (rounds % 1.0)
    vib = p["vib_base"] * knobs["bearing"]
    heat = p["bearing_rise"] + 4.5 * np.maximum(0.0, vib - p["vib_base"])
    nothing = np.zeros(BINS)
    values: dict[str, Floats] = {
        "running": running.astype(float),
        "run_time": hours_run(20.0 + 100.0 * around.stream("hours").random(), running),
        "fire_line_pressure": p["line_pressure"] - np.where(knobs["burst"] > 0.0, knobs["burst"], sawtooth),
        "fire_auto_mode": nothing + 1.0,
        "fire_power_ok": nothing + 1.0,
        "fire_start_time": p["start_time"] + knobs["start_delay"],
        # A pump that runs without end starts no more.
        "jockey_starts": np.where(knobs["burst"] > 0.0, 0.0, starts),
        "vib_rms": np.where(running, vib, 0.05),
        "motor_vib_rms": np.where(running, p["motor_vib"], 0.05),
        "bearing_temp": lag(cellar(around.weather) + np.where(running, heat, 0.0), _BEARING_TAU_S),
        "motor_current_ratio": np.where(running, 0.78, 0.0),
        "current_unbalance": np.where(running, 2.0, 0.0),
        "tank_level": p["tank_level"] + 0.03 * around.wander("tank", 1.0),
    }
    return Course(values=values, occurs={"fire_start_time": started})


KIND = Kind(course=course, knobs=KNOBS)
