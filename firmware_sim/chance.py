"""Chance with a seed: the simulator's only source of it, so that a story can be told again."""

import math
from random import Random


class Chance(Random):
    """Seeded by a text such as `7/BP-01/vib_rms`; one for every use, so that none shifts another."""

    def __init__(self, seed: str) -> None:
        super().__init__(seed)

    def bell(self, sigma: float = 1.0) -> float:
        """A normal deviate of mean 0, cut at three sigma: healthy equipment has no tails."""
        return sigma * max(-3.0, min(3.0, self.gauss(0.0, 1.0)))

    def occurs(self, per_second: float, dt_s: float) -> bool:
        """Whether a Poisson event of this rate falls into `dt_s`."""
        return self.random() < -math.expm1(-per_second * dt_s)
