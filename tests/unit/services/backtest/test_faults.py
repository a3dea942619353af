"""Which faults of closed orders a backtest is measured by, and what their verdicts say of them."""

from dataclasses import replace
from datetime import timedelta

import pytest

from iot_maint.domain.verdicts import Judgement, Verdict
from iot_maint.domain.work_orders import EntryKind, TimelineEntry, Transition, WorkOrder, WorkOrderStatus
from iot_maint.services.backtest.faults import faults_of_orders
from tests.builders import T0, a_work_order

HOUR = timedelta(hours=1)
MENDED = TimelineEntry(
    kind=EntryKind.TRANSITION, at=T0 + 9 * HOUR, recorded_at=T0, by="fitter", transition=Transition.COMPLETE
)


def judged(judgement: Judgement | None) -> WorkOrder:
    done = a_work_order(status=WorkOrderStatus.CLOSED, timeline=(MENDED,))
    return replace(done, judgement=judgement)


def test_a_real_fault_is_the_mode_that_was_found_and_ends_when_the_machine_failed() -> None:
    found = Judgement(verdict=Verdict.REAL_FAULT, at=T0, by="chief", found_mode="PMP-CAV", failed_at=T0 + 3 * HOUR)
    (fault,) = faults_of_orders([judged(found)])
    assert (fault.fault_mode, fault.failure) == ("PMP-CAV", T0 + 3 * HOUR)


def test_without_a_verdict_it_is_the_orders_mode_and_ends_with_the_repair() -> None:
    order = judged(None)
    (fault,) = faults_of_orders([order])
    assert (fault.fault_mode, fault.failure) == (order.fault_mode, T0 + 9 * HOUR)


@pytest.mark.parametrize("verdict", [one for one in Verdict if one is not Verdict.REAL_FAULT])
def test_what_was_no_fault_of_the_machine_is_none_of_a_backtest(verdict: Verdict) -> None:
    assert faults_of_orders([judged(Judgement(verdict=verdict, at=T0, by="chief"))]) == ()
