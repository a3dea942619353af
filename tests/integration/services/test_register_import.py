from collections.abc import Mapping

import pytest

from iot_maint.domain.catalog import Limit
from iot_maint.domain.equipment import Equipment, EquipmentStatus, LimitOverride, TransferKind
from iot_maint.services.register.columns import SURPLUS
from iot_maint.services.register.exporting import export_rows
from iot_maint.services.register.importing import ImportReport, import_rows
from iot_maint.services.register.limits import LimitWish, set_limit
from iot_maint.storage.relational.database import RelationalDatabase
from tests.api_builders import CATALOG, StandingClock
from tests.builders import T0

PUMP = {"code": "P-1", "name": "一号泵", "type": "pump", "site": "yard"}


@pytest.fixture
def register(database: RelationalDatabase, clock: StandingClock) -> "Register":
    return Register(database, clock)


class Register:
    def __init__(self, database: RelationalDatabase, clock: StandingClock) -> None:
        self.database = database
        self.clock = clock

    def bring(self, *rows: Mapping[str, str], partial: bool = False) -> ImportReport:
        numbered = list(enumerate(rows, 2))
        with self.database.transaction() as repositories:
            return import_rows(repositories, CATALOG, self.clock, numbered, partial=partial)

    def refusal(self, *rows: Mapping[str, str]) -> list[str]:
        report = self.bring(*rows)
        assert report.imported == 0
        return [str(row) for row in report.refused]

    def get(self, code: str) -> Equipment | None:
        with self.database.reading() as repositories:
            return repositories.equipment.get(code)

    def overrides(self, code: str) -> list[LimitOverride]:
        with self.database.reading() as repositories:
            return repositories.equipment.overrides(code)


def test_a_row_becomes_equipment_with_its_parameters(register: Register) -> None:
    report = register.bring(
        {
            **PUMP,
            "kind": "booster",
            "floor": "B1",
            "commissioned_on": "2020/3/1",
            "setpoint": "0.45",
            "interval.vib_rms": "10",
        }
    )
    assert report == ImportReport(added=("P-1",))
    pump = register.get("P-1")
    assert pump is not None
    assert (pump.kind, pump.floor, str(pump.commissioned_on)) == ("booster", "B1", "2020-03-01")
    assert pump.status is EquipmentStatus.IN_SERVICE
    assert pump.parameters == {"setpoint": 0.45, "interval.vib_rms": 10}


def test_every_bad_row_is_named_and_nothing_is_imported(register: Register) -> None:
    good = PUMP
    bad_type = {**PUMP, "code": "P-2", "type": "pmup"}
    bad_number = {**PUMP, "code": "P-3", "setpoint": "high", "warranty_until": "soon"}
    no_name = {**PUMP, "code": "P-4", "name": ""}
    assert register.refusal(good, bad_type, bad_number, no_name) == [
        "line 3: type: no type 'pmup' in the catalog; did you mean pump?",
        "line 4: setpoint: 'high' is not a number",
        "line 4: warranty_until: 'soon' is not a day such as 2026-01-31",
        "line 5: name: is required",
    ]
    assert register.get("P-1") is None


def test_good_rows_are_taken_beside_bad_ones_when_asked(register: Register) -> None:
    child_of_bad = {**PUMP, "code": "P-3", "parent": "P-2"}
    report = register.bring(PUMP, {**PUMP, "code": "P-2", "kind": "diesel"}, child_of_bad, partial=True)
    assert report.added == ("P-1",)
    assert [row.line for row in report.refused] == [3, 4]


def test_a_row_with_more_cells_than_columns_is_refused_beside_the_others(register: Register) -> None:
    report = register.bring(PUMP, {**PUMP, "code": "P-2", SURPLUS: "x, y"}, {**PUMP, "code": ""}, partial=True)
    assert report.added == ("P-1",)
    assert [str(row) for row in report.refused] == [
        "line 3: row: has more cells than there are columns: x, y",
        "line 4: code: is required",
    ]


