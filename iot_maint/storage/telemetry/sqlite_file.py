"""The file of the embedded telemetry store: its schema, one writer at a time, and readers that never wait for it."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from iot_maint.domain.errors import StoreUnavailable, UnknownFormat

FORMAT = 1
# `value` has no declared type: numbers stay numbers, and the texts of events stay texts.
_SCHEMA = (
    """CREATE TABLE IF NOT EXISTS series (
        id INTEGER PRIMARY KEY,
        measurement TEXT NOT NULL,
        site TEXT NOT NULL,
        equipment TEXT NOT NULL,
        tags TEXT NOT NULL,
        field TEXT NOT NULL,
        UNIQUE (measurement, equipment, site, tags, field)
    )""",
    """CREATE TABLE IF NOT EXISTS points (
        series INTEGER NOT NULL REFERENCES series (id),
        at_ms INTEGER NOT NULL,
        value NOT NULL,
        PRIMARY KEY (series, at_ms)
    ) WITHOUT ROWID""",
    f"PRAGMA user_version = {FORMAT}",
)


class SqliteFile:
    """Connections to one file.  Nothing opens before the first use; threads may share it."""

    def __init__(self, path: Path, *, busy_timeout: timedelta) -> None:
        self._path = path
        self._busy_s = busy_timeout.total_seconds()
        self._write_lock = threading.Lock()
        self._idle_lock = threading.Lock()
        self._idle: list[sqlite3.Connection] = []

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """One durable transaction; other processes' writers are waited for by SQLite."""
        with self._write_lock, self.read() as connection, _transaction(connection):
            yield connection

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """A connection of one's own: in WAL mode it reads while another writes."""
        try:
            connection = self._take()
            try:
                yield connection
            except sqlite3.Error:
                connection.close()
                raise
            except BaseException:
                self._put_back(connection)
                raise
            self._put_back(connection)
        except sqlite3.Error as error:
            # Never a refusal: a locked, full or damaged file says nothing against the points.
            raise StoreUnavailable(f"telemetry file {self._path}: {error}") from error

    def close(self) -> None:
        """Close the connections at rest; a later use opens new ones."""
        with self._idle_lock:
            while self._idle:
                self._idle.pop().close()

    def _take(self) -> sqlite3.Connection:
        with self._idle_lock:
            return self._idle.pop() if self._idle else self._open()

    def _put_back(self, connection: sqlite3.Connection) -> None:
        with self._idle_lock:
            self._idle.append(connection)

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=self._busy_s, isolation_level=None, check_same_thread=False)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            # The spool forgets a batch once it rests here: a power cut must not undo a commit.
            connection.execute("PRAGMA synchronous = FULL")
            self._prepare(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        [found] = connection.execute("PRAGMA user_version").fetchone()
        if found == FORMAT:
            return
        if found != 0:
            raise UnknownFormat(f"telemetry file {self._path} has format {found}; this release reads {FORMAT}")
        with _transaction(connection):
            for statement in _SCHEMA:
                connection.execute(statement)


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.rollback()
        raise
    connection.commit()
