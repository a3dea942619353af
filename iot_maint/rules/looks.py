"""What is looked at once all metrics of a message are taken in: it needs several of them, or other rules, or time."""

from collections.abc import Callable, Mapping, Set
from typing import NamedTuple, Protocol

from iot_maint.rules.judging import Judging
from iot_maint.rules.quiet import FOREVER_MS, Calm
from iot_maint.rules.state import EquipmentState, Series


class Taken(NamedTuple):
    """One message's readings: all series before it and with it, and the metrics of which it brought a newer reading."""

    before: Mapping[str, Series]
    after: Mapping[str, Series]
    metrics: Set[str]


class Rest(NamedTuple):
    """When a look is not needed: as long as readings are calm, by metric, and before `until_ms` whatever they are."""

    calm: Mapping[str, Calm]
    until_ms: int = FOREVER_MS


AT_REST = Rest({})


class Look(Protocol):
    """One of them.  `keys` are those of its memory, `inputs` the metrics that it needs."""

    @property
    def keys(self) -> frozenset[str]: ...

    @property
    def inputs(self) -> frozenset[str]: ...

    def look(self, judging: Judging, taken: Taken) -> None:
        """Judge its limits, if the message means anything to it."""

    def rest(self, state: EquipmentState) -> Rest:
        """While no rule has anything to remember: what changes nothing here."""


Holds = Callable[[Mapping[str, tuple[float, float]]], bool]
_STEPS = (float("inf"), 64.0, 16.0, 4.0, 2.0, 1.0, 0.5, 0.25, 0.1, 0.05, 0.02, 0.005)


def widest(centre: Mapping[str, float], holds: Holds) -> Mapping[str, tuple[float, float]] | None:
    """Ranges around these values for which `holds` is true, as wide as a few steps find them; None: not even there."""
    ranges = {name: (value, value) for name, value in centre.items()}
    if not holds(ranges):
        return None
    for name, value in centre.items():
        size = max(abs(value), 1e-3)
        for side in (-1.0, 1.0):
            for step in _STEPS:
                low, high = ranges[name]
                tried = (value - step * size, high) if side < 0 else (low, value + step * size)
                if holds({**ranges, name: tried}):
                    ranges[name] = tried
                    break
    return ranges
