"""The schema's version: what the database has, what this release needs, and the way up.  There is no way down."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from iot_maint.domain.errors import MaintError
from iot_maint.storage.relational.engine import READS_ONLY, make_engine, parse_database_url
from iot_maint.storage.relational.failures import meaningful_failures

_SCRIPTS = Path(__file__).parents[1] / "migrations"
# Any number will do, as long as every release takes the same.
_MIGRATION_LOCK = 7_250_413


class SchemaVersion(StrEnum):
    """How the database's schema stands to this release."""

    EMPTY = "empty"
    OLDER = "older"
    CURRENT = "current"
    UNKNOWN = "unknown"
    FOREIGN = "foreign"


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaState:
    """`found` is the database's revision (`None`: it has none), `needed` this release's."""

    version: SchemaVersion
    found: str | None
    needed: str

    def require_current(self) -> None:
        """`MaintError`, saying what to do, when this release cannot work with the schema."""
        self.require_known()
        if self.version is not SchemaVersion.CURRENT:
            raise MaintError(
                f"the database's schema is {self.found or 'empty'}, this release needs {self.needed}: "
                "run `iot-maint migrate`"
            )

    def require_known(self) -> None:
        """`MaintError` when a later release migrated the database, or it belongs to another program."""
        if self.version is SchemaVersion.UNKNOWN:
            raise MaintError(
                f"the database's schema is {self.found}, which this release (schema {self.needed}) does not know: "
                "a later release migrated it, and there is no way back; run that release, or restore a backup"
            )
        if self.version is SchemaVersion.FOREIGN:
            raise MaintError("the database holds the tables of another program: give iot-maint one of its own")


def schema_state(url: str) -> SchemaState:
    """Look without changing anything; `StoreUnavailable` when the database does not answer."""
    with _connected(url, READS_ONLY) as connection:
        return read_schema_state(connection)


def migrate(url: str) -> SchemaState:
    """Bring the schema up to date in one transaction; the state it was in before.  `MaintError` names why it cannot."""
    with _connected(url) as connection:
        return upgrade(connection)


def read_schema_state(connection: Connection) -> SchemaState:
    """The state of the schema as this transaction sees it."""
    needed, known = _revisions()
    found = MigrationContext.configure(connection).get_current_revision()
    if found is None:
        tables = [name for name in inspect(connection).get_table_names() if name != "alembic_version"]
        return SchemaState(version=SchemaVersion.FOREIGN if tables else SchemaVersion.EMPTY, found=None, needed=needed)
    if found not in known:
        return SchemaState(version=SchemaVersion.UNKNOWN, found=found, needed=needed)
    version = SchemaVersion.CURRENT if found == needed else SchemaVersion.OLDER
    return SchemaState(version=version, found=found, needed=needed)


def upgrade(connection: Connection) -> SchemaState:
    """Upgrade within this transaction; the state before.  Of several processes, one works and the others wait."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        connection.execute(text("SET LOCAL lock_timeout = 0"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _MIGRATION_LOCK})
    state = read_schema_state(connection)
    state.require_known()
    if state.version is not SchemaVersion.CURRENT:
        command.upgrade(_config(connection), "head")
    return state


@cache
def _revisions() -> tuple[str, frozenset[str]]:
    """This release's newest revision, and all that it knows."""
    scripts = ScriptDirectory.from_config(_config())
    revisions = [script.revision for script in scripts.walk_revisions()]
    return revisions[0], frozenset(revisions)


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


@contextmanager
def _connected(url: str, *options: str) -> Iterator[Connection]:
    parsed = parse_database_url(url)
    engine = make_engine(parsed)
    try:
        with meaningful_failures(parsed), engine.connect() as connection:
            connection.execution_options(**dict.fromkeys(options, True))
            with connection.begin():
                yield connection
    finally:
        engine.dispose()
