"""The file behind a spool: where it lies, who holds it, and how it is opened.

`spool-<worker>.db` is a SQLite database in WAL mode with `synchronous=FULL`: a commit is on the disk when it returns.
`spool-<worker>.lock` is locked by the one process that works under that name.
"""

import fcntl
import re
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from iot_maint.domain.errors import BrokenSetting, MaintError, StoreUnavailable, UnknownFormat
from iot_maint.storage import births

SCHEMA_VERSION = 1
_WORKER = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_BUSY_S = 10.0
_LOG_KEPT = 8 * 1024 * 1024  # bytes of a write-ahead log that grew in a rush; it is cut back to them
_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE batch (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    format INTEGER NOT NULL,
    received_at_ms INTEGER NOT NULL,
    telemetry BLOB NOT NULL
);
CREATE TABLE dead_letter (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    topic TEXT NOT NULL,
    payload BLOB NOT NULL,
    reason TEXT NOT NULL,
    detail TEXT NOT NULL,
    received_at_ms INTEGER NOT NULL
);
"""


def spool_path(data_dir: Path, worker: str) -> Path:
    """Where that worker's spool lies; `BrokenSetting` for a name that makes no file name."""
    if _WORKER.fullmatch(worker) is None:
        raise BrokenSetting(f"IOT_MAINT_WORKER={worker!r}: letters, digits, '.', '_' and '-' only, at most 64")
    return data_dir / f"spool-{worker}.db"


def workers_in(data_dir: Path) -> dict[str, Path]:
    """The spools that lie in a data directory, by worker."""
    return {path.stem.removeprefix("spool-"): path for path in sorted(data_dir.glob("spool-*.db"))}


@contextmanager
def hold_lock(path: Path, worker: str) -> Iterator[None]:
    """Hold the worker's lock; the operating system lets go of it however the process ends."""
    with storage_errors(path):
        handle = path.open("a+b")
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise MaintError(
                f"worker {worker!r} is running already on {path.parent}: "
                "stop that process, or give this one another IOT_MAINT_WORKER"
            ) from error
        yield


def open_for_writing(path: Path) -> sqlite3.Connection:
    """A connection whose commits are durable; makes the file, its tables and its id when they are not there."""
    with storage_errors(path):
        connection = _connect(path, "rwc")
        # Only while the file is empty: lets room be handed back to the disk.
        connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute(f"PRAGMA journal_size_limit={_LOG_KEPT}")
        connection.execute("BEGIN IMMEDIATE")
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version == 0:
            for statement in _SCHEMA.split(";"):
                connection.execute(statement)
            connection.execute("INSERT INTO meta VALUES ('id', ?)", (secrets.token_hex(16),))
            connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
        connection.execute(births.TABLE)
        connection.execute("COMMIT")
        if version > SCHEMA_VERSION:
            connection.close()
            raise UnknownFormat(f"{path} is of schema version {version}; this release knows {SCHEMA_VERSION}")
        return connection


def open_for_reading(path: Path) -> sqlite3.Connection:
    """A connection to an existing spool that changes nothing and waits for nobody."""
    with storage_errors(path):
        # Not SQLite's read-only mode: after a crash even a reader has to recover the write-ahead log.
        connection = _connect(path, "rw")
        connection.execute("PRAGMA query_only=ON")
        return connection


@contextmanager
def storage_errors(path: Path) -> Iterator[None]:
    """SQLite's and the system's errors in the product's words: passing ones, and a damaged file."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise StoreUnavailable(f"spool {path}: {error}") from error
    except sqlite3.DatabaseError as error:
        raise damaged(path, error) from error
    except OSError as error:
        raise StoreUnavailable(f"spool {path}: {error.strerror or error}") from error


def damaged(path: Path, why: object) -> MaintError:
    """The error for a file, or a batch in it, that cannot be read any more."""
    return MaintError(
        f"spool {path} is damaged ({why}): move it and its -wal file away and start again; "
        "what was not yet stored is in the moved file"
    )


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    # Transactions are written out here; each connection is used under a lock of its own.
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        timeout=_BUSY_S,
        isolation_level=None,
        check_same_thread=False,
    )
