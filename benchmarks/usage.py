"""What a process takes of the machine, from Linux's /proc."""

import time
from dataclasses import dataclass

from benchmarks.watching import cpu_s, resident_mb


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Of one core, in percent, and resident memory in MB."""

    cpu_percent: float
    resident_mb: float


def watch(pid: int, seconds: float) -> Usage:
    """Look on for that long."""
    began, cpu_began = time.perf_counter(), cpu_s(pid)
    time.sleep(seconds)
    busy = (cpu_s(pid) - cpu_began) / (time.perf_counter() - began)
    return Usage(cpu_percent=busy * 100, resident_mb=resident_mb(pid))
