"""Orders and forecasts against the fleet's truth: event recall, false orders, lead time, coverage of intervals.

An event is found by an order on its equipment and fault mode between onset and failure; a step fault within an hour of
its onset.  False is any other order that an alarm or a forecast made, one of a wrong fault mode included.  Orders
of another origin (a plan, a report, a person) say nothing about detection and do not count.
"""

import math
import statistics
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from firmware_sim.fleet import Fault, Truth
from firmware_sim.fleet.scenario import FaultKind

COUNTED_ORIGINS = frozenset({"alarm", "forecast"})
_HOUR_MS, _DAY_MS = 3_600_000, 86_400_000
_DAYS_PER_MONTH = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A work order; `opened_ms` in event time."""

    equipment: str
    fault_mode: str
    opened_ms: int
    origin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """When the limit of `severity` is reached, by a forecast made at `made_ms`; `p90_ms` None: not to be foreseen."""

    equipment: str
    fault_mode: str
    made_ms: int
    p10_ms: int
    p90_ms: int | None
    severity: str = "critical"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A fault, and the first order that found it, if any did."""

    fault: Fault
    order: Order | None

    @property
    def lead_ms(self) -> int | None:
        """From the order to the functional failure."""
        return None if self.order is None else self.fault.failure_ms - self.order.opened_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What one or several runs came to.  `covered`: of each fault with forecasts, the share that held its date."""

    found: tuple[Found, ...]
    false: tuple[Order, ...]
    covered: tuple[float, ...]
    device_months: float

    @property
    def recall(self) -> float:
        """Share of the faults that were found; NaN without faults."""
        return _share(one.order is not None for one in self.found)

    def recall_of(self, kind: FaultKind) -> float:
        """Of the slow or of the step faults alone."""
        return _share(one.order is not None for one in self.found if one.fault.kind is kind)

    @property
    def false_per_device_month(self) -> float:
        return len(self.false) / self.device_months if self.device_months else math.nan

    @property
    def median_lead_h(self) -> float:
        """Hours before functional failure, of the slow faults that were found; NaN without any."""
        slow = [one for one in self.found if one.fault.kind is FaultKind.SLOW]
        leads = [one.lead_ms for one in slow if one.lead_ms is not None]
        return statistics.median(leads) / _HOUR_MS if leads else math.nan

    @property
    def coverage(self) -> float:
        """Share of p10–p90 intervals that hold the true date, averaged per fault; NaN without forecasts."""
        return statistics.fmean(self.covered) if self.covered else math.nan


def tally(
    orders: Iterable[Order], truth: Truth, *, devices: int, days: float, forecasts: Iterable[Forecast] = ()
) -> Tally:
    """One run's orders and forecasts against its truth."""
    by_cause: dict[tuple[str, str], list[Order]] = defaultdict(list)
    for order in sorted(orders, key=lambda one: one.opened_ms):
        if order.origin in COUNTED_ORIGINS:
            by_cause[order.equipment, order.fault_mode].append(order)
    windows: dict[tuple[str, str], list[Fault]] = defaultdict(list)
    for fault in truth.faults:
        windows[fault.equipment, fault.fault_mode].append(fault)
    return Tally(
        found=tuple(Found(fault=fault, order=_first(fault, by_cause[_cause(fault)])) for fault in truth.faults),
        false=tuple(
            order
            for cause, opened in by_cause.items()
            for order in opened
            if not any(fault.onset_ms <= order.opened_ms <= fault.failure_ms for fault in windows.get(cause, ()))
        ),
        covered=_coverage(truth, forecasts),
        device_months=devices * days / _DAYS_PER_MONTH,
    )


def joined(tallies: Sequence[Tally]) -> Tally:
    """Several runs as one."""
    return Tally(
        found=tuple(one for each in tallies for one in each.found),
        false=tuple(one for each in tallies for one in each.false),
        covered=tuple(one for each in tallies for one in each.covered),
        device_months=sum(each.device_months for each in tallies),
    )


def _cause(fault: Fault) -> tuple[str, str]:
    return fault.equipment, fault.fault_mode


def _first(fault: Fault, orders: Sequence[Order]) -> Order | None:
    until = fault.onset_ms + _HOUR_MS if fault.kind is FaultKind.STEP else fault.failure_ms
    return next((order for order in orders if fault.onset_ms <= order.opened_ms <= until), None)


def _coverage(truth: Truth, forecasts: Iterable[Forecast]) -> tuple[float, ...]:
    """Of each fault with forecasts, in the truth's order: one a day counts, the first of each day after the first."""
    by_cause: dict[tuple[str, str], list[Forecast]] = defaultdict(list)
    for forecast in sorted(forecasts, key=lambda one: one.made_ms):
        by_cause[forecast.equipment, forecast.fault_mode].append(forecast)
    covered = []
    for fault in truth.faults:
        held: dict[int, bool] = {}
        first_ms: int | None = None
        for forecast in by_cause[_cause(fault)]:
            reached_ms = _reached_ms(fault, forecast.severity)
            if reached_ms is None or not fault.onset_ms <= forecast.made_ms < reached_ms:
                continue
            first_ms = forecast.made_ms if first_ms is None else first_ms
            day = (forecast.made_ms - first_ms) // _DAY_MS
            held.setdefault(day, _holds(forecast, reached_ms))
        if held:
            covered.append(_share(held.values()))
    return tuple(covered)


def _reached_ms(fault: Fault, severity: str) -> int | None:
    crossing = fault.critical if severity == "critical" else fault.warning
    return None if crossing is None else crossing.at_ms


def _holds(forecast: Forecast, reached_ms: int) -> bool:
    return forecast.p10_ms <= reached_ms and (forecast.p90_ms is None or reached_ms <= forecast.p90_ms)


def _share(answers: Iterable[bool]) -> float:
    known = list(answers)
    return sum(known) / len(known) if known else math.nan
