"""The measurement of a point is looked up when it is stored, by the register as it is then."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from iot_maint.catalog import load_catalog
from iot_maint.domain.columns import TelemetryColumns
from iot_maint.domain.errors import StoreUnavailable
from iot_maint.domain.telemetry import Telemetry
from iot_maint.metering import PrometheusMeter
from iot_maint.services.points import PointMaker
from iot_maint.services.roster import Roster
from iot_maint.storage.relational.database import RelationalDatabase
from tests.builders import an_equipment

VIBRATION = Telemetry(
    site="s1", equipment="P-1", at_ms=1_767_225_600_000, received_at_ms=1_767_225_600_000, values={"vib_rms": 2.1}
)


@pytest.fixture
def database(empty_databases: Callable[[], RelationalDatabase]) -> RelationalDatabase:
    return empty_databases()


def a_roster(database: RelationalDatabase) -> Roster:
    # Its second never comes to an end: nothing is read again because it is time.
    return Roster(database, load_catalog(), timedelta(hours=1), monotonic=lambda: 0.0)


def measurements(maker: PointMaker) -> list[str]:
    return [point.measurement for points in maker.points_of(TelemetryColumns.of([VIBRATION])) for point in points]


def test_equipment_registered_this_second_is_stored_under_its_type(database: RelationalDatabase) -> None:
    maker = PointMaker(a_roster(database), PrometheusMeter())
    assert measurements(maker) == ["unregistered"]
    with database.transaction() as repositories:
        repositories.equipment.add(an_equipment("P-1"))
    assert measurements(maker) == ["pump"]


def test_an_absent_database_holds_up_no_telemetry_of_a_register_that_was_read(
    database: RelationalDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.transaction() as repositories:
        repositories.equipment.add(an_equipment("P-1"))
    read, unread = a_roster(database), a_roster(database)
    read.refresh()

    def absent() -> None:
        raise StoreUnavailable("the database is away")

    monkeypatch.setattr(database, "reading", absent)
    assert measurements(PointMaker(read, PrometheusMeter())) == ["pump"]
    with pytest.raises(StoreUnavailable):
        measurements(PointMaker(unread, PrometheusMeter()))
