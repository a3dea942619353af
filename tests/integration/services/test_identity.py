import pytest

from iot_maint.domain.equipment import Equipment, EquipmentStatus, Transfer, TransferKind
from iot_maint.domain.errors import Conflict, InvalidInput, UnknownEquipment
from iot_maint.domain.work_orders import EntryKind, WorkOrderStatus
from iot_maint.rules.state import EquipmentState, RuleState, Standing, encode_state
from iot_maint.services.ordering import OrderDesk
from iot_maint.services.register.identity import confirm, merge
from iot_maint.services.scoring.memory import Judgement, ModelMemory, encode_memory
from iot_maint.storage.relational.database import RelationalDatabase
from tests.api_builders import CATALOG, SHANGHAI, StandingClock
from tests.builders import T0, an_alarm_event, an_equipment


@pytest.fixture(autouse=True)
def _equipment(database: RelationalDatabase) -> None:
    stranger = Equipment(
        code="X-1", name="X-1", type="unregistered", site="s1", status=EquipmentStatus.UNREGISTERED, first_seen_at=T0
    )
    with database.transaction() as repositories:
        for one in (an_equipment("P-1"), an_equipment("P-2"), stranger):
            repositories.equipment.add(one)


def _merge(database: RelationalDatabase, clock: StandingClock, source: str, target: str) -> Transfer:
    with database.transaction() as repositories:
        return merge(repositories, _desk(clock), source, target, by="doer")


def _desk(clock: StandingClock) -> OrderDesk:
    return OrderDesk(catalog=CATALOG, clock=clock, site_zone=SHANGHAI, channels=())


def _confirm(database: RelationalDatabase, clock: StandingClock, code: str, equipment_type: str) -> Transfer:
    with database.transaction() as repositories:
        return confirm(repositories, CATALOG, clock, code, equipment_type, by="doer")


def test_a_confirmed_code_is_in_service_and_its_points_follow(
    database: RelationalDatabase, clock: StandingClock
) -> None:
    transfer = _confirm(database, clock, "X-1", "pump")
    assert (transfer.kind, transfer.source, transfer.target, transfer.to_measurement) == (
        TransferKind.CONFIRM,
        "X-1",
        "X-1",
        "pump",
    )
    with database.reading() as repositories:
        confirmed = repositories.equipment.get("X-1")
        assert repositories.equipment.pending_transfers() == [transfer]
    assert confirmed is not None
    assert (confirmed.type, confirmed.status) == ("pump", EquipmentStatus.IN_SERVICE)


def test_only_the_unregistered_is_confirmed_and_only_as_a_known_type(
    database: RelationalDatabase, clock: StandingClock
) -> None:
    with pytest.raises(Conflict):
        _confirm(database, clock, "P-1", "pump")
    with pytest.raises(InvalidInput, match="did you mean pump"):
        _confirm(database, clock, "X-1", "pmup")
    with pytest.raises(UnknownEquipment):
        _confirm(database, clock, "X-9", "pump")


def test_a_merged_code_is_an_alias_and_its_points_follow(database: RelationalDatabase, clock: StandingClock) -> None:
    transfer = _merge(database, clock, "X-1", "P-1")
    assert (transfer.from_measurement, transfer.target, transfer.to_measurement) == ("unregistered", "P-1", "pump")
    with database.reading() as repositories:
        source = repositories.equipment.get("X-1")
    assert source is not None
    assert source.merged_into == "P-1"


@pytest.mark.parametrize(("source", "target"), [("P-1", "X-1"), ("P-2", "X-1")])
def test_nothing_is_merged_into_an_unregistered_code(
    database: RelationalDatabase, clock: StandingClock, source: str, target: str
) -> None:
    with pytest.raises(Conflict, match="confirm it first"):
        _merge(database, clock, source, target)


def test_merges_never_make_a_circle_or_a_chain(database: RelationalDatabase, clock: StandingClock) -> None:
    with pytest.raises(InvalidInput):
        _merge(database, clock, "P-1", "P-1")
    _merge(database, clock, "P-1", "P-2")
    with pytest.raises(Conflict, match="merged into P-2 already"):
        _merge(database, clock, "P-2", "P-1")
    with pytest.raises(Conflict, match="merged into P-2 already"):
        _merge(database, clock, "X-1", "P-1")


def test_a_code_whose_own_points_are_still_being_copied_waits(
    database: RelationalDatabase, clock: StandingClock
) -> None:
    _confirm(database, clock, "X-1", "pump")
    with pytest.raises(Conflict, match="still being copied"):
        _merge(database, clock, "X-1", "P-1")


def test_what_stands_of_a_merged_code_is_cleared_and_its_order_says_so(
    database: RelationalDatabase, clock: StandingClock
) -> None:
    event = an_alarm_event(fault_mode="PMP-BEAR")
    rule, evidence = event.finding.rule, event.finding.evidence
    raised_ms = int(event.key.raised_at.timestamp() * 1000)
    state = EquipmentState(
        rules={rule: RuleState(raised_ms, 10, evidence.readings, raised_ms, evidence)},
        alarms={"PMP-BEAR": Standing(raised_ms, raised_ms, {rule: event.severity})},
    )
    with database.transaction() as repositories:
        step = _desk(clock).save(repositories, event, "pump")
        repositories.checkpoints.save_states({"P-1": encode_state(state)})
    assert step is not None
    _merge(database, clock, "P-1", "P-2")
    with database.reading() as repositories:
        alarm, order = repositories.alarms.find(event.key), repositories.orders.get(step.order.number)
    assert alarm is not None
    assert alarm.cleared_at == clock.now()
    assert order is not None
    assert (order.status, order.timeline[-1].kind) == (WorkOrderStatus.OPEN, EntryKind.ALARM_CLEARED)


def test_what_stands_by_a_model_is_cleared_too(database: RelationalDatabase, clock: StandingClock) -> None:
    event = an_alarm_event(fault_mode="PMP-BEAR", rule="model.rae")
    raised_ms = int(event.key.raised_at.timestamp() * 1000)
    judged = Judgement(fault_mode="PMP-BEAR", evidence=event.finding.evidence)
    state = EquipmentState(
        alarms={"PMP-BEAR": Standing(raised_ms, raised_ms, {"model.rae": event.severity})},
        models={"champion": encode_memory(ModelMemory("m1", judgement=judged))},
    )
    with database.transaction() as repositories:
        _desk(clock).save(repositories, event, "pump")
        repositories.checkpoints.save_states({"P-1": encode_state(state)})
    _merge(database, clock, "P-1", "P-2")
    with database.reading() as repositories:
        alarm = repositories.alarms.find(event.key)
    assert alarm is not None
    assert alarm.cleared_at == clock.now()
