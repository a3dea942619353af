"""Every story goes through the live decide path; what comes of it is what the trade's facts say, and nothing else."""

from datetime import datetime

import pytest

from iot_maint.catalog import load_catalog
from iot_maint.domain.alarms import AlarmEvent, AlarmEventKind
from iot_maint.domain.equipment import EquipmentStatus
from iot_maint.domain.ports import Database
from iot_maint.domain.work_orders import EntryKind, WorkOrder, WorkOrderStatus, deadlines
from iot_maint.rules.applicability import RuleStanding
from iot_maint.rules.program import reports_with_speed
from tests.decide_path import DecidePath, register, start_path
from tests.scenario_files import ALL, CODE, ExpectedOrder, Scenario, Span, messages_of

CATALOG = load_catalog()
BAD_TURNS = (AlarmEventKind.RAISED, AlarmEventKind.WORSENED)
each_story = pytest.mark.parametrize("scenario", ALL, ids=[scenario.name for scenario in ALL])


@each_story
def test_a_story_opens_the_orders_that_the_domain_expects_and_no_other(scenario: Scenario, database: Database) -> None:
    path = start_path(database, CATALOG, scenario.story.t0)
    if scenario.story.registered:
        register(database, scenario.equipment)
        path.roster.refresh()

    admitted = path.admit(messages_of(scenario))
    events = [event for outcome in path.replay(admitted.telemetry) for event in outcome.events]

    expected = scenario.expected
    orders = {order.fault_mode: order for order in path.orders()}
    assert sorted(order.fault_mode for order in path.orders()) == sorted(order.fault_mode for order in expected.orders)
    for wanted in expected.orders:
        order = orders[wanted.fault_mode]
        own = [event for event in events if event.key.fault_mode == order.fault_mode]
        check_turns(wanted, own, scenario.story.t0)
        check_order(order, wanted, own, scenario)
    assert {event.key.fault_mode for event in events} == orders.keys() | expected.held_back
    assert {letter.reason for letter in admitted.dead} == expected.dead_letters
    assert slow_rules(path) == expected.sampled_too_slowly
    assert database_knows(database) is (
        scenario.story.status if scenario.story.registered else EquipmentStatus.UNREGISTERED
    )


def check_turns(wanted: ExpectedOrder, events: list[AlarmEvent], t0: datetime) -> None:
    """The alarm was raised and worsened by these rules, in this order, at these times; these joined; it cleared."""
    turns = [event for event in events if event.kind in BAD_TURNS]
    told = [(event.kind.value, event.finding.rule, event.severity) for event in turns]
    assert told == [(step.event, step.rule, step.severity) for step in wanted.steps], times_of(events, t0)
    for event, step in zip(turns, wanted.steps, strict=True):
        assert is_within(event.finding.at, t0, step.between), times_of(events, t0)
    joined = {event.finding.rule for event in events if event.kind is AlarmEventKind.JOINED}
    assert joined == wanted.joins, times_of(events, t0)
    cleared = [event.finding.at for event in events if event.kind is AlarmEventKind.CLEARED]
    if wanted.cleared is None:
        assert not cleared, times_of(events, t0)
    else:
        assert cleared, times_of(events, t0)
        assert is_within(cleared[-1], t0, wanted.cleared), times_of(events, t0)


def check_order(order: WorkOrder, wanted: ExpectedOrder, events: list[AlarmEvent], scenario: Scenario) -> None:
    """One order holds all of it: opened by the first turn, urgent as the worst, with the evidence of each."""
    first, worst = wanted.steps[0], min(wanted.steps, key=lambda step: step.urgency)
    equipment = scenario.equipment
    rules = CATALOG.types[equipment.type].rules
    rule = next(rule for rule in rules.values() if rule.id == first.rule)
    assert (order.equipment, order.site, order.status) == (CODE, equipment.site, WorkOrderStatus.OPEN)
    assert order.urgency == worst.urgency
    assert order.severity is max((step.severity for step in wanted.steps), key=lambda severity: severity.rank)
    assert order.deadlines == deadlines(CATALOG.service_levels[worst.urgency], order.opened_at)
    assert order.raised_at == events[0].finding.at == events[0].key.raised_at
    assert rule.for_duration <= order.raised_at - order.onset_at
    assert order.timeline[0].kind is EntryKind.OPENED
    assert (EntryKind.URGENCY_RAISED in {entry.kind for entry in order.timeline}) == (first.urgency > worst.urgency)
    assert {evidence.rule for evidence in order.evidence} == {step.rule for step in wanted.steps} | wanted.joins
    assert order.evidence[0].limit == rule.limit.resolve(equipment.parameters)


def is_within(at: datetime, t0: datetime, between: tuple[Span, Span]) -> bool:
    return t0 + between[0] <= at <= t0 + between[1]


def times_of(events: list[AlarmEvent], t0: datetime) -> str:
    """What happened when, for a failing test's reader."""
    return "; ".join(f"{event.finding.at - t0} {event.kind} by {event.finding.rule}" for event in events)


def slow_rules(path: DecidePath) -> set[str]:
    monitored = path.roster.get(CODE)
    program = path.roster.program(monitored) if monitored is not None else None
    if program is None:
        return set()
    reports = reports_with_speed(path.monitor.state_of(CODE), program)
    return {report.rule for report in reports if report.standing is RuleStanding.SAMPLED_TOO_SLOWLY}


def database_knows(database: Database) -> EquipmentStatus | None:
    with database.reading() as repositories:
        equipment = repositories.equipment.get(CODE)
    return None if equipment is None else equipment.status
