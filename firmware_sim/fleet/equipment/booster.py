"""Booster pumps (二次供水), in pairs that take turns day by day and run together at the evening's peak."""

import numpy as np

from firmware_sim.fleet.equipment.kind import Figures, Kind, Knobs
from firmware_sim.fleet.grid import BINS, PER_DAY, Booleans, Floats
from firmware_sim.fleet.surroundings import Course, Surroundings, cellar, hours_run, lag
from firmware_sim.physics.booster import DEMAND

KNOBS = {
    "power": 1.0,
    "stopped": 0.0,  # 0–1, by itself, while its twin holds the pressure
    "bearing": 1.0,  # × vibration
    "motor_bearing": 1.0,
    "cavitation": 0.0,  # 0–1
    "dry": 0.0,  # 0–1
    "lost_phase": 0.0,  # 0–1
    "rubbing": 1.0,  # × current
    "spikes_per_day": 4.0,
    "spike_size": 0.0,  # × setpoint
    "reverse": 0.0,  # 0–1, while it stands
    "cleaning": 0.0,  # 0–1, half of the tank at a time
}
_TURN_HOUR = 2 + 40 / 60
_ASSIST_FLOW = 0.72
_PEAK = 2.0 * 1.2
_BEARING_TAU_S = 2700.0


def course(around: Surroundings, p: Figures, knobs: Knobs) -> Course:
    """Whatever this pump does, the pair holds the pressure; a dry or standing pump costs little of it."""
    flow = _flow(around)
    powered = knobs["power"] > 0.5
    running = powered & (knobs["stopped"] < 0.5) & _on_duty(around, flow)
    frequency = np.sqrt(0.52 + 0.45 * flow * flow)
    cavitation, dry, cleaning = knobs["cavitation"], knobs["dry"], knobs["cleaning"]

    deficit = np.where(powered, 0.0, 0.4 * p["setpoint"])
    pressure = (p["setpoint"] - 0.006 * flow - deficit) * (1.0 - 0.1 * cavitation) - 0.004 * dry
    suction = (p["suction"] - 0.02 * flow - 0.012 * cleaning) * (1.0 - 0.35 * cavitation) * (1.0 - 0.95 * dry)
    vib = p["vib_base"] * (0.9 + 0.15 * flow) * knobs["bearing"] * (1.0 + 1.1 * cavitation)
    vib *= 1.0 + 0.025 * around.wander("vib")
    motor_vib = p["motor_vib"] * knobs["motor_bearing"] * (1.0 + 0.025 * around.wander("motor_vib"))
    current = frequency**2.5 * p["load"] * knobs["rubbing"] * (1.0 + 0.008 * around.wander("load"))
    current = current + (0.28 - current) * dry + 0.05 * knobs["lost_phase"]
    heat = p["bearing_rise"] * (0.5 + 0.5 * flow) + 4.5 * np.maximum(0.0, vib - p["vib_base"] * 1.1)
    chlorine = 0.31 - 0.04 * (around.grid.season + 1.0) - 0.02 * flow + 0.12 * cleaning
    chlorine = chlorine + 0.010 * around.wander("chlorine", 2.0, shared=True)
    turbidity = 0.20 + 0.05 * flow + 0.20 * cleaning + 0.04 * around.weather.damp
    turbidity = turbidity + 0.015 * around.wander("turbidity", 2.0, shared=True)
    nothing = np.zeros(BINS)
    values: dict[str, Floats] = {
        "running": running.astype(float),
        "discharge_pressure": pressure,
        "household_pressure": np.maximum(p["mains"], pressure - p["static_head"] - 0.015 * flow),
        "suction_pressure": suction,
        "vib_rms": np.where(running, vib, 0.05),
        "motor_vib_rms": np.where(running, motor_vib, 0.05),
        "run_time": hours_run(500.0 + 5000.0 * around.stream("age").random(), running),
        "bearing_temp": lag(cellar(around.weather) + np.where(running, heat, 0.0), _BEARING_TAU_S),
        "motor_current_ratio": np.where(running, current, 0.0),
        "current_unbalance": np.where(running, 2.0 + 28.0 * knobs["lost_phase"], 0.0),
        # At night the set sleeps, wakes to fill the vessel, and sleeps again.
        "starts_per_hour": np.where(flow < 0.12, 3.5, 2.0),
        "standby_reverse_flow": np.where(running, 0.0, knobs["reverse"]),
        "tank_level": p["tank_level"] - 0.25 * flow - 0.45 * cleaning,
        "residual_chlorine": chlorine,
        "turbidity": turbidity,
        "pressure_spike": nothing + p["spike"] + knobs["spike_size"],
    }
    spiked: Booleans = around.stream("spikes").random(BINS) < knobs["spikes_per_day"] / PER_DAY
    return Course(values=values, occurs={"pressure_spike": spiked})


def _flow(around: Surroundings) -> Floats:
    """Flow over the summer evening's peak."""
    hours, demand = zip(*DEMAND, strict=True)
    summer = 1.0 + 0.2 * np.clip(1.5 * around.grid.season, 0.0, 1.0)
    week = np.where(around.weekend, 0.45 if around.office else 1.06, 1.0)
    day = 1.0 + 0.05 * around.wander("demand", 1.0, shared=True)
    flow: Floats = np.minimum(1.0, np.interp(around.grid.hour, hours, demand) * summer * week * day / _PEAK)
    return flow


def _on_duty(around: Surroundings, flow: Floats) -> Booleans:
    turn = np.floor(around.grid.day_of_year - _TURN_HOUR / 24.0).astype(int) % 2
    on_duty: Booleans = (turn == around.order % 2) | (flow > _ASSIST_FLOW)
    return on_duty


KIND = Kind(course=course, knobs=KNOBS)
