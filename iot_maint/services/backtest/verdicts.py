"""Alarms of a backtest against known faults: which found one, how early, and which were false."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from iot_maint.domain.alarms import AlarmEvent, AlarmEventKind, AlarmKey
from iot_maint.domain.catalog import Severity
from iot_maint.domain.instants import epoch_ms
from iot_maint.services.backtest.coverage import Coverage
from iot_maint.services.feedback.faults import KnownFault, Labels

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """One alarm from its raise to its clearing (None: it stands at the end).

    `joined`: when each rule first held it up.  `fault` is the one that it found.  `undecided`: an order says of it what
    nobody has confirmed.
    """

    key: AlarmKey
    site: str
    onset_at: datetime
    cleared_at: datetime | None
    severity: Severity
    joined: Mapping[str, datetime]
    fault: KnownFault | None
    undecided: bool

    @property
    def is_false(self) -> bool:
        """Whether it found nothing, as far as anybody knows."""
        return self.fault is None and not self.undecided

    @property
    def rules(self) -> tuple[str, ...]:
        """Every rule that ever held it up."""
        return tuple(self.joined)


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultFound:
    """A known fault, and the first alarm that found it (None: none did)."""

    fault: KnownFault
    by: Episode | None

    @property
    def lead(self) -> timedelta | None:
        """From the raise to the failure."""
        return None if self.by is None else self.fault.failure - self.by.key.raised_at


@dataclass(frozen=True, slots=True, kw_only=True)
class EquipmentFigures:
    """What one piece of equipment came to."""

    coverage: Coverage
    alarms: int
    false_alarms: int
    undecided: int
    alarmed_ms: int

    @property
    def share_in_alarm(self) -> float:
        """Of the time from its first to its last message."""
        span_ms = self.coverage.last_ms - self.coverage.first_ms
        return self.alarmed_ms / span_ms if span_ms else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """All equipment together.  `false_per_month_at_most`: the true rate is below it with 95 % confidence.

    `undecided` alarms are of orders without a verdict: neither false nor right.
    """

    alarms: int
    false_alarms: int
    undecided: int
    device_months: float
    false_per_month: float | None
    false_per_month_at_most: float | None
    share_in_alarm: float
    faults: int
    found: int
    median_lead: timedelta | None


def is_false(key: AlarmKey, labels: Labels) -> bool:
    """Whether an alarm found nothing that is known or undecided; a wrong fault mode has found nothing."""
    return _fault_of(key, (*labels.faults, *labels.undecided)) is None


def episodes_of(events: Iterable[AlarmEvent], labels: Labels) -> tuple[Episode, ...]:
    """The alarms that the events tell of, by raise, equipment and fault mode."""
    told: dict[AlarmKey, list[AlarmEvent]] = defaultdict(list)
    for event in events:
        told[event.key].append(event)
    episodes = [_episode(key, of_one, labels) for key, of_one in told.items()]
    return tuple(sorted(episodes, key=lambda one: (one.key.raised_at, one.key.equipment, one.key.fault_mode)))


def faults_found(faults: Sequence[KnownFault], episodes: Sequence[Episode]) -> tuple[FaultFound, ...]:
    """Each known fault with the first alarm that found it."""
    first: dict[KnownFault, Episode] = {}
    for episode in episodes:
        if episode.fault is not None:
            first.setdefault(episode.fault, episode)
    return tuple(FaultFound(fault=fault, by=first.get(fault)) for fault in faults)


def figures_by_equipment(coverage: Sequence[Coverage], episodes: Sequence[Episode]) -> tuple[EquipmentFigures, ...]:
    """In the order of the coverage."""
    by_code: dict[str, list[Episode]] = defaultdict(list)
    for episode in episodes:
        by_code[episode.key.equipment].append(episode)
    return tuple(
        EquipmentFigures(
            coverage=one,
            alarms=len(by_code[one.equipment]),
            false_alarms=sum(episode.is_false for episode in by_code[one.equipment]),
            undecided=sum(episode.undecided for episode in by_code[one.equipment]),
            alarmed_ms=_alarmed_ms(by_code[one.equipment], one),
        )
        for one in coverage
    )


def figures_of(equipment: Sequence[EquipmentFigures], found: Sequence[FaultFound]) -> Figures:
    """The sums, and the rates that follow."""
    months = sum(one.coverage.months for one in equipment)
    false = sum(one.false_alarms for one in equipment)
    span_ms = sum(one.coverage.last_ms - one.coverage.first_ms for one in equipment)
    leads = sorted(one.lead for one in found if one.lead is not None)
    return Figures(
        alarms=sum(one.alarms for one in equipment),
        false_alarms=false,
        undecided=sum(one.undecided for one in equipment),
        device_months=months,
        false_per_month=false / months if months else None,
        false_per_month_at_most=rate_at_most(false, months) if months else None,
        share_in_alarm=sum(one.alarmed_ms for one in equipment) / span_ms if span_ms else 0.0,
        faults=len(found),
        found=len(leads),
        median_lead=(leads[(len(leads) - 1) // 2] + leads[len(leads) // 2]) / 2 if leads else None,
    )


def rate_at_most(events: int, months: float, confidence: float = CONFIDENCE) -> float:
    """The exact one-sided upper bound of a Poisson rate: at any higher one, so few events were less likely than 5 %."""
    low, high = 0.0, 10.0 + 3 * events
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _poisson_at_most(events, middle) > 1 - confidence else (low, middle)
    return high / months


def _poisson_at_most(events: int, mean: float) -> float:
    """The probability of so many or fewer."""
    if mean == 0:
        return 1.0
    return math.fsum(math.exp(k * math.log(mean) - mean - math.lgamma(k + 1)) for k in range(events + 1))


def _fault_of(key: AlarmKey, faults: Iterable[KnownFault]) -> KnownFault | None:
    return next((one for one in faults if one.covers(key.equipment, key.fault_mode, key.raised_at)), None)


def _episode(key: AlarmKey, events: Sequence[AlarmEvent], labels: Labels) -> Episode:
    cleared = next((event.finding.at for event in events if event.kind is AlarmEventKind.CLEARED), None)
    joined: dict[str, datetime] = {}
    for event in events:
        joined.setdefault(event.finding.rule, event.finding.at)
    fault = _fault_of(key, labels.faults)
    return Episode(
        key=key,
        site=events[0].site,
        onset_at=events[0].onset_at,
        cleared_at=cleared,
        severity=max((event.severity for event in events), key=lambda severity: severity.rank),
        joined=joined,
        fault=fault,
        undecided=fault is None and _fault_of(key, labels.undecided) is not None,
    )


def _alarmed_ms(episodes: Sequence[Episode], coverage: Coverage) -> int:
    """The time in which at least one alarm stood, within the coverage."""
    total, until = 0, coverage.first_ms
    for episode in episodes:  # by raise
        start = max(epoch_ms(episode.key.raised_at), until)
        end = coverage.last_ms if episode.cleared_at is None else min(epoch_ms(episode.cleared_at), coverage.last_ms)
        total += max(0, end - start)
        until = max(until, end)
    return total
