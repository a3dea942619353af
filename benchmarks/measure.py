"""How a benchmark is timed and told."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """`count` things of the kind `of`, done in `seconds` of real time and `cpu_seconds` of this process's."""

    name: str
    of: str
    count: int
    seconds: float
    cpu_seconds: float

    @property
    def per_second(self) -> float:
        return self.count / self.seconds

    @property
    def cpu_us_each(self) -> float:
        return self.cpu_seconds / self.count * 1e6


def measure(name: str, of: str, work: Callable[[], int], rounds: int = 3) -> Measurement:
    """The fastest of several rounds: what disturbs a round only makes it slower. `work` says how many it did."""
    return min((_time(name, of, work) for _ in range(rounds)), key=lambda one: one.seconds / one.count)


def _time(name: str, of: str, work: Callable[[], int]) -> Measurement:
    began, cpu_began = time.perf_counter(), time.process_time()
    count = work()
    return Measurement(
        name=name,
        of=of,
        count=count,
        seconds=time.perf_counter() - began,
        cpu_seconds=time.process_time() - cpu_began,
    )


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` of the values do not exceed."""
    return sorted(values)[max(math.ceil(share * len(values)) - 1, 0)]


def tell(measurement: Measurement) -> str:
    """One line for people."""
    return (
        f"{measurement.name:<10} {measurement.per_second:>12,.0f} {measurement.of}/s"
        f" {measurement.cpu_us_each:>9.2f} µs CPU each   ({measurement.count:,} in {measurement.seconds:.2f} s)"
    )
