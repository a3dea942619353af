"""The register in memory: nothing is called unknown before it was read, and what was just registered is known."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from threading import Event

import pytest

from iot_maint.catalog import load_catalog
from iot_maint.domain.columns import TelemetryColumns
from iot_maint.domain.equipment import Equipment, EquipmentStatus
from iot_maint.domain.errors import StoreUnavailable
from iot_maint.domain.ports import Database
from iot_maint.domain.telemetry import Point, Telemetry
from iot_maint.metering import PrometheusMeter
from iot_maint.services.points import PointMaker
from iot_maint.services.roster import Roster
from iot_maint.storage.relational.database import RelationalDatabase
from tests.decide_path import register, start_path
from tests.fakes import FaultyDatabase
from tests.pump_stories import COOL, HOT, PUMP, at, bearing_at, pump

CATALOG = load_catalog()
READING = pump(0, bearing_temp=COOL)
STRANGER = replace(PUMP, type="unregistered", kind=None, status=EquipmentStatus.UNREGISTERED)
PATIENCE_S = 10


@dataclass(slots=True)
class Seconds:
    """Real seconds, as a test counts them."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def database(empty_databases: Callable[[], RelationalDatabase]) -> RelationalDatabase:
    return empty_databases()


def a_roster(database: Database, seconds: Seconds | None = None) -> Roster:
    return Roster(database, CATALOG, timedelta(hours=1), seconds or Seconds())


def points(roster: Roster, *telemetry: Telemetry) -> list[Point]:
    return [
        one
        for points in PointMaker(roster, PrometheusMeter()).points_of(TelemetryColumns.of(telemetry))
        for one in points
    ]


def measurements(roster: Roster, *telemetry: Telemetry) -> list[str]:
    return [point.measurement for point in points(roster, *telemetry)]


def test_nothing_is_stored_as_unregistered_while_the_register_could_not_be_read(database: RelationalDatabase) -> None:
    register(database, PUMP)

    def be_away() -> None:
        raise StoreUnavailable("away")

    absent = FaultyDatabase(inner=database, before=be_away)
    roster = a_roster(absent)
    for _ in range(2):  # the second try comes within the second in which nothing is due
        with pytest.raises(StoreUnavailable):
            points(roster, READING)

    absent.before = lambda: None
    assert measurements(roster, READING) == ["pump"]


def test_a_locked_register_is_asked_again_a_second_after_it_refused_and_not_each_time(
    database: RelationalDatabase,
) -> None:
    register(database, PUMP)
    seconds = Seconds()
    asked: list[float] = []

    def refuse_after_ten_seconds() -> None:
        asked.append(seconds.now)
        seconds.now += 10
        raise StoreUnavailable("locked")

    locked = FaultyDatabase(inner=database)
    roster = a_roster(locked, seconds)
    roster.refresh()
    locked.before = refuse_after_ten_seconds
    seconds.now += 1
    for _ in range(3):
        assert measurements(roster, READING) == ["pump"]
    assert asked == [1]
    seconds.now += 1
    assert measurements(roster, READING) == ["pump"]
    assert asked == [1, 12]


def test_whoever_comes_while_another_thread_reads_the_register_waits_for_it(database: RelationalDatabase) -> None:
    register(database, PUMP)
    asked, let_in = Event(), Event()

    def wait() -> None:
        asked.set()
        assert let_in.wait(PATIENCE_S)

    roster = a_roster(FaultyDatabase(inner=database, before=wait))
    with ThreadPoolExecutor(2) as pool:
        reading = pool.submit(roster.refresh)
        assert asked.wait(PATIENCE_S)
        storing = pool.submit(measurements, roster, READING)
        let_in.set()
        reading.result(PATIENCE_S)
        assert storing.result(PATIENCE_S) == ["pump"]


