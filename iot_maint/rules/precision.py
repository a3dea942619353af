"""How often rules, detectors and forecasts were right, by the verdicts on their orders; see docs/feedback.md."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from iot_maint.domain.catalog import GATEWAY_SILENT, SENSOR_SILENT
from iot_maint.domain.feedback import EndedOrder
from iot_maint.domain.verdicts import Verdict

Z_95 = 1.959963984540054  # of the normal distribution, two-sided 95 %
# Fault modes whose claim is that the data is wrong: a broken sensor proves them right.
ABOUT_DATA = frozenset({SENSOR_SILENT, GATEWAY_SILENT})


class Outcome(StrEnum):
    """Whether whoever raised the order was right."""

    CONFIRMED = "confirmed"
    FALSE = "false"
    UNJUDGED = "unjudged"


def outcome_of(order: EndedOrder) -> Outcome:
    """What its verdict makes of it.

    A real fault confirms, also one of another fault mode: somebody had to go.  Nothing found is false: somebody went
    for nothing.  A broken sensor is false for whoever spoke of the machine, and confirms whoever spoke of the data.
    """
    if order.verdict is None:
        return Outcome.UNJUDGED
    if order.verdict is Verdict.SENSOR_FAULT:
        return Outcome.CONFIRMED if order.fault_mode in ABOUT_DATA else Outcome.FALSE
    return Outcome.CONFIRMED if order.verdict is Verdict.REAL_FAULT else Outcome.FALSE


def lead_time(order: EndedOrder) -> timedelta | None:
    """From the alarm to the fault's recorded time, of real faults alone; negative when the alarm came after it.

    That time is the failure, else when somebody first arrived, else when the work was finished or the order ended.
    """
    if order.verdict is not Verdict.REAL_FAULT:
        return None
    known = (order.failed_at, order.attended_at, order.finished_at)
    return next((at for at in known if at is not None), order.ended_at) - order.raised_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Ended orders counted: each verdict, the outcomes, and lead times in seconds, ascending.

    `wrong_mode`: confirmed, but of another fault mode.  `failures`: lead times that end at a recorded failure.
    """

    closed: int
    verdicts: Mapping[Verdict, int]
    confirmed: int
    false: int
    wrong_mode: int
    failures: int
    lead_times_s: tuple[float, ...]

    @property
    def judged(self) -> int:
        """With whichever verdict."""
        return self.confirmed + self.false

    @property
    def precision(self) -> float | None:
        """confirmed ÷ (confirmed + false); unjudged ones are left out."""
        return self.confirmed / self.judged if self.judged else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Where the true precision lies with 95 % confidence."""
        return wilson(self.confirmed, self.judged) if self.judged else None

    @property
    def coverage(self) -> float | None:
        """judged ÷ closed."""
        return self.judged / self.closed if self.closed else None


def tally(orders: Iterable[EndedOrder]) -> Tally:
    """Count them."""
    given = list(orders)
    outcomes = Counter(outcome_of(order) for order in given)
    said = Counter(order.verdict for order in given)
    real = [order for order in given if order.verdict is Verdict.REAL_FAULT]
    leads = [span.total_seconds() for order in real if (span := lead_time(order)) is not None]
    return Tally(
        closed=len(given),
        verdicts={verdict: said[verdict] for verdict in Verdict},
        confirmed=outcomes[Outcome.CONFIRMED],
        false=outcomes[Outcome.FALSE],
        wrong_mode=sum(order.found_mode is not None for order in real),
        failures=sum(order.failed_at is not None for order in real),
        lead_times_s=tuple(sorted(leads)),
    )


def wilson(successes: int, trials: int, z: float = Z_95) -> tuple[float, float]:
    """The score interval of a share (Wilson 1927): honest for few trials, and never outside of 0 to 1."""
    share = successes / trials
    spread = 1 + z * z / trials
    middle = (share + z * z / (2 * trials)) / spread
    half = z / spread * math.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    # At 0 and 1 rounding would put the share itself a hair outside.
    return max(0.0, min(share, middle - half)), min(1.0, max(share, middle + half))


def quantile(ascending: Sequence[float], share: float) -> float:
    """The value below which that share lies, linear between neighbours; of at least one value."""
    place = share * (len(ascending) - 1)
    below = math.floor(place)
    above = min(below + 1, len(ascending) - 1)
    return ascending[below] + (place - below) * (ascending[above] - ascending[below])
