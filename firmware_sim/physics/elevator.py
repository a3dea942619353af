"""Traction elevator (曳引电梯): Poisson trips with commuter peaks; doors, ride, brake and machine."""

from collections.abc import Mapping

from firmware_sim.chance import Chance
from firmware_sim.moment import Moment, relax
from firmware_sim.physics.family import Family, Value

# Share of the day's trips in each hour, %: residential, out in the morning and home in the evening.
SHARES = tuple(
    0.5 if hour < 6 else 9.0 if 7 <= hour < 9 else 8.0 if 17 <= hour < 20 else 55.0 / 13.0 for hour in range(24)
)
_BUSIEST = max(SHARES)

DEFAULTS: dict[str, float] = {
    "trips_per_day": 250.0,
    "trip_seconds": 25.0,
    "doors_per_trip": 1.6,  # openings, with stops on the way
    "door_time": 2.70,  # s
    "reopens": 1.2,  # % of closings
    "car_vib_z": 0.13,  # m/s²
    "car_vib_xy": 0.09,  # m/s²
    "noise": 50.0,  # dB(A)
    "brake_release": 180.0,  # ms
    "brake_stop": 60.0,  # mm
    "brake_test_hour": 3.5,
    "rope_slip": 3.0,  # mm a trip
    "machine_vib": 1.10,  # mm/s
    "motor_rise": 42.0,  # K at the busiest hour
}
KNOBS: dict[str, float] = {
    "power": 1.0,
    "door": 1.0,  # × door times
    "levelling_bias": 0.0,  # mm
    "levelling_walk": 0.0,  # mm per √h
    "ride": 1.0,  # × a95
    "brake": 1.0,  # × release time and stop distance
    "bearing_vib": 0.0,  # mm/s
    "motor_heat": 0.0,  # K
    "ventilation_lost": 0.0,  # K
}
METRICS = frozenset(
    {
        "running",
        "door_open_time",
        "door_close_time",
        "door_reopen_rate",
        "levelling_error",
        "car_vib_z_a95",
        "car_vib_xy_a95",
        "speed_ratio",
        "cabin_noise",
        "brake_release_time",
        "brake_stop_distance",
        "rope_slip",
        "machine_vib_rms",
        "motor_temp",
        "machine_room_temp",
        "entrapment",
        "safety_chain_open",
        "pit_water",
        "trips",
        "run_time",
        "door_cycles",
    }
)


class Elevator:
    """`running` is being in service: a lift that stands between two trips still runs.

    Several trips in one tick leave the last one's figures; the counters count them all.
    """

    def __init__(self, params: Mapping[str, float], rng: Chance, start: Moment) -> None:
        self._p = params
        self._rng = rng
        self._trips = rng.randrange(100_000, 900_000)
        self._doors = float(round(self._trips * params["doors_per_trip"]))
        self._run_h = self._trips * params["trip_seconds"] / 3600.0
        self._walk = 0.0
        self._motor = _machine_room(start) + params["motor_rise"] * _busy(start)
        self._tested_on = start.day

    def step(self, moment: Moment, dt_s: float, knobs: Mapping[str, float]) -> dict[str, Value]:
        p, rng = self._p, self._rng
        powered = knobs["power"] > 0.5
        trips = self._count_trips(moment, dt_s) if powered else 0
        self._trips += trips
        self._doors += round(trips * p["doors_per_trip"])
        self._run_h += trips * p["trip_seconds"] / 3600.0
        self._walk += knobs["levelling_walk"] * rng.bell((dt_s / 3600.0) ** 0.5)

        room = _machine_room(moment) + knobs["ventilation_lost"]
        vib = max(p["machine_vib"], knobs["bearing_vib"]) if powered else 0.0
        heat = p["motor_rise"] * _busy(moment) + knobs["motor_heat"] + 3.0 * max(0.0, vib - p["machine_vib"])
        self._motor = relax(self._motor, room + (heat if powered else 0.0), dt_s, 2400.0)
        values: dict[str, Value] = {
            "running": powered,
            "machine_vib_rms": vib,
            "motor_temp": self._motor,
            "machine_room_temp": room,
            "door_reopen_rate": p["reopens"],
            "entrapment": False,
            "safety_chain_open": False,
            "pit_water": False,
            "trips": float(self._trips),
            "run_time": self._run_h,
            "door_cycles": self._doors,
        }
        if trips:
            values |= self._ride(knobs)
        # Self-monitoring brakes test themselves at night, when the car is empty.
        if powered and moment.day != self._tested_on and moment.hour >= p["brake_test_hour"]:
            self._tested_on = moment.day
            values["brake_stop_distance"] = p["brake_stop"] * knobs["brake"]
        return values

    def _ride(self, knobs: Mapping[str, float]) -> dict[str, Value]:
        p, rng = self._p, self._rng
        return {
            "door_open_time": p["door_time"] * knobs["door"] + rng.bell(0.06),
            "door_close_time": p["door_time"] * 1.02 * knobs["door"] + rng.bell(0.06),
            "levelling_error": knobs["levelling_bias"] + self._walk + rng.bell(2.5),
            "car_vib_z_a95": p["car_vib_z"] * knobs["ride"] + rng.bell(0.008),
            "car_vib_xy_a95": p["car_vib_xy"] * knobs["ride"] + rng.bell(0.006),
            "speed_ratio": 98.5 + rng.bell(0.8),
            "cabin_noise": p["noise"] + rng.bell(0.9),
            "brake_release_time": p["brake_release"] * knobs["brake"] + rng.bell(3.0),
            "rope_slip": p["rope_slip"] + rng.bell(0.6),
        }

    def _count_trips(self, moment: Moment, dt_s: float) -> int:
        """Poisson by waiting times."""
        rate = self._p["trips_per_day"] * SHARES[int(moment.hour)] / 100.0 / 3600.0
        if rate <= 0.0:
            return 0
        count, waited = 0, self._rng.expovariate(rate)
        while waited < dt_s:
            count += 1
            waited += self._rng.expovariate(rate)
        return count


def _busy(moment: Moment) -> float:
    """0–1: the hour's traffic over the busiest hour's."""
    return SHARES[int(moment.hour)] / _BUSIEST


def _machine_room(moment: Moment) -> float:
    """°C under the roof, with its fan."""
    return 12.0 + 0.65 * moment.outdoor_temp


FAMILY = Family(build=Elevator, defaults=DEFAULTS, knobs=KNOBS, metrics=METRICS)
