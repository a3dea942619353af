"""Which time was healthy: not while something was wrong, being mended or mismeasured, nor shortly before and after."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from iot_maint.domain.alarms import Alarm
from iot_maint.domain.catalog import GATEWAY_SILENT, SENSOR_SILENT
from iot_maint.domain.columns import Integers
from iot_maint.domain.equipment import PartReplacement
from iot_maint.domain.instants import epoch_ms
from iot_maint.domain.verdicts import Verdict
from iot_maint.domain.work_orders import ENDED, EntryKind, Origin, Transition, WorkOrder

# A fault shows in the data before it passes a limit, and what was mended has to run in.
BEFORE_ONSET = timedelta(days=3)
AFTER_END = timedelta(days=1)
_OF_THE_DATA = frozenset({SENSOR_SILENT, GATEWAY_SILENT})
_NOTHING_THERE = frozenset({Verdict.FALSE_ALARM, Verdict.NOT_FOUND})


class Reason(StrEnum):
    """Why a bin was left out; where several hold, the first of these."""

    NO_DATA = "no_data"
    DATA_FAULT = "data_fault"
    MAINTENANCE = "maintenance"
    ORDER = "order"
    ALARM = "alarm"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """[start_ms, end_ms) that is not healthy."""

    start_ms: int
    end_ms: int
    reason: Reason


def unhealthy_spans(
    alarms: Iterable[Alarm],
    orders: Iterable[WorkOrder],
    replacements: Iterable[PartReplacement],
    *,
    until: datetime,
    zone: ZoneInfo,
) -> list[Span]:
    """With their margins; what still stands lasts to `until`.  `zone`: the site's, for days of replacements.

    What people found nothing behind was healthy: such orders cost no time, nor do the alarms that they were for, but
    the work on them does.  Nor do alarms of sources in shadow, which nobody believes yet.
    """
    known = tuple(orders)
    groundless = [order for order in known if _is_groundless(order)]
    spans = [
        _of_alarm(alarm, until)
        for alarm in alarms
        if not alarm.key.shadow and not any(_was_for(order, alarm, until) for order in groundless)
    ]
    for order in known:
        spans += _of_order(order, until)
    spans += [_of_replacement(one, zone) for one in replacements]
    return sorted(spans, key=lambda span: (span.start_ms, span.end_ms, span.reason))


def healthy_bins(at_ms: Integers, bin_ms: int, spans: Sequence[Span]) -> tuple[NDArray[np.bool_], dict[Reason, int]]:
    """Which bins that end at `at_ms` touch no span, and how many of the others each reason took first."""
    left_out: dict[Reason, int] = {}
    healthy = np.ones(len(at_ms), dtype=np.bool_)
    for reason in Reason:
        touched = np.zeros(len(at_ms) + 1, dtype=np.int64)
        for span in spans:
            if span.reason is reason:
                # Those that end after its start, up to the one that begins before its end.
                touched[np.searchsorted(at_ms, span.start_ms, side="right")] += 1
                touched[np.searchsorted(at_ms, span.end_ms + bin_ms, side="left")] -= 1
        taken = (np.cumsum(touched[:-1]) > 0) & healthy
        if taken.any():
            left_out[reason] = int(taken.sum())
            healthy &= ~taken
    return healthy, left_out


def _of_alarm(alarm: Alarm, until: datetime) -> Span:
    end = alarm.cleared_at or until
    if alarm.key.fault_mode in _OF_THE_DATA:
        return _span(alarm.onset_at, end, Reason.DATA_FAULT)
    return _span(alarm.onset_at - BEFORE_ONSET, end + AFTER_END, Reason.ALARM)


def _of_order(order: WorkOrder, until: datetime) -> Iterator[Span]:
    """An order stands for a fault until it is mended; one by plan means work, from the arrival on."""
    work = list(_working(order, until))
    for start, end in work:
        yield _span(start, end + AFTER_END, Reason.MAINTENANCE)
    is_fault = order.origin is not Origin.PLAN and order.fault_mode not in _OF_THE_DATA
    if is_fault and not _is_groundless(order):
        yield _span(order.onset_at - BEFORE_ONSET, _mended(order, until) + AFTER_END, Reason.ORDER)


def _is_groundless(order: WorkOrder) -> bool:
    """Somebody looked and found nothing.  A broken sensor is no healthy history either."""
    return order.judgement is not None and order.judgement.verdict in _NOTHING_THERE


def _was_for(order: WorkOrder, alarm: Alarm, until: datetime) -> bool:
    same = order.fault_mode == alarm.key.fault_mode
    return same and order.onset_at <= alarm.key.raised_at <= _mended(order, until)


def _working(order: WorkOrder, until: datetime) -> Iterator[tuple[datetime, datetime]]:
    began: datetime | None = None
    for entry in order.timeline:
        if entry.transition is Transition.ARRIVE:
            began = began or entry.at
        elif began is not None and entry.transition in (Transition.COMPLETE, Transition.CANCEL, Transition.CLOSE):
            yield began, entry.at
            began = None
    if began is not None:
        yield began, until


def _mended(order: WorkOrder, until: datetime) -> datetime:
    """When it was completed or ended for the last time; still open, it lasts."""
    mended: datetime | None = None
    for entry in order.timeline:
        if entry.kind is EntryKind.REOPENED or entry.transition is Transition.REOPEN:
            mended = None
        elif entry.transition in (Transition.COMPLETE, Transition.CANCEL, Transition.CLOSE):
            mended = mended or entry.at
    if mended is None and order.status in ENDED and order.timeline:
        mended = order.timeline[-1].at
    return mended or until


def _of_replacement(replacement: PartReplacement, zone: ZoneInfo) -> Span:
    day = datetime.combine(replacement.replaced_on, time(), zone)
    return _span(day, day + timedelta(days=1) + AFTER_END, Reason.MAINTENANCE)


def _span(start: datetime, end: datetime, reason: Reason) -> Span:
    return Span(start_ms=epoch_ms(start), end_ms=epoch_ms(end), reason=reason)
