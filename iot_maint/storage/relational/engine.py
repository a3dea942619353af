"""Engines for either database: SQLite that survives a power cut and many readers, PostgreSQL that never hangs."""

import sqlite3
import time

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import ConnectionPoolEntry

from iot_maint.domain.errors import BrokenSetting

# An execution option: the transaction only reads.
READS_ONLY = "iot_maint_reads_only"
_BUSY_TIMEOUT_S = 10
# libpq's, in s but for the last in ms: a host that vanished is noticed within half a minute, not after two hours.
_PATIENCE = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
# WAL with FULL: the spool forgets what a checkpoint here covers, so a power cut must not take the checkpoint back.
_SQLITE_PRAGMAS = ("synchronous = FULL", "foreign_keys = ON")
_WAL_ATTEMPTS = 100
_WAL_WAIT_S = 0.05
_POSTGRESQL_TIMEOUTS = (
    "statement_timeout = '30s'",
    "lock_timeout = '10s'",
    "idle_in_transaction_session_timeout = '60s'",
)


def parse_database_url(text: str) -> URL:
    """The URL of a SQLite file or a PostgreSQL database; `BrokenSetting` for anything else."""
    accepted = "IOT_MAINT_DATABASE_URL: expected sqlite:///path or postgresql+psycopg://user:password@host/database"
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):  # the latter: a port that is none
        raise BrokenSetting(accepted) from None  # what the URL holds, its password too, is nobody's to read
    if url.drivername == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    if url.drivername == "sqlite" and url.database in {None, "", ":memory:"}:
        raise BrokenSetting(f"{accepted}; a database in memory is not shared between connections")
    if url.drivername not in {"sqlite", "postgresql+psycopg"}:
        raise BrokenSetting(accepted)
    return url


def make_engine(url: URL) -> Engine:
    """An engine that has not connected yet."""
    if url.drivername == "sqlite":
        engine = create_engine(url, connect_args={"timeout": _BUSY_TIMEOUT_S}, pool_timeout=_BUSY_TIMEOUT_S)
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    patience = {name: value for name, value in _PATIENCE.items() if name not in url.query}
    # The ping: after the server's restart the first transaction must not fail on a connection that died with it.
    engine = create_engine(
        url,
        connect_args=patience,
        pool_pre_ping=True,
        pool_timeout=_BUSY_TIMEOUT_S,
        isolation_level="READ COMMITTED",
    )
    event.listen(engine, "connect", _set_up_postgresql)
    return engine


def _set_up_sqlite(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
    # The driver must not begin transactions by itself: it would do so only at the first write.
    connection.isolation_level = None
    _switch_to_wal(connection)
    for pragma in _SQLITE_PRAGMAS:
        connection.cursor().execute(f"PRAGMA {pragma}")


def _switch_to_wal(connection: DBAPIConnection) -> None:
    # Here alone SQLite does not wait by itself for another process that is switching a new file, too.
    for attempt in range(1, _WAL_ATTEMPTS + 1):
        try:
            connection.cursor().execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if attempt == _WAL_ATTEMPTS:
                raise
            time.sleep(_WAL_WAIT_S)
        else:
            return


def _begin_sqlite(connection: Connection) -> None:
    # IMMEDIATE takes the write lock before anything is read, so nothing read here is stale by the time of writing.
    reads_only = bool(connection.get_execution_options().get(READS_ONLY, False))
    connection.exec_driver_sql(f"PRAGMA query_only = {'ON' if reads_only else 'OFF'}")
    connection.exec_driver_sql("BEGIN" if reads_only else "BEGIN IMMEDIATE")


def _set_up_postgresql(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    for timeout in _POSTGRESQL_TIMEOUTS:
        cursor.execute(f"SET {timeout}")
    connection.commit()
