"""What the database's failures mean to the product: unavailable now, or input that it refuses."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import URL
from sqlalchemy.exc import DatabaseError, DataError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolExhausted

from iot_maint.domain.errors import InvalidInput, StoreUnavailable

# Of SQLite's errors, those of the file, its locks and its disk; the others are mistakes in a statement.
_SQLITE_UNAVAILABLE = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_READONLY,
    }
)
_SQLITE_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


@contextmanager
def meaningful_failures(url: URL) -> Iterator[None]:
    """`StoreUnavailable` for a database that is away, locked, full, damaged or slow; `InvalidInput` for a bad value."""
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        if isinstance(error.orig, sqlite3.Error) and not _is_passing(error.orig):
            raise
        raise StoreUnavailable(f"the database {_name(url)} does not answer: {_first_line(error)}") from error
    except PoolExhausted as error:
        raise StoreUnavailable(f"the database {_name(url)} is busy: every connection is in use") from error
    except DataError as error:
        raise InvalidInput("value", f"the database refuses it: {_first_line(error)}") from error
    except DatabaseError as error:
        if not isinstance(error.orig, sqlite3.Error) or _code(error.orig) not in _SQLITE_DAMAGED:
            raise
        damaged = f"the database {_name(url)} is damaged ({_first_line(error)}): put a backup in its place"
        raise StoreUnavailable(damaged) from error


def _is_passing(error: sqlite3.Error) -> bool:
    return _code(error) in _SQLITE_UNAVAILABLE


def _code(error: sqlite3.Error) -> int:
    # Without a code it is the driver's own: a statement or a value that it cannot take.
    code: int = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_MISUSE)
    return code & 0xFF


def _name(url: URL) -> str:
    # Without the query, where a password may stand too.
    return url.set(query={}).render_as_string(hide_password=True)


def _first_line(error: DBAPIError) -> str:
    return (str(error.orig).splitlines() or [type(error.orig).__name__])[0]
