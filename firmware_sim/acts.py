"""How a fault acts: one target (a knob of the physics or a metric) moved over the age of the fault."""

from dataclasses import dataclass
from enum import StrEnum


class Shape(StrEnum):
    """The course over the fault's age."""

    STEP = "step"
    RAMP = "ramp"
    EXPONENTIAL = "exponential"
    PULSES = "pulses"


class Operation(StrEnum):
    """How the level meets the healthy value."""

    SET = "set"
    ADD = "add"
    MULTIPLY = "multiply"


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Times in hours; `growth` is per hour; `limit` bounds the level on the side it moves to.

    `after` delays the act within its fault. Pulses last `width` of every `every`.
    """

    target: str
    operation: Operation = Operation.SET
    shape: Shape = Shape.STEP
    magnitude: float = 0.0
    growth: float = 0.0
    doubling: float = 24.0
    limit: float | None = None
    after: float = 0.0
    every: float = 1.0
    width: float = 0.5

    def apply(self, healthy: float, age: float) -> float:
        """The value with this act at `age` hours into its fault; the healthy one where it is silent."""
        level = self._level(age - self.after)
        if level is None:
            return healthy
        if self.operation is Operation.ADD:
            return healthy + level
        if self.operation is Operation.MULTIPLY:
            return healthy * level
        return level

    def _level(self, age: float) -> float | None:
        if age < 0:
            return None
        if self.shape is Shape.PULSES:
            return self.magnitude if age % self.every < self.width else None
        if self.shape is Shape.RAMP:
            return self._bounded(self.magnitude + self.growth * age)
        if self.shape is Shape.EXPONENTIAL:
            # Doublings beyond 60 say nothing more and would overflow in a year's run.
            return self._bounded(self.magnitude * 2.0 ** min(age / self.doubling, 60.0))
        return self.magnitude

    def _bounded(self, level: float) -> float:
        if self.limit is None:
            return level
        return min(level, self.limit) if self.limit >= self.magnitude else max(level, self.limit)
