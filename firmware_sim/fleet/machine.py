"""One device's life without noise: its surroundings, what happens to it, its faults, what its sensors are off by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from firmware_sim.acts import Act
from firmware_sim.fleet.grid import BINS, PER_HOUR, Floats
from firmware_sim.fleet.growth import apply
from firmware_sim.fleet.happenings import Happening
from firmware_sim.fleet.profile import FleetProfile, SensorSpec
from firmware_sim.fleet.surroundings import Course, Surroundings


@dataclass(frozen=True, slots=True, kw_only=True)
class Acting:
    """A fault at work in bins [first, last).  `pace` hurries its growth."""

    acts: tuple[Act, ...]
    first: int
    last: int
    pace: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Offset:
    """From bin `first` on, the metric reads `plus` more, and `times` as much.

    Another sensor, or a machine not quite as it was.
    """

    metric: str
    first: int
    plus: float = 0.0
    times: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """A device under its surroundings; `figures` are its own."""

    profile: FleetProfile
    around: Surroundings
    figures: Mapping[str, float]
    parameters: Mapping[str, float]

    def live(self, faults: Sequence[Acting], events: Sequence[Happening], offsets: Sequence[Offset] = ()) -> Course:
        """Its noise-free course with these."""
        kind = self.profile.kind
        knobs = {name: np.full(BINS, neutral) for name, neutral in kind.knobs.items()}
        for event in events:
            for name, value in event.knobs.items():
                if name in knobs:
                    knobs[name][event.first : event.last] = value
        ages = [_age(fault) for fault in faults]
        for fault, age in zip(faults, ages, strict=True):
            for act in fault.acts:
                if act.target in knobs:
                    knobs[act.target] = apply(act, knobs[act.target], age)
        course = kind.course(self.around, self.figures, knobs)
        values: dict[str, Floats] = dict(course.values)
        powered = knobs["power"] > 0.5 if "power" in knobs else np.ones(BINS, dtype=bool)
        for fault, age in zip(faults, ages, strict=True):
            for act in fault.acts:
                if act.target not in knobs:
                    moved = apply(act, values[act.target], age)
                    # What is only felt while it runs, a standing machine does not show.
                    gated = act.target == "motor_current_ratio"
                    shown = values["running"] > 0.5 if gated else powered
                    values[act.target] = np.where(shown, moved, values[act.target])
        for offset in offsets:
            moved = values[offset.metric].copy()
            moved[offset.first :] = moved[offset.first :] * offset.times + offset.plus
            values[offset.metric] = moved
        return Course(values={name: values[name] for name in self.profile.metrics}, occurs=course.occurs)


def _age(fault: Acting) -> Floats:
    """Hours into the fault, at each bin's end; NaN outside of it."""
    age = np.full(BINS, np.nan)
    age[fault.first : fault.last] = np.arange(1, fault.last - fault.first + 1) * fault.pace / PER_HOUR
    return age


def offset_of(sensor: SensorSpec, metric: str, first: int, sigmas: float) -> Offset:
    """So many sigma of the sensor's scatter, as it scatters: by an amount, by a share, or by both."""
    return Offset(metric=metric, first=first, plus=sigmas * sensor.noise, times=1.0 + sigmas * sensor.noise_pct / 100.0)


def build(profile: FleetProfile, around: Surroundings) -> Machine:
    """A device with figures of its own."""
    parameters, figures = profile.base.device_params({})
    for name, (low, high) in profile.figures.items():
        figures[name] = float(around.stream(f"figures/{name}").uniform(low, high))
    return Machine(profile=profile, around=around, figures=figures, parameters=parameters)
