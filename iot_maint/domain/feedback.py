"""What became of preventive orders, as it is asked for and counted."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from iot_maint.domain.verdicts import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedQuery:
    """Preventive orders that ended in [since, until); `None` filters nothing.  `rule`: one that contributed."""

    since: datetime
    until: datetime
    site: str | None = None
    equipment: str | None = None
    equipment_type: str | None = None
    fault_mode: str | None = None
    rule: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedOrder:
    """A preventive order that a person closed or cancelled.

    `raised_at`: the order's, or when the first of its sources spoke, if that was before.  `attended_at`: somebody first
    arrived; `finished_at`: the work was last completed; both by the clock.  `sources` are the ids of the rules,
    detectors and forecasts that contributed evidence before it was judged.
    """

    number: str
    site: str
    equipment: str
    equipment_type: str
    fault_mode: str
    onset_at: datetime
    raised_at: datetime
    ended_at: datetime
    verdict: Verdict | None = None
    found_mode: str | None = None
    failed_at: datetime | None = None
    attended_at: datetime | None = None
    finished_at: datetime | None = None
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewPolicy:
    """When a source asks for review: of `judged` orders or more, judged in `window`, less than `below` were right."""

    below: float = 0.5
    judged: int = 5
    window: timedelta = timedelta(days=90)


DEFAULT_REVIEW = ReviewPolicy()


class Advice(StrEnum):
    """What can be said of another limit."""

    SUGGESTED = "suggested"
    SUGGESTED_BLINDLY = "suggested_blindly"
    NO_LIMIT_PARTS = "no_limit_parts"
    OWN_LIMITS = "own_limits"
    NOT_SOUND = "not_sound"
    NO_LIMIT_TO_SET = "no_limit_to_set"
    NO_EVIDENCE = "no_evidence"


# Nothing was wrong with the machine: its data there is healthy, unless the sensor itself was broken.
NO_FAULT = frozenset({Verdict.FALSE_ALARM, Verdict.SENSOR_FAULT, Verdict.NOT_FOUND})


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultQuery:
    """Judged orders of those verdicts that touch [since, until); `None` filters nothing."""

    verdicts: frozenset[Verdict]
    equipment: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedFault:
    """One label of history: a fault that was confirmed, or an alarm that was none.

    `fault_mode` is what it really was.  `onset_at` is the alarm's first crossing, or the failure if that came before;
    `finished_at`: the work was completed, or the order ended.
    """

    equipment: str
    fault_mode: str
    onset_at: datetime
    failed_at: datetime | None
    finished_at: datetime
    order: str
    verdict: Verdict

    @property
    def over_at(self) -> datetime:
        """Until when the label reaches: the failure, else the repair."""
        return self.finished_at if self.failed_at is None else self.failed_at
