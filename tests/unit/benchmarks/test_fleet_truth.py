"""How orders and forecasts are judged: each rule of the figures, by an example."""

import math

import pytest

from benchmarks.fleet_truth import Forecast, Order, Tally, joined, tally
from firmware_sim.fleet import Crossing, Fault, Truth
from firmware_sim.fleet.scenario import FaultKind

HOUR, DAY = 3_600_000, 86_400_000
ONSET = 30 * DAY


def a_fault(
    kind: FaultKind = FaultKind.SLOW, equipment: str = "BP-1", mode: str = "PMP-BEAR", onset: int = ONSET
) -> Fault:
    """Slow: the critical limit after 10 days and failure after 12; step: at once, and failure after 4 hours."""
    slow = kind is FaultKind.SLOW
    limit, failure = (10 * DAY, 12 * DAY) if slow else (5 * 60_000, 4 * HOUR)
    warning = Crossing(metric="vib_rms", above=True, value=5.1, at_ms=onset + limit // 2)
    return Fault(
        equipment=equipment,
        fault_mode=mode,
        scenario="bearing",
        kind=kind,
        onset_ms=onset,
        culprits=("vib_rms",),
        warning=warning,
        critical=Crossing(metric="vib_rms", above=True, value=8.5, at_ms=onset + limit),
        failure="vib_rms > 13",
        failure_ms=onset + failure,
        repaired_ms=onset + failure + 6 * HOUR,
    )


def an_order(opened: int, mode: str = "PMP-BEAR", equipment: str = "BP-1", origin: str = "alarm") -> Order:
    return Order(equipment=equipment, fault_mode=mode, opened_ms=opened, origin=origin)


def a_forecast(made: int, p10: int, p90: int | None, severity: str = "critical") -> Forecast:
    return Forecast(equipment="BP-1", fault_mode="PMP-BEAR", made_ms=made, p10_ms=p10, p90_ms=p90, severity=severity)


def judged(orders: list[Order], faults: list[Fault], forecasts: list[Forecast] | None = None) -> Tally:
    truth = Truth(faults=tuple(faults), benign=(), data_faults=())
    return tally(orders, truth, devices=60, days=90, forecasts=forecasts or [])


def test_an_order_between_onset_and_failure_finds_a_slow_fault_and_leads_it() -> None:
    result = judged([an_order(ONSET + 5 * DAY)], [a_fault()])
    assert (result.recall, result.false) == (1.0, ())
    assert result.median_lead_h == 7 * 24


def test_the_first_order_counts_for_the_lead_and_a_second_one_of_the_same_fault_is_not_false() -> None:
    result = judged([an_order(ONSET + 9 * DAY), an_order(ONSET + 2 * DAY, origin="forecast")], [a_fault()])
    assert result.false == ()
    assert result.median_lead_h == 10 * 24


@pytest.mark.parametrize(
    "order",
    [
        an_order(ONSET - 1),
        an_order(ONSET + 12 * DAY + 1),
        an_order(ONSET + DAY, mode="PMP-CAV"),
        an_order(ONSET + DAY, equipment="BP-2"),
    ],
    ids=["before onset", "after failure", "wrong fault mode", "another device"],
)
def test_any_other_order_is_false_and_finds_nothing(order: Order) -> None:
    result = judged([order], [a_fault()])
    assert result.recall == 0.0
    assert result.false == (order,)
    assert result.false_per_device_month == pytest.approx(1 / 180)
    assert math.isnan(result.median_lead_h)


@pytest.mark.parametrize("origin", ["plan", "report", "manual"])
def test_orders_that_no_alarm_and_no_forecast_made_do_not_count(origin: str) -> None:
    result = judged([an_order(ONSET + DAY, origin=origin), an_order(5 * DAY, origin=origin)], [a_fault()])
    assert (result.recall, result.false) == (0.0, ())


def test_a_step_fault_is_found_within_an_hour_only() -> None:
    step = a_fault(FaultKind.STEP)
    assert judged([an_order(ONSET + HOUR)], [step]).recall == 1.0
    late = judged([an_order(ONSET + HOUR + 1)], [step])
    assert late.recall == 0.0
    assert late.false == ()


def test_step_faults_have_no_say_in_the_lead_time() -> None:
    faults = [a_fault(), a_fault(FaultKind.STEP, equipment="BP-2")]
    result = judged([an_order(ONSET + 2 * DAY), an_order(ONSET + 60_000, equipment="BP-2")], faults)
    assert result.median_lead_h == 10 * 24
    assert result.recall_of(FaultKind.STEP) == result.recall_of(FaultKind.SLOW) == 1.0


def test_two_faults_of_one_mode_are_two_events() -> None:
    faults = [a_fault(), a_fault(onset=ONSET + 30 * DAY)]
    assert judged([an_order(ONSET + DAY)], faults).recall == 0.5


def test_one_forecast_a_day_counts_from_the_first_until_the_limit() -> None:
    limit = ONSET + 10 * DAY
    forecasts = [
        a_forecast(ONSET - DAY, limit - DAY, limit + DAY),  # before onset: nothing to be right about
        a_forecast(ONSET + DAY, limit - DAY, limit + DAY),
        a_forecast(ONSET + DAY + HOUR, limit + DAY, limit + 2 * DAY),  # the day's second
        a_forecast(ONSET + 2 * DAY, limit + DAY, limit + 2 * DAY),
        a_forecast(ONSET + 3 * DAY, limit - DAY, None),
        a_forecast(limit, limit, limit),  # the limit is reached
    ]
    assert judged([], [a_fault()], forecasts).coverage == pytest.approx(2 / 3)


def test_coverage_is_averaged_per_fault_and_a_forecast_may_be_of_the_warning() -> None:
    limit = ONSET + 10 * DAY
    other = a_fault(equipment="BP-2")
    many = [a_forecast(ONSET + day * DAY, limit, limit) for day in range(1, 9)]
    warned = Forecast(
        equipment="BP-2",
        fault_mode="PMP-BEAR",
        made_ms=ONSET + DAY,
        p10_ms=ONSET + 6 * DAY,
        p90_ms=ONSET + 7 * DAY,
        severity="warning",
    )
    assert judged([], [a_fault(), other], [*many, warned]).coverage == 0.5


def test_without_forecasts_there_is_no_coverage() -> None:
    assert math.isnan(judged([], [a_fault()]).coverage)


def test_runs_are_judged_together() -> None:
    both = joined([judged([an_order(ONSET + DAY)], [a_fault()]), judged([an_order(5)], [a_fault()])])
    assert both.recall == 0.5
    assert both.false_per_device_month == pytest.approx(1 / 360)
