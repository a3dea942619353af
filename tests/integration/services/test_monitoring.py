"""What the decide path does when stores fail, limits change, and telemetry is late, strange or unwanted."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from iot_maint.catalog import load_catalog
from iot_maint.domain.alarms import AlarmEventKind
from iot_maint.domain.catalog import Limit
from iot_maint.domain.equipment import Equipment, EquipmentStatus, LimitChange, LimitOverride
from iot_maint.domain.errors import StoreUnavailable
from iot_maint.domain.telemetry import Batch
from iot_maint.domain.work_orders import EntryKind, WorkOrderStatus
from iot_maint.storage.relational.database import RelationalDatabase, open_database
from iot_maint.storage.relational.migrate import migrate
from tests.decide_path import DecidePath, orders_of, register, start_path
from tests.pump_stories import BEARING, COOL, HOT, PUMP, at, bearing_at, pump
from tests.servers.postgresql import PostgresqlDatabase

CATALOG = load_catalog()
RULE = "bearing_temp_warning"
AS_DECLARED = LimitOverride(equipment=PUMP.code, rule_key=RULE)
OFF = replace(AS_DECLARED, enabled=False)


@pytest.fixture
def path(empty_databases: Callable[[], RelationalDatabase]) -> DecidePath:
    database = empty_databases()
    register(database, PUMP)
    return start_path(database, CATALOG, at(0))


def override(path: DecidePath, new: LimitOverride) -> None:
    """What a person changes about the bearing's warning, and the process learns of it."""
    change = LimitChange(equipment=PUMP.code, rule_key=RULE, changed_at=at(0), changed_by="li", old=None, new=new)
    with path.database.transaction() as repositories:
        repositories.equipment.set_override(change)
    path.roster.refresh()


def known(path: DecidePath, code: str) -> Equipment | None:
    with path.database.reading() as repositories:
        return repositories.equipment.get(code)


def unknown_metrics(path: DecidePath, code: str) -> list[str]:
    with path.database.reading() as repositories:
        return repositories.equipment.unknown_metrics(code)


def counted(path: DecidePath, name: str) -> float:
    return path.meter.registry.get_sample_value(f"iot_maint_{name}_total") or 0.0


def test_an_absent_database_changes_nothing_and_the_same_batch_can_come_again(postgresql: PostgresqlDatabase) -> None:
    migrate(postgresql.url)
    with open_database(postgresql.url) as database:
        register(database, PUMP)
        path = start_path(database, CATALOG, at(0))
        path.decide(*bearing_at(HOT, 0, 9))
        before = path.monitor.state_of(PUMP.code)
        telemetry = bearing_at(HOT, 10, 12)
        raising = Batch(number=2, received_at_ms=telemetry[-1].received_at_ms, telemetry=telemetry)

        postgresql.server.stop()
        with pytest.raises(StoreUnavailable):
            path.monitor.handle(raising)
        assert path.monitor.state_of(PUMP.code) == before
        assert counted(path, "batches_decided") == 1

        postgresql.server.start()
        outcome = path.monitor.handle(raising)
        assert [event.kind for event in outcome.events] == [AlarmEventKind.RAISED]
        (order,) = orders_of(database)
        assert order.raised_at == at(10)


def test_a_checkpoint_that_failed_is_made_up_by_the_next_one(postgresql: PostgresqlDatabase) -> None:
    migrate(postgresql.url)
    with open_database(postgresql.url) as database:
        register(database, PUMP)
        path = start_path(database, CATALOG, at(0))
        path.decide(*bearing_at(HOT, 0, 5))
        postgresql.server.stop()
        with pytest.raises(StoreUnavailable):
            path.monitor.checkpoint(1)
        postgresql.server.start()
        path.monitor.checkpoint(1)

        restarted = start_path(database, CATALOG, at(6))
        assert restarted.monitor.start() == 1
        assert restarted.monitor.state_of(PUMP.code) == path.monitor.state_of(PUMP.code)


def test_a_rule_switched_off_lets_go_of_its_alarm(path: DecidePath) -> None:
    path.decide(*bearing_at(HOT, 0, 12))
    override(path, OFF)
    outcome = path.decide(*bearing_at(HOT, 13, 30))

    assert [(event.kind, event.finding.at) for event in outcome.events] == [(AlarmEventKind.CLEARED, at(13))]
    (order,) = path.orders()
    assert order.status is WorkOrderStatus.OPEN
    assert order.timeline[-1].kind is EntryKind.ALARM_CLEARED


def test_a_rule_switched_off_while_the_process_was_down_lets_go_too(path: DecidePath) -> None:
    path.decide(*bearing_at(HOT, 0, 12))
    path.monitor.checkpoint(1)
    override(path, OFF)
    restarted = start_path(path.database, CATALOG, at(13))
    restarted.monitor.start()

    outcome = restarted.decide(*bearing_at(HOT, 13, 14))
    assert [event.kind for event in outcome.events] == [AlarmEventKind.CLEARED]


@pytest.mark.parametrize(
    ("new", "raised_at"),
    [
        (replace(AS_DECLARED, limit=Limit(value=90.0), clear_limit=Limit(value=88.0)), []),
        (replace(AS_DECLARED, for_duration=timedelta(minutes=2)), [at(2)]),
        (AS_DECLARED, [at(10)]),
    ],
    ids=["a higher limit", "a shorter dwell", "nothing changed"],
)
def test_an_overridden_limit_holds_for_its_equipment(
    path: DecidePath, new: LimitOverride, raised_at: list[datetime]
) -> None:
    override(path, new)
    path.decide(*bearing_at(HOT, 0, 12))

    assert [order.raised_at for order in path.orders()] == raised_at


