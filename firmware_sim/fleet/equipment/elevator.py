"""Elevators: trips by the hour, and what every trip, stop, cycle and test shows."""

import numpy as np

from firmware_sim.fleet.equipment.kind import Figures, Kind, Knobs
from firmware_sim.fleet.grid import BINS, PER_HOUR, Booleans, Floats
from firmware_sim.fleet.surroundings import Course, Surroundings, lag
from firmware_sim.physics.elevator import SHARES

KNOBS = {
    "power": 1.0,
    "door": 1.0,  # × door times
    "reopens": 0.0,  # % of closings at the busiest hour, less at others
    "ride": 1.0,  # × a95
    "brake": 1.0,  # × release time and stop distance
    "bearing": 1.0,  # × vibration
    "motor_heat": 0.0,  # K
    "ventilation": 0.0,  # K
}
_MOTOR_TAU_S = 2400.0
_OFFICE_SHARES = tuple(0.1 if h < 6 or h >= 21 else 9.0 if h in (8, 9, 12, 17, 18) else 5.2 for h in range(24))
_TRIP = (
    "door_open_time",
    "door_close_time",
    "levelling_error",
    "car_vib_z_a95",
    "car_vib_xy_a95",
    "speed_ratio",
    "cabin_noise",
    "brake_release_time",
    "rope_slip",
)


def course(around: Surroundings, p: Figures, knobs: Knobs) -> Course:
    """`running` is being in service: a lift that stands between two trips still runs."""
    busy = _busy(around)
    powered = knobs["power"] > 0.5
    per_bin = p["trips_per_day"] / 100.0 / PER_HOUR
    trips = around.stream("trips").poisson(busy * max(SHARES) * per_bin) * powered
    total: Floats = float(around.stream("age").integers(100_000, 900_000)) + np.cumsum(trips, dtype=np.float64)

    room = 12.0 + 0.65 * around.weather.outdoor + knobs["ventilation"]
    vib = p["machine_vib"] * (1.0 + 0.06 * (busy - 0.4) + 0.02 * around.wander("vib")) * knobs["bearing"]
    heat = p["motor_rise"] * busy + knobs["motor_heat"] * (0.4 + 0.6 * busy) + 3.0 * np.maximum(0.0, vib - 1.5)
    motor = lag(room + np.where(powered, heat, 0.0), _MOTOR_TAU_S)
    # A warm coil lets go later: copper's resistance rises with the temperature.
    release = p["brake_release"] * (1.0 + 0.0008 * (motor - 45.0)) * knobs["brake"]
    # Grease, dust and the season: no door and no rail is the same for three months.
    door = p["door_time"] * knobs["door"] * (1.0 + 0.006 * around.wander("door"))
    ride = knobs["ride"] * (1.0 + 0.02 * around.wander("ride"))
    nothing = np.zeros(BINS)
    values: dict[str, Floats] = {
        "running": powered.astype(float),
        "door_open_time": door,
        "door_close_time": 1.02 * door,
        "door_reopen_rate": p["reopens"] + 0.8 * busy + knobs["reopens"] * (0.6 + 0.4 * busy),
        "levelling_error": p["levelling"] + 0.4 * around.wander("levelling"),
        "car_vib_z_a95": p["car_vib_z"] * ride,
        "car_vib_xy_a95": p["car_vib_xy"] * ride,
        "speed_ratio": 98.5 + 0.2 * around.wander("speed"),
        "cabin_noise": p["noise"] + 0.25 * around.wander("noise"),
        "brake_release_time": release,
        "brake_stop_distance": p["brake_stop"] * knobs["brake"] * (1.0 + 0.008 * around.wander("lining")),
        "rope_slip": p["rope_slip"] * (1.0 + 0.06 * around.wander("ropes")),
        "machine_vib_rms": np.where(powered, vib, 0.0),
        "motor_temp": motor,
        "machine_room_temp": room,
        "entrapment": nothing,
        "safety_chain_open": nothing,
        "pit_water": nothing,
        "trips": total,
        "run_time": total * p["trip_seconds"] / 3600.0,
        "door_cycles": np.round(total * p["doors_per_trip"]),
    }
    moved: Booleans = trips > 0
    tested = powered & (around.grid.hour.round(4) == round(p["brake_test_hour"], 4))
    return Course(values=values, occurs=dict.fromkeys(_TRIP, moved) | {"brake_stop_distance": tested})


def _busy(around: Surroundings) -> Floats:
    """0–1: traffic over the busiest hour's.  Commuters stay at home at weekends, and no two days are alike."""
    hour = around.grid.hour.astype(int) % 24
    shares = np.asarray(_OFFICE_SHARES if around.office else SHARES)
    share = shares[hour] / max(SHARES)
    calm = 0.15 * share if around.office else 0.35 * share + 0.65 * shares.mean() / max(SHARES) * (hour >= 7)
    day = 1.0 + 0.08 * around.wander("traffic", 1.0)
    busy: Floats = np.where(around.weekend, calm, share) * day
    return busy


KIND = Kind(course=course, knobs=KNOBS)
