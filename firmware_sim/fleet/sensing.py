"""From a noise-free course to what arrives: noise, the sensors' steps, their rhythm, and lost messages."""

import math
from collections.abc import Mapping

import numpy as np

from firmware_sim.fleet.chance import draw, noise
from firmware_sim.fleet.grid import BINS, STEP_MS, Booleans, Floats, Grid
from firmware_sim.fleet.profile import FleetProfile, SensorSpec
from firmware_sim.fleet.surroundings import Course
from firmware_sim.profile import MetricSpec

_PHI = 0.9
# Beyond four sigma a healthy sensor of three months would leave its normal band by chance alone.
_CLIP = 4.0
_LOSS = 0.005
_DAY_MS = 86_400_000
_DAILY_AT_MS = 22 * 3_600_000  # 06:00 at the sites


def sense(profile: FleetProfile, course: Course, grid: Grid, stream: str) -> dict[str, Floats]:
    """By metric (n,): what the sensors would report and the link would deliver; NaN where nothing arrives."""
    lost = draw(f"{stream}/loss").random(BINS) < _LOSS
    sensed: dict[str, Floats] = {}
    for name, spec in profile.metrics.items():
        values = report(course.values[name], spec, profile.sensors[name], f"{stream}/{name}")
        due = _due(spec, grid, values)
        if name in course.occurs:
            due &= course.occurs[name]
        sensed[name] = np.where(due & ~lost, values, np.nan)
    return sensed


def report(values: Floats, spec: MetricSpec, sensor: SensorSpec, stream: str) -> Floats:
    """`values` (n,) with the sensor's noise, within its range and on its steps."""
    if sensor.noise > 0.0 or sensor.noise_pct > 0.0:
        unit = noise(stream, BINS, 0.0 if sensor.white else _PHI, _CLIP)
        values = values + (sensor.noise + sensor.noise_pct / 100.0 * np.abs(values)) * unit
    if spec.min is not None or spec.max is not None:
        values = np.clip(values, spec.min, spec.max)
    if spec.step is None:
        return np.round(values, 6)
    decimals = max(0, -math.floor(math.log10(spec.step) + 1e-9))
    return np.round(np.round(values / spec.step) * spec.step, decimals)


def _due(spec: MetricSpec, grid: Grid, values: Floats) -> Booleans:
    """The bins at whose end the metric is sent."""
    if spec.every is None:
        return np.ones(BINS, dtype=bool)
    every_ms = round(spec.every.total_seconds() * 1000)
    if every_ms <= STEP_MS:
        return np.ones(BINS, dtype=bool)
    due: Booleans = grid.at_ms % every_ms == (_DAILY_AT_MS if every_ms == _DAY_MS else 0)
    if spec.on_change:
        changed = np.concatenate([[True], values[1:] != values[:-1]])
        # Once more on the next bin, so that one lost message does not hide a change.
        due |= changed | np.roll(changed, 1)
    return due


def scatter(profile: FleetProfile, course: Mapping[str, Floats], metric: str) -> float:
    """One sigma of the metric's sensor about its usual value."""
    sensor = profile.sensors[metric]
    return sensor.noise + sensor.noise_pct / 100.0 * abs(float(np.median(course[metric])))
