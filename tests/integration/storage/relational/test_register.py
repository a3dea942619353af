"""The equipment register."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from iot_maint.domain.catalog import Limit
from iot_maint.domain.equipment import (
    Document,
    Equipment,
    EquipmentStatus,
    LimitChange,
    LimitOverride,
    Part,
    PartReplacement,
    Transfer,
    TransferKind,
)
from iot_maint.domain.errors import UnknownEquipment
from iot_maint.storage.relational.database import RelationalDatabase
from tests.builders import T0, an_equipment

EVERYTHING = Equipment(
    code="P-1",
    name="一号生活水泵",
    type="pump",
    site="s1",
    kind="booster",
    status=EquipmentStatus.UNDER_MAINTENANCE,
    building="A",
    floor="B2",
    room="水泵房",
    maker="某厂",
    model="CR 32",
    serial="0001",
    commissioned_on=date(2020, 2, 29),
    warranty_until=date(2027, 3, 1),
    contractor="某维保公司",
    contractor_licence="TS3310-2026",
    contractor_phone="+86 10 5555 0100",
    parent="PR-1",
    gateway="GW-1",
    gateway_device="7",
    parameters={"setpoint": 0.45, "nameplate.power_kw": 15.0},
    merged_into="P-2",
    first_seen_at=T0,
)


def test_equipment_comes_back_as_it_was_added(database: RelationalDatabase) -> None:
    with database.transaction() as repositories:
        assert repositories.equipment.add(EVERYTHING)

    with database.reading() as repositories:
        assert repositories.equipment.get("P-1") == replace(EVERYTHING, revision=1)
        assert repositories.equipment.get("P-2") is None


def test_a_taken_code_is_not_added_again(database: RelationalDatabase) -> None:
    with database.transaction() as repositories:
        repositories.equipment.add(an_equipment(name="first"))
    with database.transaction() as repositories:
        assert not repositories.equipment.add(an_equipment(name="second", parameters={"setpoint": 1.0}))

        found = repositories.equipment.get("P-1")

    assert found is not None
    assert (found.name, found.parameters) == ("first", {})


def test_an_update_replaces_fields_and_parameters(database: RelationalDatabase) -> None:
    changed = an_equipment(name="二号", status=EquipmentStatus.STOPPED, parameters={"setpoint": 0.5})
    with database.transaction() as repositories:
        repositories.equipment.add(an_equipment(parameters={"setpoint": 0.4, "nameplate.power_kw": 15}))
    with database.transaction() as repositories:
        repositories.equipment.update(changed)

    with database.reading() as repositories:
        assert repositories.equipment.get("P-1") == replace(changed, revision=2)


def test_an_update_of_unknown_equipment_says_so(database: RelationalDatabase) -> None:
    with pytest.raises(UnknownEquipment, match="P-9"), database.transaction() as repositories:
        repositories.equipment.update(an_equipment("P-9"))


def override_of(code: str, limit: Limit) -> LimitOverride:
    return LimitOverride(equipment=code, rule_key="hot", limit=limit, for_duration=timedelta(minutes=3))


def change_to(new: LimitOverride | None, old: LimitOverride | None = None, code: str = "P-1") -> LimitChange:
    return LimitChange(equipment=code, rule_key="hot", changed_at=T0, changed_by="desk", old=old, new=new)


def test_monitored_gives_what_changed_since_a_revision(database: RelationalDatabase) -> None:
    with database.transaction() as repositories:
        for code in ("P-1", "P-2", "P-3"):
            repositories.equipment.add(an_equipment(code, parameters={"setpoint": 0.4}))
    with database.reading() as repositories:
        before = repositories.equipment.revision()
        assert [one.equipment.code for one in repositories.equipment.monitored()] == ["P-1", "P-2", "P-3"]
        assert repositories.equipment.monitored(before) == []

    override = override_of("P-3", Limit(parameter="setpoint", times=1.1, plus=0.02))
    with database.transaction() as repositories:
        repositories.equipment.update(an_equipment("P-2", parameters={"setpoint": 0.5}))
    with database.transaction() as repositories:
        repositories.equipment.set_override(change_to(override, code="P-3"))

    with database.reading() as repositories:
        changed = repositories.equipment.monitored(before)
        assert repositories.equipment.revision() > before
    assert [(one.equipment.code, one.equipment.parameters, one.overrides) for one in changed] == [
        ("P-2", {"setpoint": 0.5}, {}),
        ("P-3", {"setpoint": 0.4}, {"hot": override}),
    ]


def test_a_change_that_is_rolled_back_leaves_the_revision(database: RelationalDatabase) -> None:
    def add_and_regret() -> None:
        with database.transaction() as repositories:
            repositories.equipment.add(an_equipment())
            raise RuntimeError("regretted")

    with pytest.raises(RuntimeError, match="regretted"):
        add_and_regret()

    with database.reading() as repositories:
        assert repositories.equipment.revision() == 0
        assert repositories.equipment.get("P-1") is None


def test_overrides_go_back_to_the_catalog_and_their_history_stays(database: RelationalDatabase) -> None:
    low, high = override_of("P-1", Limit(value=70.0)), override_of("P-1", Limit(value=90.0))
    changes = [change_to(low), change_to(high, old=low), change_to(None, old=high)]
    in_force = []
    with database.transaction() as repositories:
        repositories.equipment.add(an_equipment())
        for change in changes:
            repositories.equipment.set_override(change)
            in_force.append(repositories.equipment.overrides("P-1"))

    assert in_force == [[low], [high], []]
    with database.reading() as repositories:
        assert repositories.equipment.limit_changes("P-1") == changes


def test_the_archive_keeps_parts_replacements_and_documents(database: RelationalDatabase) -> None:
    replacement = PartReplacement(
        part="bearing-6309",
        quantity=2,
        replaced_on=date(2026, 5, 1),
        work_order="WO-20260501-0001",
        note="驱动端",
        recorded_by="desk",
    )
    manual = Document(title="说明书", url="https://example.com/manual.pdf")
    with database.transaction() as repositories:
        repositories.equipment.add(an_equipment())
        repositories.equipment.put_part("P-1", Part(code="seal", name="机械密封", quantity=1))
        repositories.equipment.put_part("P-1", Part(code="bearing-6309", name="轴承", quantity=1))
        repositories.equipment.put_part("P-1", Part(code="bearing-6309", name="轴承", quantity=2))
        repositories.equipment.add_replacement("P-1", replacement)
        repositories.equipment.add_document("P-1", manual)

    with database.reading() as repositories:
        assert repositories.equipment.parts("P-1") == [
            Part(code="bearing-6309", name="轴承", quantity=2),
            Part(code="seal", name="机械密封", quantity=1),
        ]
        assert repositories.equipment.replacements("P-1") == [replacement]
        assert repositories.equipment.documents("P-1") == [manual]
        assert repositories.equipment.revision() == 1


def test_strangers_are_counted_and_their_metrics_noted_once(database: RelationalDatabase) -> None:
    stranger = an_equipment("X-1", equipment_type="unregistered", status=EquipmentStatus.UNREGISTERED)
    with database.transaction() as repositories:
        repositories.equipment.add(stranger)
        repositories.equipment.add(an_equipment("P-1"))
        repositories.equipment.note_unknown_metrics("X-1", ["b", "a", "a"], T0)
        repositories.equipment.note_unknown_metrics("X-1", ["b", "c"], T0)
        repositories.equipment.note_unknown_metrics("P-1", [], T0)

    with database.reading() as repositories:
        assert repositories.equipment.count_unregistered() == 1
        assert repositories.equipment.unknown_metrics("X-1") == ["a", "b", "c"]
        assert repositories.equipment.unknown_metrics("P-1") == []


def test_a_transfer_is_pending_until_it_is_finished(database: RelationalDatabase) -> None:
    asked = Transfer(
        id=0,
        kind=TransferKind.MERGE,
        source="X-1",
        source_site="s1",
        from_measurement="unregistered",
        target="P-1",
        target_site="s1",
        to_measurement="pump",
        requested_at=T0,
        requested_by="desk",
    )
    with database.transaction() as repositories:
        first = repositories.equipment.add_transfer(asked)
        second = repositories.equipment.add_transfer(asked)
        assert repositories.equipment.pending_transfers() == [first, second]
    done = replace(first, points_copied=12, finished_at=T0)
    with database.transaction() as repositories:
        repositories.equipment.update_transfer(done)

    with database.reading() as repositories:
        assert repositories.equipment.pending_transfers() == [second]
        assert repositories.equipment.transfer(first.id) == done
        assert repositories.equipment.transfer(999) is None
