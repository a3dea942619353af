"""What an alarm event means for the fault's work order."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from iot_maint.domain.alarms import AlarmEvent, AlarmEventKind, AlarmKey
from iot_maint.domain.catalog import Comparison, Severity
from iot_maint.domain.findings import Evidence, Finding, FindingKind, RunningKnowledge
from iot_maint.domain.work_orders import ENDED, Origin, WorkOrder, WorkOrderStatus
from iot_maint.rules.planning import (
    AddToOrder,
    HangUnder,
    LockOut,
    NothingToOrder,
    OpenOrder,
    OrderDecision,
    ReopenOrder,
    hold_back,
    plan,
)

AT = datetime(2026, 1, 1, tzinfo=UTC)
NONE: frozenset[Severity] = frozenset()
WORKING = sorted(set(WorkOrderStatus) - ENDED - {WorkOrderStatus.COMPLETED, WorkOrderStatus.VERIFIED})


def an_event(
    kind: AlarmEventKind, severity: Severity = Severity.WARNING, finding_kind: FindingKind = FindingKind.RAISED
) -> AlarmEvent:
    evidence = Evidence(
        rule="pump.hot",
        metric="bearing_temp",
        comparison=Comparison.ABOVE,
        limit=80.0,
        clear_limit=78.0,
        dwell_s=600,
        occurrences=1,
        severity=severity,
        basis="engineering default",
        running=RunningKnowledge.NOT_GATED,
        readings=((0, 85.0),),
    )
    finding = Finding(
        kind=finding_kind,
        equipment="P-01",
        fault_mode="PMP-BEAR",
        rule="pump.hot",
        severity=severity,
        onset_at=AT,
        at=AT,
        evidence=evidence,
    )
    key = AlarmKey(equipment="P-01", fault_mode="PMP-BEAR", raised_at=AT)
    return AlarmEvent(kind=kind, key=key, site="yard", onset_at=AT, severity=severity, finding=finding)


def an_order(status: WorkOrderStatus, urgency: int = 3) -> WorkOrder:
    return WorkOrder(
        number="WO-20260101-0001",
        site="yard",
        equipment="P-01",
        equipment_type="pump",
        fault_mode="PMP-BEAR",
        origin=Origin.ALARM,
        status=status,
        severity=Severity.WARNING,
        urgency=urgency,
        onset_at=AT,
        raised_at=AT,
        opened_at=AT,
    )


RAISED, WORSENED = an_event(AlarmEventKind.RAISED), an_event(AlarmEventKind.WORSENED, Severity.CRITICAL)


def test_a_first_fault_opens_an_order() -> None:
    assert plan(RAISED, None, 3, NONE) == OpenOrder(previous=None)


@pytest.mark.parametrize("status", sorted(ENDED))
def test_a_raise_after_the_end_opens_a_new_order_linked_to_the_last(status: WorkOrderStatus) -> None:
    assert plan(RAISED, an_order(status), 3, NONE) == OpenOrder(previous="WO-20260101-0001")


@pytest.mark.parametrize("status", WORKING)
def test_a_raise_beside_an_open_order_is_added_to_it(status: WorkOrderStatus) -> None:
    assert plan(RAISED, an_order(status), 3, NONE) == AddToOrder(number="WO-20260101-0001")


@pytest.mark.parametrize("status", [WorkOrderStatus.COMPLETED, WorkOrderStatus.VERIFIED])
def test_a_raise_while_the_order_is_done_but_not_closed_reopens_it(status: WorkOrderStatus) -> None:
    assert plan(RAISED, an_order(status), 3, NONE) == ReopenOrder(number="WO-20260101-0001")


def test_a_worse_severity_raises_the_urgency_and_never_lowers_it() -> None:
    assert plan(WORSENED, an_order(WorkOrderStatus.OPEN, 3), 2, NONE) == AddToOrder(
        number="WO-20260101-0001", urgency=2
    )
    assert plan(WORSENED, an_order(WorkOrderStatus.OPEN, 1), 2, NONE) == AddToOrder(number="WO-20260101-0001")


def test_a_symptom_with_an_urgency_of_its_own_raises_the_orders_urgency() -> None:
    joined = an_event(AlarmEventKind.JOINED, Severity.CRITICAL)
    assert plan(joined, an_order(WorkOrderStatus.OPEN, 3), 1, NONE) == AddToOrder(number="WO-20260101-0001", urgency=1)


def test_after_an_early_close_only_worsening_opens_another_and_only_once() -> None:
    closed = an_order(WorkOrderStatus.CLOSED)
    assert plan(an_event(AlarmEventKind.JOINED), closed, 3, NONE) == NothingToOrder()
    assert plan(WORSENED, closed, 2, frozenset({Severity.WARNING})) == OpenOrder(previous=closed.number)
    assert plan(WORSENED, closed, 2, frozenset(Severity)) == NothingToOrder()


def test_a_cleared_alarm_is_noted_on_an_open_order_and_opens_none() -> None:
    cleared = an_event(AlarmEventKind.CLEARED, finding_kind=FindingKind.CLEARED)
    assert plan(cleared, an_order(WorkOrderStatus.COMPLETED), 3, NONE) == AddToOrder(number="WO-20260101-0001")
    assert plan(cleared, None, 3, NONE) == NothingToOrder()


DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("watched_since", "reopens"),
    [(AT, True), (AT - DAY, True), (AT - DAY - timedelta(seconds=1), False), (AT + timedelta(seconds=1), False)],
    ids=["at completion", "at the end of the check", "after it", "before completion"],
)
def test_a_closed_order_is_reopened_only_within_the_check_after_its_completion(
    watched_since: datetime, reopens: bool
) -> None:
    closed = replace(an_order(WorkOrderStatus.CLOSED), watched_since=watched_since)
    reopened = ReopenOrder(number=closed.number)

    assert (plan(RAISED, closed, 3, NONE, DAY) == reopened) is reopens


def test_a_cancelled_order_is_never_reopened_by_its_fault() -> None:
    cancelled = replace(an_order(WorkOrderStatus.CANCELLED), watched_since=AT)

    assert plan(RAISED, cancelled, 3, NONE, DAY) == OpenOrder(previous=cancelled.number)


OPENING: list[OrderDecision] = [OpenOrder(previous=None), ReopenOrder(number="WO-20260101-0001")]


@pytest.mark.parametrize("decision", OPENING)
def test_what_another_fault_explains_hangs_under_it_before_a_repair_is_asked_for(decision: OrderDecision) -> None:
    assert hold_back(decision, 2, cause=7, locked_out=True) == HangUnder(cause=7)
    assert hold_back(decision, 2, cause=None, locked_out=True) == LockOut()
    assert hold_back(decision, 2, cause=None, locked_out=False) == decision


@pytest.mark.parametrize("decision", OPENING)
def test_what_endangers_people_is_never_held_back(decision: OrderDecision) -> None:
    assert hold_back(decision, 1, cause=7, locked_out=True) == decision


@pytest.mark.parametrize("decision", [AddToOrder(number="WO-20260101-0001"), NothingToOrder()])
def test_what_opens_nothing_needs_no_holding_back(decision: OrderDecision) -> None:
    assert hold_back(decision, 3, cause=7, locked_out=True) == decision
