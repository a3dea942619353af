"""What a process costs, and how far a store has come, looked at from outside."""

import os
import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

import httpx

POLL_S = 0.2
_TICKS = os.sysconf("SC_CLK_TCK")
_POINTS = "storage_writer_req_points_sum"


def cpu_s(pid: int) -> float:
    """Seconds of CPU that the process has used, in user and system mode."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def peak_resident_mb(pid: int) -> float:
    """The most memory that the process has held so far."""
    return _status_mb(pid, "VmHWM")


def resident_mb(pid: int) -> float:
    """The memory that the process holds now."""
    return _status_mb(pid, "VmRSS")


def _status_mb(pid: int, name: str) -> float:
    status = Path(f"/proc/{pid}/status").read_text("ascii")
    (line,) = (line for line in status.splitlines() if line.startswith(f"{name}:"))
    # kB there are 1024 bytes, and MB here a million.
    return int(line.split()[1]) * 1024 / 1e6


def stored_points(influxdb_url: str) -> float:
    """How many points the store was given since its start, by its own counter."""
    text = httpx.get(f"{influxdb_url}/metrics", timeout=30, trust_env=False).text
    return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.startswith(_POINTS))


def watch(count: Callable[[], float], expected: int, within_s: float) -> list[tuple[float, float]]:
    """(monotonic seconds, count above that at the beginning) until `expected` more are there."""
    began = count()
    samples = [(time.monotonic(), 0.0)]
    deadline = time.monotonic() + within_s
    while samples[-1][1] < expected:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{samples[-1][1]:,.0f} of {expected:,} messages were stored within {within_s:g} s")
        time.sleep(POLL_S)
        now = time.monotonic()
        samples.append((now, count() - began))
    return samples


def rate_between(samples: Sequence[tuple[float, float]], expected: int, low: float = 0.1, high: float = 0.9) -> float:
    """Per second, from the instant at which the share `low` was there to that of `high`; between samples by line."""
    span = _instant_of(samples, expected * high) - _instant_of(samples, expected * low)
    return expected * (high - low) / span


def _instant_of(samples: Sequence[tuple[float, float]], count: float) -> float:
    for (earlier, before), (later, after) in pairwise(samples):
        if after >= count:
            return earlier + (later - earlier) * (count - before) / (after - before)
    return samples[-1][0]
