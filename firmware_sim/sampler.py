"""From a noise-free value to what a sensor reports: AR(1) noise, limits of the sensor, resolution."""

import math

from firmware_sim.chance import Chance
from firmware_sim.moment import Moment
from firmware_sim.physics import Value
from firmware_sim.profile import MetricSpec

_PHI = 0.9
_INNOVATION = math.sqrt(1.0 - _PHI * _PHI)
# Beyond three sigma a healthy sensor of a week's samples would leave its normal band by chance alone.
_CLIP = 3.0


class Sampler:
    """One metric of one device: decides when it is due, and adds what the sensor adds."""

    def __init__(self, spec: MetricSpec, rng: Chance, base: Value | None) -> None:
        self._spec = spec
        self._rng = rng
        self._base = base
        self._noise = rng.gauss(0.0, 1.0)
        self._every_ms = int(spec.every.total_seconds() * 1000) if spec.every else None
        self._slot = -1
        self._last: Value | None = None
        self._repeats = 0
        self._decimals = 6 if spec.step is None else max(0, -math.floor(math.log10(spec.step) + 1e-9))

    def signal(self, moment: Moment) -> Value | None:
        """The value of a metric that needs no physics; None if it has no base."""
        if self._base is None or isinstance(self._base, bool):
            return self._base
        daily = math.cos((moment.hour - 15.0) * math.tau / 24.0)
        return self._base + self._spec.daily * daily + self._spec.yearly * moment.season

    def is_due(self, at_ms: int) -> bool:
        """Once in each slot of `every`; always without one."""
        if self._every_ms is None:
            return True
        slot = at_ms // self._every_ms
        if slot == self._slot:
            return False
        self._slot = slot
        return True

    def has_news(self, value: Value) -> bool:
        """True on a change and once more on the next tick, so that one lost message does not hide it."""
        if not self._spec.on_change:
            return False
        if value != self._last:
            self._last = value
            self._repeats = 1
            return True
        self._repeats -= 1
        return self._repeats == 0

    @property
    def on_change(self) -> bool:
        return self._spec.on_change

    def disturb(self, value: float) -> float:
        """`value` with this sample's noise."""
        self._noise = _PHI * self._noise + _INNOVATION * self._rng.gauss(0.0, 1.0)
        sigma = self._spec.noise + self._spec.noise_pct / 100.0 * abs(value)
        return value + sigma * max(-_CLIP, min(_CLIP, self._noise))

    def quantise(self, value: float) -> float:
        """Within the sensor's range and on its steps."""
        spec = self._spec
        if spec.min is not None and value < spec.min:
            value = spec.min
        if spec.max is not None and value > spec.max:
            value = spec.max
        if spec.step is None:
            return round(value, 6)
        return round(round(value / spec.step) * spec.step, self._decimals)
