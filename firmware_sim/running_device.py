"""A device at work: physics, faults and sensors, one set of readings a tick."""

from collections.abc import Mapping
from dataclasses import dataclass

from firmware_sim.acts import Act
from firmware_sim.chance import Chance
from firmware_sim.disturbances import Disturbance, Kind
from firmware_sim.moment import Moment
from firmware_sim.physics import Physics, Value
from firmware_sim.sampler import Sampler
from firmware_sim.site import Device

_MS_PER_HOUR = 3_600_000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveFault:
    """A timeline fault on the epoch-millisecond axis; `end_ms` None: for ever."""

    start_ms: int
    end_ms: int | None
    acts: tuple[Act, ...]
    disturbance: Disturbance | None

    def covers(self, at_ms: int) -> bool:
        return self.start_ms <= at_ms and (self.end_ms is None or at_ms < self.end_ms)


class RunningDevice:
    """Keeps the device's state from tick to tick; every chance comes from its own seed."""

    def __init__(self, device: Device, seed: str, faults: tuple[ActiveFault, ...], start: Moment) -> None:
        family = device.profile.family
        self._physics: Physics | None = None
        self._knobs: Mapping[str, float] = {}
        if family is not None:
            self._physics = family.build(device.physical, Chance(f"{seed}/physics"), start)
            self._knobs = family.knobs
        self._samplers = {
            name: Sampler(spec, Chance(f"{seed}/{name}"), _base(spec.base, device.register))
            for name, spec in device.profile.metrics.items()
        }
        self._faults = faults
        self._rng = Chance(f"{seed}/sensors")
        self._frozen: dict[str, Value] = {}

    def sample(self, moment: Moment, dt_s: float) -> tuple[dict[str, Value], list[Disturbance]]:
        """The readings due at this tick, and the disturbances that act on the message itself."""
        active = [fault for fault in self._faults if fault.covers(moment.at_ms)]
        acts = [(act, (moment.at_ms - f.start_ms) / _MS_PER_HOUR) for f in active for act in f.acts]
        given = self._step(moment, dt_s, acts)
        values: dict[str, Value] = {}
        for name, sampler in self._samplers.items():
            healthy = given.get(name)
            if healthy is None:
                healthy = sampler.signal(moment)
            if healthy is None:
                continue
            if not sampler.on_change and not sampler.is_due(moment.at_ms):
                continue
            value = _sense(sampler, name, healthy, acts)
            if sampler.on_change and not (sampler.has_news(value) | sampler.is_due(moment.at_ms)):
                continue
            values[name] = value
        disturbances = [f.disturbance for f in active if f.disturbance is not None]
        return self._spoil(values, disturbances), disturbances

    def _step(self, moment: Moment, dt_s: float, acts: list[tuple[Act, float]]) -> dict[str, Value]:
        if self._physics is None:
            return {}
        knobs = self._knobs
        for act, age in acts:
            if act.target in self._knobs:
                knobs = {**knobs, act.target: act.apply(knobs[act.target], age)}
        return self._physics.step(moment, dt_s, knobs)

    def _spoil(self, values: dict[str, Value], disturbances: list[Disturbance]) -> dict[str, Value]:
        """Readings a sick sensor sends instead."""
        held: set[str] = set()
        for disturbance in disturbances:
            for name in [disturbance.metric] if disturbance.metric else list(values):
                if name not in values:
                    continue
                if disturbance.kind is Kind.FROZEN:
                    values[name] = self._frozen.setdefault(name, values[name])
                    held.add(name)
                    continue
                struck = self._rng.random() < disturbance.probability
                if struck and disturbance.kind is Kind.SPIKE and not isinstance(values[name], bool):
                    values[name] = values[name] * disturbance.factor
                elif struck and disturbance.kind is Kind.DROPOUT and disturbance.metric:
                    del values[name]
        self._frozen.update({name: value for name, value in values.items() if name not in held})
        return values


def _sense(sampler: Sampler, name: str, healthy: Value, acts: list[tuple[Act, float]]) -> Value:
    """Noise first, then the faults of this metric, then the sensor's range and resolution."""
    is_bool = isinstance(healthy, bool)
    value = float(healthy) if is_bool else sampler.disturb(healthy)
    for act, age in acts:
        if act.target == name:
            value = act.apply(value, age)
    return value >= 0.5 if is_bool else sampler.quantise(value)


def _base(base: Value | str | None, register: Mapping[str, float]) -> Value | None:
    return register[base] if isinstance(base, str) else base
