"""Whose clock is wrong: when most devices seem ahead, or late by the same span, it is our own."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from iot_maint.domain.columns import Integers
from iot_maint.rules.silence import Flags

MANY = 5  # devices heard lately: fewer may all be wrong themselves
FAR_MS = 5 * 60 * 1000
_SAME_MS, _SAME_SHARE = 60_000, 0.1
STEADY_CHECKS = 12  # in a row: while a backlog drains, its lateness shrinks


class ClockFault(StrEnum):
    """What nearly all devices seem to be."""

    AHEAD = "ahead"
    LATE = "late"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockSuspicion:
    """`devices` of `heard` agree on being off by about `by_ms`; seen in that many `checks` in a row."""

    fault: ClockFault
    devices: int
    heard: int
    by_ms: int
    checks: int = 1

    @property
    def certain(self) -> bool:
        """What is ahead is certain at once; what is late must stay late by as much."""
        return self.fault is ClockFault.AHEAD or self.checks >= STEADY_CHECKS


def suspect_clock(
    refused: Flags, ahead_by_ms: Integers, lag_ms: Integers, before: ClockSuspicion | None
) -> ClockSuspicion | None:
    """Of the devices heard lately: whether the newest message of each was `refused` for being ahead, by how much each
    was ahead, and how late the others were."""
    heard = len(refused)
    if heard < MANY:
        return None
    ahead = int(refused.sum())
    if 2 * ahead > heard:
        by_ms = int(np.median(ahead_by_ms[refused]))
        return ClockSuspicion(fault=ClockFault.AHEAD, devices=ahead, heard=heard, by_ms=by_ms)
    lags = lag_ms[~refused]
    usual_ms = int(np.median(lags))
    alike = int((np.abs(lags - usual_ms) <= _same(usual_ms)).sum())
    if usual_ms <= FAR_MS or 2 * alike <= heard:
        return None
    steady = (
        before is not None and before.fault is ClockFault.LATE and abs(before.by_ms - usual_ms) <= _same(before.by_ms)
    )
    # Compared with the first of the row, so that a slow change is one too.
    by_ms, checks = (before.by_ms, before.checks + 1) if steady and before is not None else (usual_ms, 1)
    return ClockSuspicion(fault=ClockFault.LATE, devices=alike, heard=heard, by_ms=by_ms, checks=checks)


def _same(span_ms: int) -> float:
    return max(_SAME_MS, _SAME_SHARE * span_ms)
