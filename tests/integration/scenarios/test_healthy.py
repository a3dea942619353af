"""Silence is earned: each healthy story comes close to a limit, and only dwell, gate and hysteresis keep it quiet."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from iot_maint.catalog import load_catalog
from iot_maint.domain.alarms import AlarmEventKind
from iot_maint.domain.catalog import Catalog, Comparison, ThresholdRule
from iot_maint.rules.applicability import ActiveRule
from iot_maint.storage.relational.database import RelationalDatabase
from tests.decide_path import DecidePath, register, start_path
from tests.scenario_files import ALL, CODE, Healthy, Scenario, messages_of

Change = Callable[[ThresholdRule], ThresholdRule]
CATALOG = load_catalog()
NEAR = 0.9
HEALTHY = [(scenario, scenario.expected.healthy) for scenario in ALL if scenario.expected.healthy is not None]
each_healthy = pytest.mark.parametrize(("scenario", "healthy"), HEALTHY, ids=[scenario.name for scenario, _ in HEALTHY])


def without_dwell(rule: ThresholdRule) -> ThresholdRule:
    return replace(rule, for_duration=timedelta(), occurrences=1)


def without_gate(rule: ThresholdRule) -> ThresholdRule:
    return replace(rule, gated=False)


def without_hysteresis(rule: ThresholdRule) -> ThresholdRule:
    return rule if rule.comparison is Comparison.IS else replace(rule, clear_limit=rule.limit)


WITHOUT: Mapping[str, tuple[Change, ...]] = {
    "dwell": (without_dwell,),
    "gate": (without_gate,),
    "dwell and gate": (without_dwell, without_gate),
}


def changed(*changes: Change) -> Catalog:
    """The catalog with every rule changed."""
    types = dict(CATALOG.types)
    for change in changes:
        for name, declared in types.items():
            types[name] = replace(declared, rules={key: change(rule) for key, rule in declared.rules.items()})
    return replace(CATALOG, types=types)


def tell(scenario: Scenario, database: RelationalDatabase, *changes: Change) -> tuple[DecidePath, int]:
    """The story under a changed catalog, and how often an alarm was raised."""
    register(database, scenario.equipment)
    path = start_path(database, changed(*changes), scenario.story.t0)
    outcomes = path.replay(path.admit(messages_of(scenario)).telemetry)
    return path, sum(event.kind is AlarmEventKind.RAISED for outcome in outcomes for event in outcome.events)


def closeness(rule: ActiveRule, value: float) -> float:
    """How much of the limit is reached: 1 at the limit, whichever side is the bad one."""
    if (rule.comparison is Comparison.ABOVE) == (rule.limit > 0):
        return value / rule.limit
    return rule.limit / value if value else 0.0


@each_healthy
def test_a_healthy_story_reaches_nine_tenths_of_a_warning_limit(
    scenario: Scenario, healthy: Healthy, database: RelationalDatabase
) -> None:
    path, alarms = tell(scenario, database)
    monitored = path.roster.get(CODE)
    program = path.roster.program(monitored) if monitored is not None else None
    assert program is not None
    rule = program.active[healthy.near]
    values = [
        item.values[rule.metric] for item in path.admit(messages_of(scenario)).telemetry if rule.metric in item.values
    ]

    assert max(closeness(rule, value) for value in values) >= NEAR
    assert alarms == 0


@pytest.mark.parametrize(
    ("scenario", "healthy", "lost"),
    [(scenario, healthy, lost) for scenario, healthy in HEALTHY for lost in healthy.opens_without],
    ids=[f"{scenario.name} without {lost}" for scenario, healthy in HEALTHY for lost in healthy.opens_without],
)
def test_without_its_patience_a_healthy_story_would_open_orders(
    scenario: Scenario, healthy: Healthy, lost: str, database: RelationalDatabase
) -> None:
    path, _ = tell(scenario, database, *WITHOUT[lost])

    opened = {order.fault_mode for order in path.orders()}
    assert opened >= set(next(modes for key, modes in healthy.opens_without.items() if key == lost))


FLUTTERING = [scenario for scenario, healthy in HEALTHY if healthy.flutters]


@pytest.mark.parametrize("scenario", FLUTTERING, ids=[scenario.name for scenario in FLUTTERING])
def test_without_hysteresis_a_value_hovering_at_its_limit_raises_more_alarms(
    scenario: Scenario, empty_databases: Callable[[], RelationalDatabase]
) -> None:
    _, calm = tell(scenario, empty_databases(), without_dwell)
    _, fluttering = tell(scenario, empty_databases(), without_dwell, without_hysteresis)

    assert fluttering > calm > 0


def test_every_type_has_a_healthy_story_that_hovers_at_a_limit() -> None:
    assert {scenario.equipment.type for scenario in FLUTTERING} == set(CATALOG.types)