def test_an_unknown_column_names_the_nearest_known_one(register: Register) -> None:
    assert register.refusal({**PUMP, "setpiont": "0.4"}) == [
        "line 2: setpiont: unknown column 'setpiont'; did you mean setpoint?"
    ]


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"code": "P/1"}, "none of / + #"),
        ({"kind": "diesel"}, "its kinds: booster, fire, sump"),
        ({"status": "unregistered"}, "is none of in_service, under_maintenance, stopped, retired"),
        ({"interval.vib_rms": "0"}, "above 0"),
        ({"interval.winding_temp": "5"}, "pump has no metric winding_temp"),
        ({"setpoint": "1e999"}, "not a finite number"),
        ({"parent": "P-9"}, "no equipment P-9"),
        ({"parent": "P-1"}, "would hang on itself"),
        ({"limit.vib_rms_warning": "9"}, "critical at 8.5 is crossed before"),
        ({"limit.door_open_time_critical": "9"}, "pump has no rule door_open_time_critical"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_reason(
    register: Register, cells: Mapping[str, str], reason: str
) -> None:
    (said,) = register.refusal({**PUMP, **cells})
    assert reason in said


def test_a_code_twice_in_a_file_is_refused(register: Register) -> None:
    assert register.refusal(PUMP, PUMP) == ["line 3: code: P-1 is in line 2 already"]


def test_parents_that_hang_on_each_other_are_refused(register: Register) -> None:
    rows = [{**PUMP, "code": "P-1", "parent": "P-2"}, {**PUMP, "code": "P-2", "parent": "P-1"}]
    assert len(register.refusal(*rows)) == 2


def test_a_parent_may_stand_further_down_in_the_file(register: Register) -> None:
    assert register.bring({**PUMP, "parent": "P-2"}, {**PUMP, "code": "P-2"}).added == ("P-1", "P-2")


def test_importing_again_changes_what_is_named_and_keeps_the_rest(register: Register) -> None:
    register.bring({**PUMP, "maker": "格兰富", "room": "泵房", "setpoint": "0.4", "nameplate.power_kw": "15"})
    assert register.bring({**PUMP, "maker": "", "setpoint": "0.5"}).changed == ("P-1",)
    pump = register.get("P-1")
    assert pump is not None
    assert (pump.maker, pump.room) == (None, "泵房")
    assert pump.parameters == {"setpoint": 0.5, "nameplate.power_kw": 15}
    assert register.bring({**PUMP, "setpoint": "0.5"}).unchanged == ("P-1",)


def test_a_limit_of_ones_own_moves_the_clear_limit_by_the_same_span(register: Register) -> None:
    register.bring({**PUMP, "limit.bearing_temp_warning": "75"})
    (override,) = register.overrides("P-1")
    assert (override.limit, override.clear_limit) == (Limit(value=75), Limit(value=74))
    with register.database.reading() as repositories:
        (change,) = repositories.equipment.limit_changes("P-1")
    assert (change.changed_by, change.old, change.new) == ("import", None, override)


def test_an_empty_limit_goes_back_to_the_catalog_but_keeps_a_dwell(register: Register) -> None:
    register.bring({**PUMP, "limit.bearing_temp_warning": "75", "limit.vib_rms_warning": "4"})
    with register.database.transaction() as repositories:
        wish = LimitWish(limit=Limit(value=75), enabled=False)
        set_limit(repositories, CATALOG, register.clock, "P-1", "bearing_temp_warning", wish, by="doer")
    register.bring({**PUMP, "limit.bearing_temp_warning": "", "limit.vib_rms_warning": ""})
    (override,) = register.overrides("P-1")
    assert (override.rule_key, override.limit, override.enabled) == ("bearing_temp_warning", None, False)


def test_type_and_site_are_fixed_once_it_has_reported(register: Register) -> None:
    register.bring(PUMP)
    assert register.bring({**PUMP, "site": "depot"}).changed == ("P-1",)
    with register.database.transaction() as repositories:
        repositories.checkpoints.save_states({"P-1": b"state"})
    said = register.refusal({**PUMP, "site": "yard", "type": "elevator"})
    assert len(said) == 2
    assert all("give it a new code and merge P-1 into that" in one for one in said)


def test_importing_an_unregistered_code_confirms_it(register: Register) -> None:
    with register.database.transaction() as repositories:
        repositories.equipment.add(_a_stranger("P-1"))
    assert "reports from site yard, not depot" in register.refusal({**PUMP, "site": "depot"})[0]
    assert register.bring(PUMP).confirmed == ("P-1",)
    pump = register.get("P-1")
    assert pump is not None
    assert (pump.type, pump.status, pump.first_seen_at) == ("pump", EquipmentStatus.IN_SERVICE, T0)
    with register.database.reading() as repositories:
        (transfer,) = repositories.equipment.pending_transfers()
    assert (transfer.kind, transfer.from_measurement, transfer.to_measurement) == (
        TransferKind.CONFIRM,
        "unregistered",
        "pump",
    )


def test_what_is_exported_and_imported_again_changes_nothing(register: Register) -> None:
    register.bring(
        {**PUMP, "contractor_phone": "+86 10 1234", "commissioned_on": "2020-03-01", "setpoint": "0.45"},
        {**PUMP, "code": "P-2", "limit.bearing_temp_warning": "75", "status": "stopped"},
        {**PUMP, "code": "P-3", "setpoint": "0.4", "limit.discharge_pressure_low_warning": "setpoint*0.9-0.01"},
    )
    with register.database.reading() as repositories:
        columns, rows = export_rows(repositories)
    texts = [{column: "" if row.get(column) is None else str(row[column]) for column in columns} for row in rows]
    assert register.bring(*texts).unchanged == ("P-1", "P-2", "P-3")


def _a_stranger(code: str) -> Equipment:
    return Equipment(
        code=code, name=code, type="unregistered", site="yard", status=EquipmentStatus.UNREGISTERED, first_seen_at=T0
    )
