"""Which time is healthy, told by alarms, orders and replacements alone."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from iot_maint.domain.alarms import Alarm, AlarmKey
from iot_maint.domain.catalog import SENSOR_SILENT, Severity
from iot_maint.domain.equipment import PartReplacement
from iot_maint.domain.instants import epoch_ms
from iot_maint.domain.verdicts import Judgement, Verdict
from iot_maint.domain.work_orders import EntryKind, Origin, TimelineEntry, Transition, WorkOrder, WorkOrderStatus
from iot_maint.services.training.healthy import Reason, Span, healthy_bins, unhealthy_spans
from tests.builders import T0, a_work_order

ZONE = ZoneInfo("Asia/Shanghai")
NOW = T0 + timedelta(days=60)
BEFORE, AFTER = timedelta(days=3), timedelta(days=1)
DAY = timedelta(days=1)


def an_alarm(fault_mode: str = "PMP-BEAR", cleared: datetime | None = T0 + DAY) -> Alarm:
    return Alarm(
        id=1,
        key=AlarmKey(equipment="P-1", fault_mode=fault_mode, raised_at=T0),
        site="s1",
        severity=Severity.WARNING,
        onset_at=T0,
        rules=(),
        cleared_at=cleared,
    )


def an_order(*steps: tuple[Transition, float], origin: Origin = Origin.ALARM, status: str = "open") -> WorkOrder:
    """Opened at T0 with its onset there; steps are (what, days after)."""
    timeline = tuple(
        TimelineEntry(
            kind=EntryKind.TRANSITION,
            at=T0 + timedelta(days=days),
            recorded_at=T0 + timedelta(days=days),
            by="fitter",
            transition=step,
        )
        for step, days in steps
    )
    return a_work_order(
        origin=origin, status=WorkOrderStatus(status), timeline=timeline, opened_at=T0 + timedelta(minutes=10)
    )


def spans(
    *orders: WorkOrder, alarms: tuple[Alarm, ...] = (), replacements: tuple[PartReplacement, ...] = ()
) -> list[tuple[Reason, datetime, datetime]]:
    found = unhealthy_spans(alarms, orders, replacements, until=NOW, zone=ZONE)
    epoch = T0 - timedelta(milliseconds=epoch_ms(T0))
    return [
        (one.reason, epoch + timedelta(milliseconds=one.start_ms), epoch + timedelta(milliseconds=one.end_ms))
        for one in found
    ]


def test_an_alarm_counts_from_before_its_onset_until_after_its_clearing() -> None:
    assert spans(alarms=(an_alarm(),)) == [(Reason.ALARM, T0 - BEFORE, T0 + DAY + AFTER)]
    assert spans(alarms=(an_alarm(cleared=None),)) == [(Reason.ALARM, T0 - BEFORE, NOW + AFTER)]


def test_a_silence_is_a_fault_of_the_data_and_needs_no_margin() -> None:
    assert spans(alarms=(an_alarm(SENSOR_SILENT),)) == [(Reason.DATA_FAULT, T0, T0 + DAY)]


def test_an_order_counts_until_it_was_completed_though_it_is_closed_later() -> None:
    order = an_order((Transition.ARRIVE, 4), (Transition.COMPLETE, 5), (Transition.CLOSE, 20), status="closed")

    assert spans(order) == [
        (Reason.ORDER, T0 - BEFORE, T0 + 5 * DAY + AFTER),
        (Reason.MAINTENANCE, T0 + 4 * DAY, T0 + 5 * DAY + AFTER),
    ]


def test_an_order_that_was_reopened_was_not_mended_before() -> None:
    order = an_order(
        (Transition.ARRIVE, 4), (Transition.COMPLETE, 5), (Transition.REOPEN, 8), (Transition.CLOSE, 9), status="closed"
    )

    assert (Reason.ORDER, T0 - BEFORE, T0 + 9 * DAY + AFTER) in spans(order)


def judged(order: WorkOrder, verdict: Verdict) -> WorkOrder:
    return replace(order, judgement=Judgement(verdict=verdict, at=T0 + 6 * DAY, by="chief"))


@pytest.mark.parametrize("verdict", [Verdict.FALSE_ALARM, Verdict.NOT_FOUND])
def test_an_order_behind_which_nothing_was_costs_the_work_alone_and_its_alarm_nothing(verdict: Verdict) -> None:
    steps = ((Transition.ARRIVE, 4), (Transition.COMPLETE, 5), (Transition.CLOSE, 6))
    order = judged(an_order(*steps, status="closed"), verdict)

    assert spans(order, alarms=(an_alarm(order.fault_mode),)) == [
        (Reason.MAINTENANCE, T0 + 4 * DAY, T0 + 5 * DAY + AFTER)
    ]
    of_another_fault = (Reason.ALARM, T0 - BEFORE, T0 + DAY + AFTER)
    assert of_another_fault in spans(order, alarms=(an_alarm(),))


@pytest.mark.parametrize("verdict", [Verdict.REAL_FAULT, Verdict.SENSOR_FAULT])
def test_a_fault_of_the_machine_or_of_its_sensor_stays_out(verdict: Verdict) -> None:
    order = judged(an_order((Transition.COMPLETE, 5), status="completed"), verdict)

    assert (Reason.ORDER, T0 - BEFORE, T0 + 5 * DAY + AFTER) in spans(order)


def test_an_alarm_in_shadow_costs_no_time() -> None:
    alarm = an_alarm()
    assert spans(alarms=(replace(alarm, key=replace(alarm.key, shadow=True)),)) == []


def test_an_open_order_lasts_until_now() -> None:
    assert spans(an_order((Transition.DISPATCH, 1), status="dispatched")) == [(Reason.ORDER, T0 - BEFORE, NOW + AFTER)]


def test_a_planned_service_counts_only_while_somebody_works() -> None:
    plan = an_order((Transition.ARRIVE, 10), (Transition.COMPLETE, 10.5), origin=Origin.PLAN, status="completed")

    assert spans(plan) == [(Reason.MAINTENANCE, T0 + 10 * DAY, T0 + 10.5 * DAY + AFTER)]
    assert spans(an_order(origin=Origin.PLAN, status="planned")) == []


def test_the_day_of_a_replacement_is_the_sites_day() -> None:
    part = PartReplacement(
        part="bearing", quantity=1, replaced_on=date(2026, 1, 11), work_order=None, note="", recorded_by="fitter"
    )

    midnight = T0 + 10 * DAY - timedelta(hours=8)
    assert spans(replacements=(part,)) == [(Reason.MAINTENANCE, midnight, midnight + DAY + AFTER)]


def test_a_bin_that_touches_a_span_is_out_and_counts_for_one_reason() -> None:
    ends = np.arange(10, 110, 10, dtype=np.int64)  # bins of 10 ms: (0, 10] … (90, 100]

    healthy, left_out = healthy_bins(
        ends,
        10,
        [
            Span(start_ms=25, end_ms=41, reason=Reason.ALARM),
            Span(start_ms=35, end_ms=40, reason=Reason.MAINTENANCE),
            Span(start_ms=80, end_ms=90, reason=Reason.ALARM),
            Span(start_ms=500, end_ms=900, reason=Reason.ORDER),
        ],
    )

    assert [int(end) for end, kept in zip(ends, healthy, strict=True) if kept] == [10, 20, 60, 70, 80, 100]
    assert left_out == {Reason.MAINTENANCE: 1, Reason.ALARM: 3}
