"""The relational store: transactions that commit whole, over a schema that this release knows."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from types import TracebackType
from typing import Self

from sqlalchemy import URL, Connection

from iot_maint.storage.relational.alarm_list import SqlAlarmList
from iot_maint.storage.relational.alarms import SqlAlarms
from iot_maint.storage.relational.checkpoints import SqlCheckpoints
from iot_maint.storage.relational.engine import READS_ONLY, make_engine, parse_database_url
from iot_maint.storage.relational.equipment.register import SqlEquipment
from iot_maint.storage.relational.failures import meaningful_failures
from iot_maint.storage.relational.feedback import SqlFeedback
from iot_maint.storage.relational.idempotency import SqlIdempotency
from iot_maint.storage.relational.migrate import SchemaVersion, read_schema_state, upgrade
from iot_maint.storage.relational.models import SqlModels
from iot_maint.storage.relational.orders import SqlWorkOrders
from iot_maint.storage.relational.outbox import SqlOutbox
from iot_maint.storage.relational.platform_alarms import SqlPlatformAlarms
from iot_maint.storage.relational.silences import SqlSilences
from iot_maint.storage.relational.tokens import SqlTokens
from iot_maint.storage.relational.workers import SqlWorkers


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlRepositories:
    """All repositories of one transaction."""

    equipment: SqlEquipment
    alarms: SqlAlarms
    platform_alarms: SqlPlatformAlarms
    alarm_list: SqlAlarmList
    orders: SqlWorkOrders
    feedback: SqlFeedback
    outbox: SqlOutbox
    checkpoints: SqlCheckpoints
    silences: SqlSilences
    tokens: SqlTokens
    idempotency: SqlIdempotency
    workers: SqlWorkers
    models: SqlModels


def open_database(url: str) -> "RelationalDatabase":
    """The database of that URL; connects at the first transaction.  `BrokenSetting` for a URL that is none."""
    return RelationalDatabase(parse_database_url(url))


class RelationalDatabase:
    """`Database` on SQLite or PostgreSQL, safe to share between threads.  An empty SQLite database is migrated here."""

    def __init__(self, url: URL) -> None:
        self._url = url
        self._engine = make_engine(url)
        self._schema_checked = False
        self._checking = Lock()

    @contextmanager
    def transaction(self) -> Iterator[SqlRepositories]:
        """Commit on leaving, roll back on an exception; `StoreUnavailable` when the database does not answer."""
        self._require_schema()
        with self._begin(reads_only=False) as connection:
            yield _repositories(connection)

    @contextmanager
    def reading(self) -> Iterator[SqlRepositories]:
        """A transaction that only reads: on SQLite it neither waits for a writer nor keeps one waiting."""
        self._require_schema()
        with self._begin(reads_only=True) as connection:
            yield _repositories(connection)

    def check(self) -> None:
        """One real round trip, and the schema's version is the one this release needs."""
        with self._begin(reads_only=True) as connection:
            state = read_schema_state(connection)
        if state.version is SchemaVersion.EMPTY and self._url.drivername == "sqlite":
            with self._begin(reads_only=False) as connection:
                upgrade(connection)
        else:
            state.require_current()
        self._schema_checked = True

    def close(self) -> None:
        """Let go of all connections."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _require_schema(self) -> None:
        if not self._schema_checked:
            with self._checking:
                if not self._schema_checked:
                    self.check()

    @contextmanager
    def _begin(self, *, reads_only: bool) -> Iterator[Connection]:
        with meaningful_failures(self._url), self._engine.connect() as connection:
            connection.execution_options(**{READS_ONLY: reads_only})
            with connection.begin():
                yield connection


def _repositories(connection: Connection) -> SqlRepositories:
    return SqlRepositories(
        equipment=SqlEquipment(connection),
        alarms=SqlAlarms(connection),
        platform_alarms=SqlPlatformAlarms(connection),
        alarm_list=SqlAlarmList(connection),
        orders=SqlWorkOrders(connection),
        feedback=SqlFeedback(connection),
        outbox=SqlOutbox(connection),
        checkpoints=SqlCheckpoints(connection),
        silences=SqlSilences(connection),
        tokens=SqlTokens(connection),
        idempotency=SqlIdempotency(connection),
        workers=SqlWorkers(connection),
        models=SqlModels(connection),
    )
