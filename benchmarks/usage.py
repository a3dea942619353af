"""What a process takes of the machine, from Linux's /proc."""

import os
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Of one core, in percent, and resident memory in MB."""

    cpu_percent: float
    resident_mb: float


def watch(pid: int, seconds: float) -> Usage:
    """Look on for that long."""
    began, cpu_began = time.perf_counter(), _cpu_seconds(pid)
    time.sleep(seconds)
    busy = (_cpu_seconds(pid) - cpu_began) / (time.perf_counter() - began)
    pages = int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1])
    return Usage(cpu_percent=busy * 100, resident_mb=pages * os.sysconf("SC_PAGE_SIZE") / 1e6)


def _cpu_seconds(pid: int) -> float:
    # Behind the name, which may hold spaces: user and system time are the 12th and 13th field.
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
