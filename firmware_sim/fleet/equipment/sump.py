"""Sump pumps (排污): the pit fills by seepage and rain, the float starts and stops the pump."""

import numpy as np

from firmware_sim.fleet.equipment.kind import Figures, Kind, Knobs
from firmware_sim.fleet.grid import BINS, STEP_S, Floats
from firmware_sim.fleet.surroundings import Course, Surroundings

KNOBS = {
    "power": 1.0,
    "flow": 1.0,  # × what the pump moves
    "float_stuck": 0.0,
    "jam": 0.0,  # ×In on top
    "wetness": 0.0,  # times the insulation has halved
}
_BIN_H = STEP_S / 3600.0


def course(around: Surroundings, p: Figures, knobs: Knobs) -> Course:
    """`running` says that the pump ran in the bin: its runs are shorter than one."""
    inflow = p["seepage"] * (1.0 + 0.08 * around.wander("seepage")) + 0.7 * around.weather.rain
    works = (knobs["power"] > 0.5) & (knobs["float_stuck"] < 0.5)
    flow = p["pump_flow"] * knobs["flow"]
    level, ran_s, finished = _cycles(around, p, inflow, flow, works.tolist())
    running = ran_s > 0.0
    volume = p["area"] * (p["start_level"] - p["stop_level"])
    values: dict[str, Floats] = {
        "running": running.astype(float),
        "run_time": 100.0 + 1000.0 * around.stream("age").random() + np.cumsum(ran_s) / 3600.0,
        "sump_level": level,
        "sump_run_per_cycle": 3600.0 * volume / np.maximum(flow - inflow, 0.5),
        "insulation_resistance": p["insulation"] * (1.0 - 0.25 * around.weather.damp) * 0.5 ** knobs["wetness"],
        "motor_current_ratio": np.where(running, 0.80 + knobs["jam"], 0.0),
        "current_unbalance": np.where(running, 2.0, 0.0),
    }
    return Course(values=values, occurs={"sump_run_per_cycle": finished})


def _cycles(
    around: Surroundings, p: Figures, inflow: Floats, flow: Floats, works: list[bool]
) -> tuple[Floats, Floats, np.ndarray[tuple[int], np.dtype[np.bool_]]]:
    """Level at each bin's end, seconds the pump ran in it, and whether a run ended in it; from turn to turn."""
    start, stop, area, depth = p["start_level"], p["stop_level"], p["area"], p["depth"]
    level = stop + (start - stop) * float(around.stream("level").random())
    pumping = False
    levels, ran, finished = np.empty(BINS), np.zeros(BINS), np.zeros(BINS, dtype=bool)
    for index, (enters, leaves) in enumerate(zip(inflow.tolist(), flow.tolist(), strict=True)):
        left = _BIN_H
        while left > 1e-9:
            pumping = works[index] and (pumping or level >= start - 1e-9)
            speed = (enters - leaves if pumping else enters) / area
            turn = stop if pumping else start if works[index] else depth
            ahead = (turn - level) / speed if (turn - level) * speed > 0.0 else left
            used = min(left, ahead)
            level = min(depth, level + speed * used)
            left -= used
            if pumping:
                ran[index] += used * 3600.0
                if level <= stop + 1e-9:
                    pumping, finished[index] = False, True
            elif used == 0.0:
                break
        levels[index] = level
    return levels, ran, finished


KIND = Kind(course=course, knobs=KNOBS)