def test_a_change_is_known_a_second_later(database: RelationalDatabase) -> None:
    seconds = Seconds()
    register(database, PUMP)
    roster = a_roster(database, seconds)
    roster.refresh()
    with database.transaction() as repositories:
        repositories.equipment.update(replace(PUMP, status=EquipmentStatus.STOPPED))

    seconds.now = 0.9
    roster.refresh_if_due()
    assert roster.entries[PUMP.code].equipment.status is EquipmentStatus.IN_SERVICE
    seconds.now = 1.0
    roster.refresh_if_due()
    assert roster.entries[PUMP.code].equipment.status is EquipmentStatus.STOPPED


def test_an_absent_database_leaves_what_is_known(database: RelationalDatabase) -> None:
    seconds = Seconds()
    register(database, PUMP)
    faulty = FaultyDatabase(inner=database)
    roster = a_roster(faulty, seconds)
    roster.refresh()

    def be_away() -> None:
        raise StoreUnavailable("away")

    faulty.before, seconds.now = be_away, 5.0
    with pytest.raises(StoreUnavailable):
        roster.refresh_if_due()
    assert measurements(roster, READING) == ["pump"]


def test_a_chain_of_merged_codes_leads_to_the_equipment_at_its_end(database: RelationalDatabase) -> None:
    older = replace(PUMP, code="P-0", merged_into=PUMP.code)
    register(database, PUMP, older, replace(STRANGER, code="SN-77", site="gate", merged_into="P-0"))
    (point,) = points(a_roster(database), replace(READING, equipment="SN-77", site="gate"))

    assert (point.measurement, point.tags) == ("pump", {"site": "s1", "equipment": "P-1"})


def test_telemetry_from_a_foreign_site_is_never_the_equipment_s(database: RelationalDatabase) -> None:
    """It is refused at the door, unless it came before the register could be read."""
    register(database, PUMP)
    (point,) = points(a_roster(database), replace(READING, site="elsewhere"))

    assert (point.measurement, point.tags["site"]) == ("unregistered", "elsewhere")


def test_telemetry_from_a_foreign_site_decides_nothing(database: RelationalDatabase) -> None:
    register(database, PUMP)
    path = start_path(database, CATALOG, at(0))
    path.decide(*(replace(item, site="elsewhere") for item in bearing_at(HOT, 0, 20)))

    assert path.orders() == []
    with database.reading() as repositories:
        assert repositories.equipment.get(PUMP.code) == replace(PUMP, revision=1)
        assert repositories.equipment.unknown_metrics(PUMP.code) == []


def behind(code: str, device: str | None, status: EquipmentStatus = EquipmentStatus.IN_SERVICE) -> Equipment:
    return replace(PUMP, code=code, gateway="gw-1", gateway_device=device, status=status)


def codes_behind(roster: Roster, gateway: str) -> dict[str, str] | None:
    devices = roster.devices_of(gateway)
    return None if devices is None else {device: equipment.code for device, equipment in devices.items()}


def test_behind_a_gateway_equipment_has_the_name_it_is_given_there_or_else_its_code(
    database: RelationalDatabase,
) -> None:
    register(database, behind("P-11", "1"), behind("P-12", None), replace(PUMP, gateway=None))
    roster = a_roster(database)
    assert codes_behind(roster, "gw-1") is None
    roster.refresh()
    assert codes_behind(roster, "gw-1") == {"1": "P-11", "P-12": "P-12"}
    assert codes_behind(roster, "gw-2") == {}


def test_a_successor_takes_the_name_over_and_a_name_claimed_twice_is_nobody_s(database: RelationalDatabase) -> None:
    register(database, behind("P-11", "1", EquipmentStatus.RETIRED), behind("P-12", "1"))
    register(database, behind("P-13", "2"), behind("P-14", "2"))
    register(database, behind("P-15", "3", EquipmentStatus.RETIRED))
    roster = a_roster(database)
    roster.refresh()
    assert codes_behind(roster, "gw-1") == {"1": "P-12", "3": "P-15"}
