"""What goes wrong with a database, in words that callers can act on."""

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError, StatementError

from iot_maint.domain.errors import BrokenSetting, InvalidInput, StoreUnavailable
from iot_maint.domain.queries import EquipmentQuery, PageRequest
from iot_maint.storage.relational import engine
from iot_maint.storage.relational.database import RelationalDatabase, open_database
from iot_maint.storage.relational.migrate import migrate, schema_state
from tests.builders import T0, an_equipment
from tests.servers.postgresql import PostgresqlDatabase
from tests.servers.processes import free_port


def test_a_refused_connection_is_a_store_that_may_come_back() -> None:
    url = f"postgresql+psycopg://maint:secret@127.0.0.1:{free_port()}/maint"

    with open_database(url) as database, pytest.raises(StoreUnavailable, match="does not answer") as failure:
        database.check()

    assert "secret" not in str(failure.value)
    with pytest.raises(StoreUnavailable):
        schema_state(url)


def test_the_first_transaction_after_a_restart_of_postgresql_succeeds(postgresql: PostgresqlDatabase) -> None:
    migrate(postgresql.url)
    with open_database(postgresql.url) as database:
        database.check()
        postgresql.server.kill()
        with pytest.raises(StoreUnavailable), database.transaction():
            pass
        postgresql.server.start()

        with database.transaction() as repositories:
            assert repositories.equipment.add(an_equipment())


def test_a_connection_that_dies_in_the_middle_is_unavailable_and_nothing_is_kept(
    postgresql: PostgresqlDatabase,
) -> None:
    migrate(postgresql.url)
    with open_database(postgresql.url) as database:

        def add_while_the_server_dies() -> None:
            with database.transaction() as repositories:
                repositories.equipment.add(an_equipment())
                postgresql.server.kill()
                repositories.equipment.get("P-1")

        with pytest.raises(StoreUnavailable):
            add_while_the_server_dies()
        postgresql.server.start()

        with database.reading() as repositories:
            assert repositories.equipment.get("P-1") is None


def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    with (
        open_database(f"sqlite:///{tmp_path}/nowhere/x.db") as database,
        pytest.raises(StoreUnavailable, match=r"nowhere/x\.db"),
    ):
        database.check()


def test_a_file_that_is_no_database_is_damaged_in_words(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(b"not a database " * 100)

    with (
        open_database(f"sqlite:///{tmp_path}/x.db") as database,
        pytest.raises(StoreUnavailable, match=r"x\.db is damaged \(file is not a database\)"),
    ):
        database.check()


def test_a_locked_sqlite_is_unavailable_for_writing_and_open_for_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "_BUSY_TIMEOUT_S", 0.05)
    with open_database(f"sqlite:///{tmp_path}/x.db") as database:
        database.check()
        other = sqlite3.connect(tmp_path / "x.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")

        with pytest.raises(StoreUnavailable, match="locked"), database.transaction():
            pass
        with database.reading() as repositories:
            assert repositories.equipment.revision() == 0

        other.execute("COMMIT")
        other.close()
        with database.transaction() as repositories:
            assert repositories.equipment.add(an_equipment())


def test_reading_writes_nothing_on_sqlite(tmp_path: Path) -> None:
    with open_database(f"sqlite:///{tmp_path}/x.db") as database:
        with pytest.raises(StoreUnavailable, match="readonly"), database.reading() as repositories:
            repositories.equipment.add(an_equipment())

        with database.transaction() as repositories:
            assert repositories.equipment.add(an_equipment())


def test_sqlite_is_set_up_to_survive_a_power_cut(tmp_path: Path) -> None:
    made = engine.make_engine(engine.parse_database_url(f"sqlite:///{tmp_path}/x.db"))
    with made.connect() as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    made.dispose()

    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 10_000}


def test_a_mistake_in_the_schema_is_no_unavailable_store(tmp_path: Path) -> None:
    with open_database(f"sqlite:///{tmp_path}/x.db") as database:
        database.check()
        with sqlite3.connect(tmp_path / "x.db") as other:
            other.execute("DROP TABLE rule_states")
        other.close()

        with pytest.raises(OperationalError, match="no such table"), database.reading() as repositories:
            repositories.checkpoints.load_states()


def test_a_time_without_a_zone_is_refused(database: RelationalDatabase) -> None:
    with pytest.raises(StatementError, match="without a zone"), database.transaction() as repositories:
        repositories.checkpoints.save_stored("1", T0.replace(tzinfo=None))


def test_a_value_that_postgresql_cannot_hold_is_the_callers_mistake(postgresql: PostgresqlDatabase) -> None:
    migrate(postgresql.url)
    with (
        open_database(postgresql.url) as database,
        pytest.raises(InvalidInput, match="NUL"),
        database.reading() as repositories,
    ):
        repositories.equipment.page(EquipmentQuery(text="\0"), PageRequest())


@pytest.mark.parametrize(
    "url", ["", "iot-maint.db", "sqlite://", "sqlite:///:memory:", "mysql://host/db", "postgresql+psycopg2://host/db"]
)
def test_a_url_of_something_else_is_a_broken_setting(url: str) -> None:
    with pytest.raises(BrokenSetting, match=r"IOT_MAINT_DATABASE_URL.*sqlite:///path"):
        open_database(url)


def test_a_time_keeps_its_instant_whatever_its_zone(database: RelationalDatabase) -> None:
    with database.transaction() as repositories:
        repositories.checkpoints.save_stored("1", T0.astimezone())

        assert repositories.checkpoints.stored_through()["1"] == T0
