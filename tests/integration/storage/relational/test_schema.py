"""The schema's versions: what migrates, what is refused, and that the steps lead where the code expects."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, inspect, text

import iot_maint.storage
from iot_maint.catalog import load_catalog
from iot_maint.domain.errors import MaintError
from iot_maint.domain.outbox import Channel
from iot_maint.domain.queries import AlarmQuery, PageRequest, WorkOrderQuery
from iot_maint.domain.work_orders import EntryKind, TimelineEntry, Transition, WorkOrderStatus
from iot_maint.storage.relational.database import RelationalDatabase, open_database
from iot_maint.storage.relational.migrate import SchemaVersion, migrate, schema_state
from iot_maint.storage.relational.tables import metadata
from tests.builders import T0, a_work_order
from tests.decide_path import register, start_path
from tests.pump_stories import COOL, HOT, PUMP, SEIZING, at, bearing_at
from tests.servers.postgresql import PostgresqlDatabase


def execute(url: str, statement: str) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()


def take_verdicts_away(url: str) -> None:
    """Undo 0012_verdicts."""
    execute(url, "DROP INDEX ix_work_orders_ended_at_id")
    execute(url, "DROP INDEX ix_work_orders_verdict_ended_at_id")
    for column in ("ended_at", "verdict", "judged_at", "judged_by", "found_mode", "failed_at", "parts_replaced"):
        execute(url, f"ALTER TABLE work_orders DROP COLUMN {column}")
    execute(url, "ALTER TABLE timeline_entries DROP COLUMN judgement")


def test_the_steps_lead_to_the_tables_that_the_code_expects(empty_url: str) -> None:
    migrate(empty_url)
    engine = create_engine(empty_url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_migrating_brings_an_empty_database_up_to_date_and_again_changes_nothing(empty_url: str) -> None:
    assert schema_state(empty_url).version is SchemaVersion.EMPTY

    assert migrate(empty_url).version is SchemaVersion.EMPTY
    assert migrate(empty_url).version is SchemaVersion.CURRENT

    state = schema_state(empty_url)
    assert (state.version, state.found) == (SchemaVersion.CURRENT, state.needed)


def test_an_older_schema_is_refused_until_migrated(empty_url: str) -> None:
    migrate(empty_url)
    for table in ("model_events", "models", "model_revision", "model_checks"):
        execute(empty_url, f"DROP TABLE {table}")
    execute(empty_url, "DROP TABLE backtests")
    execute(empty_url, "DROP TABLE platform_alarm_notes")
    execute(empty_url, "DROP TABLE platform_alarms")
    execute(empty_url, "DROP TABLE forecasts")
    execute(empty_url, "DROP TABLE forecast_days")
    execute(empty_url, "ALTER TABLE work_orders DROP COLUMN planned_for")
    execute(empty_url, "ALTER TABLE work_orders DROP COLUMN planned_until")
    execute(empty_url, "DROP TABLE idempotency_keys")
    execute(empty_url, "DROP TABLE ingest_workers")
    execute(empty_url, "DROP TABLE rule_states")
    execute(empty_url, "DROP TABLE shadow_changes")
    execute(empty_url, "DROP TABLE shadow_switches")
    execute(empty_url, "DROP TABLE silence_states")
    execute(empty_url, "DROP TABLE tokens")
    execute(empty_url, "DROP TABLE workers")
    take_verdicts_away(empty_url)
    for index in ("ix_alarms_cause_id", "ix_alarms_waiting", "ix_work_orders_watched"):
        execute(empty_url, f"DROP INDEX {index}")
    for column in ("cause_id", "hung_at", "locked_out_at", "waits_for", "waits_until", "flapping_since", "flaps"):
        execute(empty_url, f"ALTER TABLE alarms DROP COLUMN {column}")
    execute(empty_url, "ALTER TABLE work_orders DROP COLUMN watched_since")
    execute(empty_url, "UPDATE alembic_version SET version_num = '0002_alarms_and_orders'")

    with open_database(empty_url) as database:
        with pytest.raises(MaintError, match=r"0002_alarms_and_orders.*run `iot-maint migrate`"):
            database.check()
        assert migrate(empty_url).version is SchemaVersion.OLDER
        database.check()


def test_orders_that_ended_before_verdicts_get_their_end_from_the_timeline(empty_url: str) -> None:
    migrate(empty_url)
    ends = [
        TimelineEntry(
            kind=EntryKind.TRANSITION, at=T0, recorded_at=T0 + timedelta(hours=hours), by="zhang", transition=step
        )
        for hours, step in enumerate((Transition.CLOSE, Transition.REOPEN, Transition.CANCEL, Transition.DISPATCH))
    ]
    with open_database(empty_url) as database, database.transaction() as repositories:
        cancelled = a_work_order("WO-1", status=WorkOrderStatus.CANCELLED, timeline=tuple(ends[:3]))
        assert repositories.orders.add(cancelled)
        assert repositories.orders.add(a_work_order("WO-2", timeline=tuple(ends)))
    take_verdicts_away(empty_url)
    execute(empty_url, "UPDATE alembic_version SET version_num = '0011_backtests'")

    migrate(empty_url)

    with open_database(empty_url) as database, database.reading() as repositories:
        found = {order.number: order for order in repositories.orders.page(WorkOrderQuery(), PageRequest()).items}
    assert found["WO-1"] == replace(cancelled, ended_at=T0 + timedelta(hours=2))
    assert found["WO-2"].ended_at is None


def test_alarms_orders_and_checkpoints_of_the_schema_before_models_are_all_there_afterwards(
    empty_url: str, tmp_path: Path
) -> None:
    now_url = f"sqlite:///{tmp_path}/now.db"
    migrate(now_url)
    with open_database(now_url) as database:
        path = start_path(database, load_catalog(), at(0), channels=tuple(Channel))
        register(database, PUMP, replace(PUMP, code="P-2"))
        path.roster.refresh()
        path.replay([*bearing_at(HOT, 0, 12), *bearing_at(COOL, 13, 14), *bearing_at(SEIZING, 2, 20, code="P-2")])
        path.monitor.checkpoint(3)
        expected = all_of(database)
    upgrade_to(empty_url, "0006_silences")
    copy_what_fits(now_url, empty_url)

    assert migrate(empty_url).version is SchemaVersion.OLDER

    with open_database(empty_url) as database:
        assert all_of(database) == expected


def upgrade_to(url: str, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(iot_maint.storage.__file__).parent / "migrations"))
    engine = create_engine(url)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    engine.dispose()


def copy_what_fits(from_url: str, to_url: str) -> None:
    """Every row, with the columns that the older schema has; what it wrote on its own is replaced."""
    source, target = create_engine(from_url), create_engine(to_url)
    with source.connect() as reading, target.begin() as writing:
        schema = inspect(writing)
        older = [table for table in metadata.sorted_tables if schema.has_table(table.name)]
        columns = {table.name: {one["name"] for one in schema.get_columns(table.name)} for table in older}
        for table in reversed(older):
            writing.execute(table.delete())
        for table in older:
            for row in reading.execute(table.select()).mappings():
                fits = {name: value for name, value in row.items() if name in columns[table.name]}
                writing.execute(table.insert().values(fits))
    source.dispose()
    target.dispose()


def all_of(database: RelationalDatabase) -> tuple[object, ...]:
    """Alarms, orders and rule states, as the code reads them."""
    with database.reading() as repositories:
        return (
            repositories.alarms.page(AlarmQuery(), PageRequest()).items,
            repositories.orders.page(WorkOrderQuery(), PageRequest()).items,
            {code: repositories.checkpoints.load_state(code) for code in ("P-1", "P-2")},
            repositories.checkpoints.decided("1", "spool"),
        )


def test_a_later_releases_schema_is_refused_and_left_alone(empty_url: str) -> None:
    migrate(empty_url)
    execute(empty_url, "UPDATE alembic_version SET version_num = '9999_future'")

    with open_database(empty_url) as database, pytest.raises(MaintError, match=r"9999_future.*no way back"):
        database.check()
    with pytest.raises(MaintError, match=r"9999_future.*no way back"):
        migrate(empty_url)
    assert schema_state(empty_url).found == "9999_future"


def test_another_programs_database_is_refused(empty_url: str) -> None:
    execute(empty_url, "CREATE TABLE theirs (id INTEGER)")

    with pytest.raises(MaintError, match="another program"):
        migrate(empty_url)
    with open_database(empty_url) as database, pytest.raises(MaintError, match="another program"):
        database.check()


def test_an_empty_sqlite_database_is_migrated_on_first_use(tmp_path: Path) -> None:
    path = tmp_path / "iot-maint.db"
    database = open_database(f"sqlite:///{path}")
    assert not path.exists()

    with database, database.transaction() as repositories:
        assert repositories.orders.next_number("20260101") == "WO-20260101-0001"

    assert schema_state(f"sqlite:///{path}").version is SchemaVersion.CURRENT


def test_an_empty_postgresql_database_asks_for_migrate(postgresql: PostgresqlDatabase) -> None:
    with open_database(postgresql.url) as database:
        with pytest.raises(MaintError, match="iot-maint migrate"):
            database.check()
        with pytest.raises(MaintError, match="iot-maint migrate"), database.transaction():
            pass
        assert schema_state(postgresql.url).version is SchemaVersion.EMPTY

        migrate(postgresql.url)
        database.check()


def test_a_migration_that_fails_leaves_nothing_behind(empty_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("power cut")

    with monkeypatch.context() as patch:
        patch.setattr("alembic.op.execute", fail)
        with pytest.raises(RuntimeError, match="power cut"):
            migrate(empty_url)

    assert schema_state(empty_url).version is SchemaVersion.EMPTY
    migrate(empty_url)
