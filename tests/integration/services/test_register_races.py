"""Two processes that change the register at once, on PostgreSQL: SQLite lets only one of them in."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from iot_maint.catalog import load_catalog
from iot_maint.clock import ReplayClock
from iot_maint.domain.equipment import Equipment, EquipmentStatus
from iot_maint.domain.errors import Conflict
from iot_maint.services.ordering import OrderDesk
from iot_maint.services.register import identity
from iot_maint.services.register.identity import merge
from iot_maint.services.register.importing import import_rows
from iot_maint.storage.relational.database import RelationalDatabase, open_database
from iot_maint.storage.relational.equipment.register import SqlEquipment
from tests.builders import T0, an_equipment
from tests.decide_path import SHANGHAI, register
from tests.servers.postgresql import PostgresqlDatabase

CATALOG = load_catalog()
CLOCK = ReplayClock(T0)
DESK = OrderDesk(catalog=CATALOG, clock=CLOCK, site_zone=SHANGHAI, channels=())
STRANGER = Equipment(code="P-9", name="P-9", type="unregistered", site="s1", status=EquipmentStatus.UNREGISTERED)


@pytest.fixture
def database(migrated_postgresql: PostgresqlDatabase) -> Iterator[RelationalDatabase]:
    with ExitStack() as opened:
        database = opened.enter_context(open_database(migrated_postgresql.url))
        register(database, an_equipment("P-1"), an_equipment("P-2"))
        yield database


def once_before(target: object, name: str, other: Callable[[], object], monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process does its work, whole, in the moment before that function is called first."""
    real = getattr(target, name)

    def interrupted(*arguments: object) -> object:
        monkeypatch.setattr(target, name, real)
        other()
        return real(*arguments)

    monkeypatch.setattr(target, name, interrupted)


def merge_alone(database: RelationalDatabase, source: str, target: str) -> None:
    with database.transaction() as repositories:
        merge(repositories, DESK, source, target, by="li")


def known(database: RelationalDatabase, code: str) -> Equipment:
    with database.reading() as repositories:
        found = repositories.equipment.get(code)
    assert found is not None
    return found


def test_two_merges_into_each_other_never_make_a_circle(
    database: RelationalDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    once_before(identity, "stand_down", lambda: merge_alone(database, "P-2", "P-1"), monkeypatch)
    with pytest.raises(Conflict, match="P-2 was merged into P-1 meanwhile"):
        merge_alone(database, "P-1", "P-2")

    assert (known(database, "P-1").merged_into, known(database, "P-2").merged_into) == (None, "P-1")


def test_a_code_that_reports_for_the_first_time_during_its_import_is_not_left_unregistered_in_silence(
    database: RelationalDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = (2, {"code": "P-9", "name": "九号泵", "type": "pump", "site": "s1"})

    def run_import() -> tuple[str, ...]:
        with database.transaction() as repositories:
            return import_rows(repositories, CATALOG, CLOCK, [row]).confirmed

    once_before(SqlEquipment, "add", lambda: register(database, STRANGER), monkeypatch)
    with pytest.raises(Conflict, match="P-9 came into the register meanwhile"):
        run_import()
    assert run_import() == ("P-9",)
    assert known(database, "P-9").status is EquipmentStatus.IN_SERVICE
