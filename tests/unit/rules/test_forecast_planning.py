"""What a day's forecast means for the fault's order."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from iot_maint.domain.forecasts import Forecast
from iot_maint.domain.maintenance_windows import Window
from iot_maint.domain.work_orders import EntryKind, Origin, TimelineEntry, Transition, WorkOrder, WorkOrderStatus
from iot_maint.rules.forecast_planning import (
    AT_ONCE,
    ForecastDecision,
    MoveOrder,
    NoteForecast,
    NothingToPlan,
    PlanOrder,
    WithdrawOrder,
    plan_forecast,
)
from tests.builders import a_work_order
from tests.forecast_stories import MODE, START, a_forecast

NOW = START
LEAD = timedelta(days=7)


def night(day: int) -> Window:
    start = START + timedelta(days=day, hours=14)
    return Window(start=start, end=start + timedelta(hours=8))


NIGHTS = tuple(night(day) for day in range(20))


def forecast(p10: float, since: float = -10) -> Forecast:
    return a_forecast(NOW + timedelta(days=p10), now=NOW, since=NOW + timedelta(days=since))


def decide(
    made: Forecast | None,
    latest: WorkOrder | None = None,
    *,
    after: float = 0,
    within: timedelta | None = None,
    windows: Sequence[Window] = NIGHTS,
) -> ForecastDecision:
    now = NOW + timedelta(days=after)
    ahead = [window for window in windows if window.end > now]
    return plan_forecast(made, latest, ahead, now=now, lead_time=LEAD, plan_within=within)


def planned(window: Window, status: WorkOrderStatus = WorkOrderStatus.PLANNED) -> WorkOrder:
    order = a_work_order(fault_mode=MODE, origin=Origin.FORECAST, status=status, opened_at=NOW)
    entry = TimelineEntry(kind=EntryKind.PLANNED, at=NOW, recorded_at=NOW, by="rules")
    return replace(order, planned_for=window.start, planned_until=window.end, timeline=(entry,))


def stepped(order: WorkOrder, transition: Transition, at: float) -> WorkOrder:
    entry = TimelineEntry(
        kind=EntryKind.TRANSITION,
        at=NOW + timedelta(days=at),
        recorded_at=NOW + timedelta(days=at),
        by="王工",
        transition=transition,
    )
    return replace(order, timeline=(*order.timeline, entry))


def test_within_the_lead_time_it_is_planned_into_the_last_window_before_p10() -> None:
    assert decide(forecast(5)) == PlanOrder(window=night(4), previous=None)


def test_beyond_the_lead_time_nothing_is_ordered_yet() -> None:
    assert decide(forecast(7.5)) == NothingToPlan()
    assert decide(None) == NothingToPlan()


def test_it_is_planned_no_later_than_its_urgency_lets_it_wait() -> None:
    assert decide(forecast(6), within=timedelta(days=2)) == PlanOrder(window=night(1), previous=None)


def test_a_window_that_only_begins_before_p10_is_better_than_none() -> None:
    assert decide(forecast(0.7)) == PlanOrder(window=night(0), previous=None)


def test_with_no_window_before_p10_it_is_planned_at_once() -> None:
    at_once = PlanOrder(window=Window(start=NOW, end=NOW + AT_ONCE), previous=None)
    assert decide(forecast(0.2)) == at_once
    assert decide(forecast(5), windows=()) == at_once


def test_it_moves_earlier_when_its_window_no_longer_lies_before_p10() -> None:
    assert decide(forecast(3), planned(night(4))) == MoveOrder(number="WO-20260101-0001", window=night(2))


def test_it_moves_later_only_for_two_days_or_more() -> None:
    assert decide(forecast(6), planned(night(4))) == NothingToPlan()
    assert decide(forecast(8), planned(night(4))) == MoveOrder(number="WO-20260101-0001", window=night(7))


def test_it_moves_on_when_its_window_went_by_but_not_while_work_may_be_under_way() -> None:
    order = planned(night(1))
    assert decide(forecast(5), order, after=1.7) == NothingToPlan()
    assert decide(forecast(5), order, after=2) == MoveOrder(number="WO-20260101-0001", window=night(4))


def test_how_long_it_may_wait_counts_from_when_it_was_planned() -> None:
    order = planned(night(1))
    assert decide(forecast(6), order, after=1, within=timedelta(days=2)) == NothingToPlan()


def test_once_somebody_has_taken_it_up_it_stays() -> None:
    for status in (WorkOrderStatus.DISPATCHED, WorkOrderStatus.IN_PROGRESS, WorkOrderStatus.COMPLETED):
        assert decide(forecast(1), planned(night(4), status)) == NothingToPlan()
        assert decide(None, planned(night(4), status)) == NothingToPlan()


def test_when_the_growth_is_gone_the_plan_is_withdrawn() -> None:
    assert decide(None, planned(night(4))) == WithdrawOrder(number="WO-20260101-0001")


def test_an_order_that_an_alarm_opened_is_told_once() -> None:
    order = a_work_order(fault_mode=MODE, status=WorkOrderStatus.OPEN)
    assert decide(forecast(30), order) == NoteForecast(number=order.number)
    said = TimelineEntry(kind=EntryKind.FORECAST_ADDED, at=NOW, recorded_at=NOW, by="rules")
    assert decide(forecast(30), replace(order, timeline=(said,))) == NothingToPlan()


@pytest.mark.parametrize("ending", [Transition.CANCEL, Transition.CLOSE])
def test_who_ended_an_order_is_asked_again_only_for_what_began_after_it(ending: Transition) -> None:
    ended = stepped(planned(night(4), WorkOrderStatus.CANCELLED), ending, at=-3)
    assert decide(forecast(5, since=-10), ended) == NothingToPlan()
    assert decide(forecast(5, since=-2), ended) == PlanOrder(window=night(4), previous=ended.number)


def test_what_the_rules_withdrew_may_be_planned_again() -> None:
    order = planned(night(4), WorkOrderStatus.CANCELLED)
    gone = TimelineEntry(kind=EntryKind.WITHDRAWN, at=NOW, recorded_at=NOW, by="rules")
    withdrawn = replace(order, timeline=(*order.timeline, gone))
    assert decide(forecast(5), withdrawn) == PlanOrder(window=night(4), previous=order.number)
