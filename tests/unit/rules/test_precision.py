"""Precision, coverage and lead time, against the definitions counted by hand."""

import math
import statistics
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iot_maint.domain.feedback import EndedOrder
from iot_maint.domain.verdicts import Verdict
from iot_maint.rules.precision import Outcome, lead_time, outcome_of, quantile, tally, wilson
from tests.builders import DWELL, T0
from tests.feedback_builders import an_ended_order

RAISED = T0 + DWELL
HOUR = timedelta(hours=1)

ORDERS = st.builds(
    an_ended_order,
    st.sampled_from([None, *Verdict]),
    fault_mode=st.sampled_from(["PMP-BEAR", "SENSOR-SILENT", "GATEWAY-SILENT"]),
    found_mode=st.sampled_from([None, "PMP-CAV"]),
    failed_at=st.none() | st.integers(-48, 480).map(lambda hours: T0 + hours * HOUR),
    attended_at=st.none() | st.integers(0, 480).map(lambda hours: T0 + hours * HOUR),
)


@given(st.lists(ORDERS, max_size=40))
def test_the_counts_are_those_of_a_naive_count(orders: list[EndedOrder]) -> None:
    right = wrong = silent = 0
    for order in orders:
        if order.verdict is None:
            silent += 1
        elif order.verdict == "real_fault" or (order.verdict == "sensor_fault" and "SILENT" in order.fault_mode):
            right += 1
        else:
            wrong += 1
    counted = tally(orders)
    assert (counted.confirmed, counted.false, counted.closed - counted.judged) == (right, wrong, silent)
    assert counted.precision == (right / (right + wrong) if right + wrong else None)
    assert counted.coverage == ((right + wrong) / len(orders) if orders else None)
    for verdict in Verdict:
        assert counted.verdicts[verdict] == sum(order.verdict is verdict for order in orders)


@given(st.lists(ORDERS, max_size=20), st.lists(ORDERS, max_size=20))
def test_counts_of_two_halves_add_up(first: list[EndedOrder], second: list[EndedOrder]) -> None:
    one, other, both = tally(first), tally(second), tally([*first, *second])
    assert both.confirmed == one.confirmed + other.confirmed
    assert both.false == one.false + other.false
    assert both.lead_times_s == tuple(sorted((*one.lead_times_s, *other.lead_times_s)))


@given(st.integers(1, 200).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_ends_where_the_seen_share_would_be_196_deviations_away(counts: tuple[int, int]) -> None:
    successes, trials = counts
    low, high = wilson(successes, trials)
    assert 0 <= low <= successes / trials <= high <= 1
    for bound in (low, high):
        deviation = math.sqrt(bound * (1 - bound) / trials)
        assert abs(successes / trials - bound) == pytest.approx(1.959964 * deviation, abs=1e-5)


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=30).map(sorted))
def test_quartiles_are_those_of_the_standard_library(values: list[float]) -> None:
    assert [quantile(values, q / 4) for q in (1, 2, 3)] == pytest.approx(
        statistics.quantiles(values, n=4, method="inclusive"), rel=1e-9, abs=1e-9
    )


def test_one_value_is_all_its_quartiles() -> None:
    assert [quantile([7.0], share) for share in (0.25, 0.5, 0.75)] == [7.0, 7.0, 7.0]


@pytest.mark.parametrize(
    ("verdict", "fault_mode", "outcome"),
    [
        (Verdict.REAL_FAULT, "PMP-BEAR", Outcome.CONFIRMED),
        (Verdict.FALSE_ALARM, "PMP-BEAR", Outcome.FALSE),
        (Verdict.NOT_FOUND, "PMP-BEAR", Outcome.FALSE),
        (Verdict.SENSOR_FAULT, "PMP-BEAR", Outcome.FALSE),
        (Verdict.SENSOR_FAULT, "SENSOR-SILENT", Outcome.CONFIRMED),
        (Verdict.FALSE_ALARM, "SENSOR-SILENT", Outcome.FALSE),
        (None, "PMP-BEAR", Outcome.UNJUDGED),
    ],
)
def test_what_a_verdict_makes_of_an_order(verdict: Verdict | None, fault_mode: str, outcome: Outcome) -> None:
    assert outcome_of(an_ended_order(verdict, fault_mode=fault_mode)) is outcome


def test_another_fault_mode_confirms_and_is_counted_apart() -> None:
    counted = tally([an_ended_order(found_mode="PMP-CAV"), an_ended_order(), an_ended_order(Verdict.FALSE_ALARM)])
    assert (counted.confirmed, counted.wrong_mode, counted.precision) == (2, 1, 2 / 3)


def test_a_lead_time_ends_at_the_failure_else_at_the_first_that_is_known() -> None:
    ended = an_ended_order(ended_at=RAISED + 9 * HOUR)
    finished = replace(ended, finished_at=RAISED + 3 * HOUR)
    attended = replace(finished, attended_at=RAISED + 2 * HOUR)
    failed = replace(attended, failed_at=RAISED + HOUR)
    assert [lead_time(order) for order in (failed, attended, finished, ended)] == [HOUR, 2 * HOUR, 3 * HOUR, 9 * HOUR]


def test_an_alarm_after_the_failure_has_a_negative_lead_and_a_false_one_none() -> None:
    assert lead_time(an_ended_order(failed_at=RAISED - HOUR)) == -HOUR
    assert lead_time(an_ended_order(Verdict.FALSE_ALARM, attended_at=RAISED + HOUR)) is None