def test_a_changed_limit_keeps_the_dwell_that_has_begun(path: DecidePath) -> None:
    path.decide(*bearing_at(HOT, 0, 5))
    override(path, replace(AS_DECLARED, for_duration=timedelta(minutes=8)))
    path.decide(*bearing_at(HOT, 6, 12))

    assert [order.raised_at for order in path.orders()] == [at(8)]


def test_late_readings_move_the_dwell_on_but_only_one_on_time_raises(path: DecidePath) -> None:
    late = [pump(minute, late_by=120, bearing_temp=HOT) for minute in range(15)]
    assert path.decide(*late).events == ()

    outcome = path.decide(pump(15, bearing_temp=HOT))
    assert [event.finding.at for event in outcome.events] == [at(10)]


def test_readings_out_of_order_decide_nothing(path: DecidePath) -> None:
    path.decide(*bearing_at(COOL, 0, 20))
    path.decide(*bearing_at(HOT, 0, 19))

    assert path.orders() == []


def test_retained_messages_are_no_evidence(path: DecidePath) -> None:
    path.decide(*(replace(item, retained=True) for item in bearing_at(HOT, 0, 20)))

    assert path.orders() == []
    assert path.monitor.state_of(PUMP.code).series == {}


@pytest.mark.parametrize("status", [EquipmentStatus.STOPPED, EquipmentStatus.RETIRED])
def test_equipment_that_is_not_in_use_raises_nothing(path: DecidePath, status: EquipmentStatus) -> None:
    with path.database.transaction() as repositories:
        repositories.equipment.update(replace(PUMP, status=status))
    path.roster.refresh()
    path.decide(*bearing_at(HOT, 0, 20))
    assert path.orders() == []

    with path.database.transaction() as repositories:
        repositories.equipment.update(PUMP)
    path.roster.refresh()
    path.decide(*bearing_at(HOT, 21, 35))
    assert [order.raised_at for order in path.orders()] == [at(31)]


def test_equipment_that_nobody_registered_appears_and_never_gets_an_order(path: DecidePath) -> None:
    path.decide(*bearing_at(HOT, 0, 12, code="P-9"))
    path.roster.refresh()
    path.decide(*bearing_at(HOT, 13, 30, code="P-9"))

    stranger = known(path, "P-9")
    assert stranger is not None
    assert (stranger.status, stranger.site, stranger.type) == (EquipmentStatus.UNREGISTERED, "s1", "unregistered")
    assert unknown_metrics(path, "P-9") == ["bearing_temp"]
    assert path.orders() == []


def test_metrics_that_the_type_does_not_declare_are_noted_and_decide_nothing(path: DecidePath) -> None:
    path.decide(*(pump(minute, bearing_temp=COOL, bearing_tmp=HOT, oil_level=0.2) for minute in range(20)))

    assert unknown_metrics(path, PUMP.code) == ["bearing_tmp", "oil_level"]
    assert counted(path, "unknown_metrics") == 40
    assert path.orders() == []


def test_telemetry_of_a_merged_code_belongs_to_the_equipment_it_became(path: DecidePath) -> None:
    register(path.database, replace(PUMP, code="OLD-1", merged_into=PUMP.code))
    path.roster.refresh()
    path.decide(*bearing_at(HOT, 0, 5, code="OLD-1"))
    path.decide(*bearing_at(HOT, 6, 12))

    (order,) = path.orders()
    assert (order.equipment, order.raised_at) == (PUMP.code, at(10))


def test_a_rule_is_let_go_by_live_telemetry_and_never_before_it_was_raised(path: DecidePath) -> None:
    path.decide(*bearing_at(HOT, 0, 12))
    override(path, OFF)
    assert path.decide(replace(pump(5, bearing_temp=HOT), retained=True)).events == ()

    (event,) = path.decide(pump(6, bearing_temp=HOT)).events
    assert (event.kind, event.finding.at) == (AlarmEventKind.CLEARED, at(10))


def test_an_alarm_whose_fault_mode_left_the_catalog_is_let_go(path: DecidePath) -> None:
    path.decide(*bearing_at(HOT, 0, 12))
    path.monitor.checkpoint(1)
    pumps = CATALOG.types["pump"]
    smaller = replace(
        pumps,
        rules={key: rule for key, rule in pumps.rules.items() if rule.fault_mode != BEARING},
        fault_modes={code: mode for code, mode in pumps.fault_modes.items() if code != BEARING},
    )
    restarted = start_path(path.database, replace(CATALOG, types={**CATALOG.types, "pump": smaller}), at(13))

    assert [event.kind for event in restarted.decide(*bearing_at(HOT, 13, 14)).events] == [AlarmEventKind.CLEARED]
    (order,) = restarted.orders()
    assert order.timeline[-1].kind is EntryKind.ALARM_CLEARED


def test_an_alarm_whose_rule_went_over_to_another_fault_mode_is_let_go(path: DecidePath) -> None:
    path.decide(*bearing_at(HOT, 0, 12))
    path.monitor.checkpoint(1)
    pumps = CATALOG.types["pump"]
    other = next(code for code in pumps.fault_modes if code != BEARING)
    moved = replace(pumps, rules={**pumps.rules, RULE: replace(pumps.rules[RULE], fault_mode=other)})
    restarted = start_path(path.database, replace(CATALOG, types={**CATALOG.types, "pump": moved}), at(13))

    (event,) = restarted.decide(*bearing_at(HOT, 13, 13)).events
    assert (event.kind, event.key.fault_mode) == (AlarmEventKind.CLEARED, BEARING)
