"""What one rule saw, with the evidence a technician can check."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from iot_maint.domain.catalog import Comparison, Severity
from iot_maint.domain.signals import Sensed


class FindingKind(StrEnum):
    """A rule found its limit crossed for long enough, or found the value back."""

    RAISED = "raised"
    CLEARED = "cleared"


class RunningKnowledge(StrEnum):
    """What was known of the running state when a gated rule decided."""

    NOT_GATED = "not_gated"
    RUNNING = "running"
    ASSUMED = "assumed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """Who was not heard: one metric, or (`gateway`, or several `equipment`) all of them.

    `heard_at_ms`: reception of the last that was; `silent_s`: from then until its time was over;
    `interval_s` is the expected time between readings, of the usual metric where there are many.
    """

    heard_at_ms: int
    silent_s: float
    interval_s: float
    gateway: str | None = None
    equipment: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Projection:
    """When the limit will be reached, with 10, 50 and 90 % probability, and what was planned for it until when.

    `p10_before`, `p50_before`, `p90_before` and `planned_before` are what stood when the plan was made or last moved,
    `missed` that its window went by; `also` further metrics that grow; `gone`: the growth is no longer seen, and the
    dates are the last ones known.
    """

    p10: datetime
    p50: datetime
    p90: datetime
    confidence: float
    planned_for: datetime | None = None
    planned_until: datetime | None = None
    p10_before: datetime | None = None
    p50_before: datetime | None = None
    p90_before: datetime | None = None
    planned_before: datetime | None = None
    missed: bool = False
    also: tuple[str, ...] = ()
    gone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Contribution:
    """One metric's part in an anomaly: `share` of the score, 0–1; `direction` +1 where it is too high, −1 too low."""

    metric: str
    share: float
    direction: int
    value: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Anomaly:
    """What a detector said: `score` is −log10 of the share of healthy time above it; `confidence` 0–1.

    `contributions` are those of the metrics that drove it, the largest first.
    """

    model: str
    detector: str
    score: float
    confidence: float
    contributions: tuple[Contribution, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Numbers behind a finding: `readings` are (epoch ms, value) around the crossing and at the decision, in order.

    `limit` and `clear_limit` are the resolved ones, in the metric's unit; `dwell_s` is the time asked for (0 for
    rules that count), `occurrences` the values in a row asked for (1 for rules that dwell).  Of a `silence`, `limit` is
    the expected time between readings, in seconds, and `readings` the last one, if its value is still known.
    Of a `projection`, `readings` are the healthy level where the growth began and the level when it was made.
    Of an `anomaly`, `metric` is the one that drove it most, on the side of `comparison`, `readings` are means of bins
    of it, and the limits are the score's.
    Of a `signal`, the limits are in its unit and stand over its value; `readings` are those that it was made of.
    """

    rule: str
    metric: str
    comparison: Comparison
    limit: float
    clear_limit: float
    dwell_s: float
    occurrences: int
    severity: Severity
    basis: str
    running: RunningKnowledge
    readings: tuple[tuple[int, float], ...]
    silence: Silence | None = None
    projection: Projection | None = None
    anomaly: Anomaly | None = None
    signal: Sensed | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One rule's raise or clear on one piece of equipment.

    `onset_at`: event time of the first crossing; `at`: event time when the dwell was complete, or of the clear.
    `shadow`: its source is only watched (`domain.shadow`); `model`: it is that one of the registry's shadow.
    """

    kind: FindingKind
    equipment: str
    fault_mode: str
    rule: str
    severity: Severity
    onset_at: datetime
    at: datetime
    evidence: Evidence
    shadow: bool = False
    model: str = ""
