"""Anomalies on the decide path: one order a fault, that names the culprit, whatever the cut and the crash."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from iot_maint.catalog import load_catalog
from iot_maint.domain.alarms import AlarmEventKind
from iot_maint.domain.catalog import Language
from iot_maint.domain.equipment import EquipmentStatus
from iot_maint.domain.findings import FindingKind
from iot_maint.domain.queries import AlarmQuery, PageRequest
from iot_maint.domain.telemetry import Batch, Telemetry
from iot_maint.services import rule_states
from iot_maint.services.evidence import say_evidence
from iot_maint.services.monitoring import Outcome
from iot_maint.services.shadowing import switch_shadow
from iot_maint.storage.relational.database import RelationalDatabase
from tests.decide_path import DecidePath, register, start_path, told_events, told_orders
from tests.live_models import ModelsInUse, a_model
from tests.pump_stories import BEARING, HOT, PUMP, at, pump

CATALOG = load_catalog()
NewDatabase = Callable[[], RelationalDatabase]


def healthy(first: int, last: int) -> list[Telemetry]:
    return [pump(minute, bearing_temp=60.0, vib_rms=2.0 + 0.1 * (minute % 2)) for minute in range(first, last + 1)]


def shaking(first: int, last: int, vib_rms: float = 3.0) -> list[Telemetry]:
    """Too much for this pump, and below every limit of the catalog."""
    return [pump(minute, bearing_temp=61.0, vib_rms=vib_rms) for minute in range(first, last + 1)]


STORY = [*healthy(0, 9), *shaking(10, 19), *healthy(20, 29)]


def start(database: RelationalDatabase, models: ModelsInUse | None = None) -> DecidePath:
    return start_path(
        database, CATALOG, at(0), models=ModelsInUse(by_code={"P-1": [a_model()]}) if models is None else models
    )


@pytest.fixture
def database(empty_databases: NewDatabase) -> RelationalDatabase:
    new = empty_databases()
    register(new, PUMP)
    return new


BOTH = [a_model(model_id="m1"), a_model(model_id="m2", limit=4.0, dwell_rows=1, shadow=True)]


def switch(path: DecidePath, *, shadow: bool | None) -> None:
    """Somebody puts the detector into shadow or promotes it, and the process hears of it."""
    with path.database.transaction() as repositories:
        switch_shadow(
            repositories, CATALOG, path.clock, "model.distance", equipment=None, shadow=shadow, by="tests", note=""
        )
    path.roster.refresh()


def recorded(path: DecidePath) -> list[tuple[str, bool, datetime, datetime | None]]:
    """(fault mode, in shadow, raised, cleared) of all alarms, the oldest first."""
    with path.database.reading() as repositories:
        alarms = repositories.alarms.page(AlarmQuery(), PageRequest(limit=200)).items
    told = [(one.key.fault_mode, one.key.shadow, one.key.raised_at, one.cleared_at) for one in alarms]
    return sorted(told, key=lambda one: (one[2], one[1]))


def play(path: DecidePath, telemetry: Sequence[Telemetry], size: int = 100) -> list[Outcome]:
    return path.replay(telemetry, batch=size)


def test_an_anomaly_opens_one_order_that_names_the_metric_its_direction_and_its_fault_mode(
    database: RelationalDatabase,
) -> None:
    path = start(database)
    play(path, STORY)

    (order,) = path.orders()
    assert order.fault_mode == BEARING
    evidence = order.evidence[0]
    assert evidence.anomaly is not None
    assert (evidence.rule, evidence.metric) == ("model.distance", "vib_rms")
    culprit = evidence.anomaly.contributions[0]
    assert (culprit.metric, culprit.direction, culprit.value) == ("vib_rms", 1, 3.0)
    assert evidence.anomaly.score > evidence.limit
    assert evidence.readings[-1] == (round(at(12).timestamp() * 1000), 3.0)
    assert (order.onset_at, order.raised_at) == (at(11), at(12))


def test_the_order_says_in_both_languages_what_drove_the_anomaly_and_how_rare_it_is(
    database: RelationalDatabase,
) -> None:
    path = start(database)
    play(path, STORY)
    (order,) = path.orders()
    pump_type = CATALOG.types["pump"]
    raised, cleared = order.evidence
    assert say_evidence(raised, pump_type, Language.ZH_CN) == (
        "振动速度有效值（≤200 kW，II 类） 3 mm/s 偏高（占 91 %）；"
        "异常评分 5，高于限值 4（健康时约 100,000 次中 1 次，检测器 distance）"
    )
    assert say_evidence(raised, pump_type, Language.EN) == (
        "Vibration velocity RMS (≤ 200 kW, category II) 3 mm/s too high (91 % of it); "
        "anomaly score 5, above the limit of 4 (1 in 100,000 when healthy, detector distance)"
    )
    assert say_evidence(cleared, pump_type, Language.EN, kind=FindingKind.CLEARED) == (
        "anomaly score 0, back below the clear limit of 3"
    )


def test_it_clears_when_the_scores_are_back(database: RelationalDatabase) -> None:
    events = [event for outcome in play(start(database), STORY) for event in outcome.events]
    assert [(event.kind, event.finding.at) for event in events] == [
        (AlarmEventKind.RAISED, at(12)),
        (AlarmEventKind.CLEARED, at(21)),
    ]


@pytest.mark.parametrize("size", [1, 2, 7, 13])
def test_any_cut_of_the_stream_gives_the_same_events_and_orders(empty_databases: NewDatabase, size: int) -> None:
    story = [*STORY, *STORY[5:15], *shaking(30, 50), *healthy(51, 60)]
    told = []
    for batch in (len(story), size):
        database = empty_databases()
        register(database, PUMP)
        outcomes = play(start(database), story, batch)
        told.append((told_events(outcomes), told_orders(database)))
    assert told[0] == told[1]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(crashes=st.lists(st.integers(0, 29), max_size=3), checkpoints=st.sets(st.integers(0, 29), max_size=5))
def test_a_crash_anywhere_gives_the_same_events(
    empty_databases: NewDatabase, crashes: list[int], checkpoints: set[int]
) -> None:
    whole = empty_databases()
    register(whole, PUMP)
    expected = told_events(play(start(whole), STORY, 1))

    database = empty_databases()
    register(database, PUMP)
    path, outcomes, number = start(database), [], 0
    while number < len(STORY):
        item = STORY[number]
        path.clock.advance(at(number))
        outcomes.append(
            path.monitor.handle(Batch(number=number + 1, received_at_ms=item.received_at_ms, telemetry=(item,)))
        )
        if number in checkpoints:
            path.monitor.checkpoint(number + 1)
        if number in crashes:
            crashes.remove(number)
            path = start(database)
            number = path.monitor.start() - 1
        number += 1
    assert told_events(outcomes) == expected


def test_an_anomaly_and_a_limit_of_the_same_fault_are_one_order(database: RelationalDatabase) -> None:
    path = start(database)
    play(path, [*healthy(0, 9), *shaking(10, 40, vib_rms=6.0)])
    (order,) = path.orders()
    assert {evidence.rule for evidence in order.evidence} == {"model.distance", "pump.vib_rms_warning"}


def test_late_telemetry_raises_no_anomaly(database: RelationalDatabase) -> None:
    path = start(database)
    late = [pump(minute, late_by=120, bearing_temp=61.0, vib_rms=3.0) for minute in range(10, 20)]
    path.decide(*healthy(0, 9))
    path.decide(*late)
    assert path.orders() == []


def test_an_anomaly_under_maintenance_is_recorded_and_not_ordered(database: RelationalDatabase) -> None:
    path = start(database)
    with database.transaction() as repositories:
        repositories.equipment.update(replace(PUMP, status=EquipmentStatus.UNDER_MAINTENANCE))
    path.roster.refresh()
    outcomes = play(path, STORY)

    assert [event.kind for outcome in outcomes for event in outcome.events] == [
        AlarmEventKind.RAISED,
        AlarmEventKind.CLEARED,
    ]
    assert path.orders() == []


def test_a_model_in_the_shadow_records_its_alarm_and_orders_nothing(database: RelationalDatabase) -> None:
    path = start(database, ModelsInUse(by_code={"P-1": [a_model(shadow=True)]}))
    outcomes = play(path, STORY)
    findings = [finding for outcome in outcomes for finding in outcome.findings]
    assert [(finding.rule, finding.shadow) for finding in findings] == [("model.distance", True)] * 2
    assert recorded(path) == [(BEARING, True, at(12), at(21))]
    assert path.orders() == []


def test_a_champion_and_its_shadow_stand_side_by_side_and_only_the_champion_orders(
    database: RelationalDatabase,
) -> None:
    path = start(database, ModelsInUse(by_code={"P-1": BOTH}))
    play(path, STORY)
    assert recorded(path) == [(BEARING, True, at(11), at(21)), (BEARING, False, at(12), at(21))]
    assert [order.raised_at for order in path.orders()] == [at(12)]


@pytest.mark.parametrize("size", [1, 2, 7, 13])
def test_champion_and_shadow_come_to_the_same_whatever_the_cut(empty_databases: NewDatabase, size: int) -> None:
    story = [*STORY, *STORY[5:15], *shaking(30, 50), *healthy(51, 60)]
    told = []
    for batch in (len(story), size):
        database = empty_databases()
        register(database, PUMP)
        path = start(database, ModelsInUse(by_code={"P-1": BOTH}))
        told.append((told_events(play(path, story, batch)), recorded(path)))
    assert told[0] == told[1]


def test_models_of_one_detector_in_shadow_have_each_an_alarm_of_its_own(database: RelationalDatabase) -> None:
    quick, patient = (a_model(model_id=name, dwell_rows=rows, shadow=True) for name, rows in (("m2", 1), ("m3", 6)))
    path = start(database, ModelsInUse(by_code={"P-1": [a_model(model_id="m1"), quick, patient]}))
    switch(path, shadow=True)
    play(path, STORY)

    with path.database.reading() as repositories:
        alarms = repositories.alarms.page(AlarmQuery(), PageRequest(limit=200)).items
    told = {one.key.model: (one.key.raised_at, one.cleared_at, one.rules) for one in alarms}
    assert told == {
        "m2": (at(11), at(21), ("model.distance",)),
        "": (at(12), at(21), ("model.distance",)),  # the champion, whose detector somebody has put there
        "m3": (at(16), at(21), ("model.distance",)),
    }
    assert all(one.key.shadow for one in alarms)
    assert path.orders() == []


def test_a_detector_that_is_put_into_shadow_lets_go_and_orders_no_more(database: RelationalDatabase) -> None:
    path = start(database)
    play(path, STORY[:15])
    switch(path, shadow=True)
    play(path, [*STORY[15:], *shaking(30, 39), *healthy(40, 45)])
    assert recorded(path) == [
        (BEARING, False, at(12), at(15)),
        (BEARING, True, at(16), at(21)),
        (BEARING, True, at(32), at(41)),
    ]
    assert len(path.orders()) == 1


def test_a_detector_that_is_promoted_begins_its_dwell_anew_and_orders(database: RelationalDatabase) -> None:
    path = start(database)
    switch(path, shadow=True)
    play(path, STORY[:15])
    switch(path, shadow=None)
    play(path, STORY[15:])
    assert recorded(path) == [(BEARING, True, at(12), at(15)), (BEARING, False, at(16), at(21))]
    assert [order.raised_at for order in path.orders()] == [at(16)]


def test_a_switch_promotes_no_model_that_the_registry_has_in_shadow(database: RelationalDatabase) -> None:
    path = start(database, ModelsInUse(by_code={"P-1": BOTH}))
    switch(path, shadow=False)
    play(path, STORY)
    assert [shadow for _, shadow, *_ in recorded(path)] == [True, False]


def test_a_shadow_that_is_promoted_or_replaced_lets_go_of_what_it_recorded(database: RelationalDatabase) -> None:
    models = ModelsInUse(by_code={"P-1": [a_model(model_id="m1", limit=50.0), a_model(model_id="m2", shadow=True)]})
    path = start(database, models)
    play(path, STORY[:15])
    models.use("P-1", a_model(model_id="m2"))
    play(path, STORY[15:])
    assert recorded(path) == [(BEARING, True, at(12), at(15)), (BEARING, False, at(16), at(21))]


def test_a_model_that_takes_over_goes_on_with_what_stands(database: RelationalDatabase) -> None:
    models = ModelsInUse(by_code={"P-1": [a_model()]})
    path = start(database, models)
    play(path, STORY[:15])
    models.use("P-1", a_model(model_id="m2"))
    events = [event.kind for outcome in play(path, [*STORY[15:]]) for event in outcome.events]
    assert events == [AlarmEventKind.CLEARED]


def test_what_stands_by_a_model_that_is_gone_is_let_go_with_the_next_message(database: RelationalDatabase) -> None:
    models = ModelsInUse(by_code={"P-1": [a_model()]})
    path = start(database, models)
    play(path, STORY[:15])
    models.use("P-1")
    events = [event for outcome in play(path, shaking(15, 16)) for event in outcome.events]
    assert [(event.kind, event.finding.at) for event in events] == [(AlarmEventKind.CLEARED, at(15))]


def test_a_model_taken_away_while_the_process_was_down_lets_go_too(database: RelationalDatabase) -> None:
    path = start(database)
    play(path, STORY[:15])
    path.monitor.checkpoint(1)
    restarted = start(database, ModelsInUse())
    events = [event for outcome in play(restarted, shaking(15, 16)) for event in outcome.events]
    assert [event.kind for event in events] == [AlarmEventKind.CLEARED]


def test_equipment_that_says_too_little_raises_none(database: RelationalDatabase) -> None:
    models = ModelsInUse(
        by_code={
            "P-1": [
                a_model(
                    metrics=("vib_rms", "bearing_temp", "suction_pressure"),
                    mean=(2.0, 60.0, 0.2),
                    spread=(0.2, 2.0, 0.01),
                )
            ]
        }
    )
    path = start(database, models)
    play(path, [pump(minute, vib_rms=4.0) for minute in range(20)])
    assert path.orders() == []


def test_a_hot_bearing_still_opens_its_order_where_no_model_is(database: RelationalDatabase) -> None:
    path = start(database, ModelsInUse())
    play(path, [pump(minute, bearing_temp=HOT) for minute in range(15)])
    assert [order.fault_mode for order in path.orders()] == [BEARING]


def test_what_models_remember_is_saved_with_the_rules_states(database: RelationalDatabase) -> None:
    path = start(database)
    play(path, STORY[:13])
    path.monitor.checkpoint(1)
    with database.reading() as repositories:
        stored = repositories.checkpoints.load_state("P-1")
    assert stored is not None
    assert set(msgspec.json.decode(stored)["state"]["models"]) == {"champion"}


def test_a_guest_whose_copy_is_read_anew_scores_on_with_what_the_holder_remembers(
    database: RelationalDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rule_states, "LATELY_S", 0.0)  # any copy is out of date at once
    models = ModelsInUse(by_code={"P-1": [a_model()]})
    holder = start(database, models)
    guest = start_path(database, CATALOG, at(0), worker="2", models=models, owns=lambda _site: False)
    play(holder, healthy(0, 5))
    holder.monitor.checkpoint(1)
    play(guest, healthy(6, 6))
    raised = play(holder, [*healthy(6, 6), *shaking(7, 12)])
    holder.monitor.checkpoint(2)

    seen_by_guest = play(guest, [*shaking(13, 16), *healthy(17, 19)])

    told = [
        [(one.kind, one.at) for outcome in outcomes for one in outcome.findings] for outcomes in (raised, seen_by_guest)
    ]
    assert told == [[(FindingKind.RAISED, at(9))], [(FindingKind.CLEARED, at(18))]]
