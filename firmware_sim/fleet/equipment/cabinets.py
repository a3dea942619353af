"""MV panels, UPS batteries and generator sets: slow things in a switch room."""

import numpy as np

from firmware_sim.fleet.equipment.kind import Figures, Kind, Knobs
from firmware_sim.fleet.grid import BINS, STEP_S, Floats
from firmware_sim.fleet.surroundings import Course, Surroundings, lag, switch_room

_HOURS_PER_YEAR = 8766.0
_BATTERY_TAU_S = 3600.0
_ROOM_TAU_S = 10_800.0
_TEST_HOURS = (10.0, 10.5)


def mv_panel(around: Surroundings, p: Figures, _knobs: Knobs) -> Course:
    """Discharges are louder on damp days; the gas breathes with the temperature."""
    room = switch_room(around.weather)
    values: dict[str, Floats] = {
        "tev_level": p["tev"] + 2.0 * around.weather.damp + 0.8 * around.wander("tev", 1.0),
        "sf6_pressure": p["sf6"] * (1.0 + 0.0008 * (room - 22.0)),
    }
    return Course(values=values, occurs={})


def ups(around: Surroundings, p: Figures, knobs: Knobs) -> Course:
    """The worst block's figures; without mains the battery discharges, and its monitor shows no float voltage."""
    powered = knobs["power"] > 0.5
    room = switch_room(around.weather)
    rise = lag(p["temp_rise"] * knobs["heating"], _BATTERY_TAU_S)
    speed = 2.0 ** ((room - 24.0 + rise - p["temp_rise"]) / 9.0)
    aged = 100.0 + p["ageing_per_year"] * (p["age_years"] + np.cumsum(speed) * STEP_S / 3600.0 / _HOURS_PER_YEAR)
    values: dict[str, Floats] = {
        "battery_resistance": aged + knobs["weak_block"],
        "battery_temp_rise": rise + 0.15 * around.wander("rise", 0.5),
        "float_voltage": p["float_voltage"] - 0.0004 * (room - 24.0) + 0.0008 * around.wander("float"),
    }
    return Course(values=values, occurs={"float_voltage": powered})


def genset(around: Surroundings, p: Figures, _knobs: Knobs) -> Course:
    """Run for half an hour every fourth week: the starter pulls the battery down, the dynamo fills it."""
    on_day = np.floor(around.grid.day_of_year).astype(int) % 28 == int(p["test_day"])
    first, last = _TEST_HOURS
    tested = on_day & (around.grid.hour > first) & (around.grid.hour <= last)
    values: dict[str, Floats] = {
        "run_time": p["run_hours"] + np.cumsum(tested) * STEP_S / 3600.0,
        "genset_start_v": p["volts"]
        - 0.01 * (switch_room(around.weather) - 22.0)
        + 0.6 * lag(tested * 1.0, 1800.0)
        + 0.05 * around.wander("volts"),
    }
    return Course(values=values, occurs={})


def room(around: Surroundings, p: Figures, knobs: Knobs) -> Course:
    """Cooled to the setpoint, never below what the season allows."""
    hours = around.grid.hour
    free = around.weather.outdoor + p["equipment_heat"] * (0.42 + 0.13 * np.sin((hours - 10.0) * np.pi / 12.0))
    cooled = np.clip(p["setpoint_temp"] + 0.1 * (free - 26.0), 12.0, None)
    air = np.where(knobs["power"] > 0.5, np.minimum(cooled, free), np.minimum(cooled, free) + 2.0)
    humid = 49.0 + 7.0 * around.grid.season + 6.0 * around.weather.damp + 2.0 * (hours < 7.0)
    nothing = np.zeros(BINS)
    values: dict[str, Floats] = {
        "room_temp": lag(np.maximum(12.0, air), _ROOM_TAU_S) + knobs["heat"],
        "room_humidity": lag(humid, 7200.0) + 1.2 * around.wander("humid", 0.5),
        "water_leak": nothing,
        "smoke": nothing,
    }
    return Course(values=values, occurs={})


MV = Kind(course=mv_panel, knobs={"power": 1.0})
UPS = Kind(course=ups, knobs={"power": 1.0, "weak_block": 0.0, "heating": 1.0})
GENSET = Kind(course=genset, knobs={"power": 1.0})
ROOM = Kind(course=room, knobs={"power": 1.0, "heat": 0.0})
