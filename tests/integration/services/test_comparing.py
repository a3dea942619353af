"""A pump against its twin: the order of arrival decides, not how the stream is cut, nor where the process dies."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from iot_maint.catalog import load_catalog
from iot_maint.domain.alarms import AlarmEvent, AlarmEventKind
from iot_maint.domain.catalog import Basis, BasisKind, Catalog, Comparison, Limit, Severity, ThresholdRule
from iot_maint.domain.equipment import EquipmentStatus
from iot_maint.domain.signals import Comparing, Measure, SignalKind
from iot_maint.domain.telemetry import Telemetry
from iot_maint.rules.applicability import RuleStanding
from iot_maint.services.rule_standings import rule_standings
from iot_maint.storage.relational.database import RelationalDatabase
from tests.builders import an_equipment
from tests.decide_path import DecidePath, register, start_path, told_events
from tests.live_models import ModelsInUse, a_model
from tests.pump_stories import at, pump

ROOM = an_equipment("ROOM", kind=None)
TWINS = tuple(replace(an_equipment(code), parent="ROOM") for code in ("P-1", "P-2"))
RULE = ThresholdRule(
    id="pump.vib_beside_twin",
    key="vib_beside_twin",
    metric="vib_rms",
    comparison=Comparison.ABOVE,
    limit=Limit(value=50.0),
    clear_limit=Limit(value=40.0),
    for_duration=timedelta(minutes=3),
    occurrences=1,
    severity=Severity.WARNING,
    fault_mode="PMP-BEAR",
    kinds=frozenset(),
    gated=False,
    max_gap=None,
    basis=Basis(kind=BasisKind.ENGINEERING_DEFAULT),
    signal=Comparing(with_parent=False, measure=Measure.PERCENT, fresh=timedelta(minutes=5)),
)


def catalog() -> Catalog:
    declared = load_catalog()
    pumps = declared.types["pump"]
    compared = replace(pumps, rules={**pumps.rules, RULE.key: RULE})
    return replace(declared, types={**declared.types, "pump": compared})


@pytest.fixture
def start(empty_databases: Callable[[], RelationalDatabase]) -> Callable[[], DecidePath]:
    def a_process() -> DecidePath:
        database = empty_databases()
        register(database, ROOM, *TWINS)
        return start_path(database, catalog(), at(0))

    return a_process


def both(first: int, last: int, one: float, other: float) -> list[Telemetry]:
    """Both pumps, minute by minute, the first one's message first."""
    return [
        message
        for minute in range(first, last + 1)
        for message in (pump(minute, code="P-1", vib_rms=one), pump(minute + 0.1, code="P-2", vib_rms=other))
    ]


def story() -> list[Telemetry]:
    """P-1 shakes more than its twin for ten minutes; its twin then does as well; then the twin is not heard."""
    return [*both(0, 9, 2.0, 2.1), *both(10, 19, 3.4, 2.1), *both(20, 29, 3.4, 3.3), *both(30, 39, 3.4, 2.0)[::2]]


def events_of(path: DecidePath, telemetry: Sequence[Telemetry], batch: int) -> list[AlarmEvent]:
    return [event for outcome in path.replay(telemetry, batch) for event in outcome.events]


def test_a_pump_that_shakes_more_than_its_twin_is_found_with_the_twins_value(start: Callable[[], DecidePath]) -> None:
    raised, cleared = events_of(start(), story(), 7)

    assert (raised.finding.equipment, raised.finding.rule) == ("P-1", "pump.vib_beside_twin")
    assert raised.onset_at == at(10)
    assert raised.finding.at == at(13)
    signal = raised.finding.evidence.signal
    assert signal is not None
    assert (signal.kind, signal.value, signal.base, signal.of) == (SignalKind.SIBLING, 61.904762, 2.1, "P-2")
    assert raised.finding.evidence.readings[-1][1] == 3.4
    assert cleared.finding.at == at(21)  # the first reading after the twin's own at 20.1


def test_batches_of_any_size_find_the_same(start: Callable[[], DecidePath]) -> None:
    told = [told_events(start().replay(story(), batch)) for batch in (1, 2, 3, 10, 100)]

    assert told[0]
    assert all(one == told[0] for one in told)


@pytest.mark.parametrize("lost", [1, 3, 7])
def test_a_process_that_dies_finds_the_same(start: Callable[[], DecidePath], lost: int) -> None:
    whole = told_events(start().replay(story(), 1))
    first = start()
    before = first.replay(story()[:25], 1)
    first.monitor.checkpoint(25)
    died = first.replay(story()[25 : 25 + lost], 1)

    second = start_path(first.database, first.catalog, at(0))
    after = second.replay(story()[25:], 1)

    assert told_events([*before, *died, *after]) == whole


def test_a_twin_under_maintenance_is_no_measure(start: Callable[[], DecidePath]) -> None:
    path = start()
    path.replay(both(0, 9, 2.0, 2.1), 5)
    with path.database.transaction() as repositories:
        twin = repositories.equipment.get("P-2")
        assert twin is not None
        repositories.equipment.update(replace(twin, status=EquipmentStatus.UNDER_MAINTENANCE))
    path.roster.refresh()

    assert events_of(path, both(10, 19, 3.4, 2.1), 5) == []
    with path.database.reading() as repositories:
        reports = rule_standings(repositories, path.catalog, TWINS[0], timedelta(hours=1))
    assert next(one.standing for one in reports if one.rule == RULE.id) is RuleStanding.ALONE


def test_pumps_without_a_common_parent_are_nobodys_twins(empty_databases: Callable[[], RelationalDatabase]) -> None:
    database = empty_databases()
    register(database, *(replace(one, parent=None) for one in TWINS))

    assert events_of(start_path(database, catalog(), at(0)), both(0, 19, 3.4, 2.1), 5) == []


def test_what_a_model_remembers_survives_a_restart_after_which_the_twin_speaks_first(
    empty_databases: Callable[[], RelationalDatabase],
) -> None:
    """What is heard of a twin is saved with the own state, the models' part of it included."""
    database = empty_databases()
    register(database, ROOM, *TWINS)
    models = ModelsInUse(by_code={"P-1": [a_model(metrics=("vib_rms",), mean=(2.0,), spread=(0.1,))]})
    first = start_path(database, catalog(), at(0), models=models)
    first.replay(both(0, 9, 2.6, 2.5), 2)
    first.monitor.checkpoint(1)
    second = start_path(database, catalog(), at(0), models=models)
    second.replay([pump(10, code="P-2", vib_rms=2.5)])
    second.monitor.checkpoint(2)

    third = start_path(database, catalog(), at(0), models=models)
    ends = events_of(third, both(11, 20, 2.0, 2.0), 2)

    assert [(event.kind, event.finding.rule) for event in ends] == [(AlarmEventKind.CLEARED, "model.distance")]
