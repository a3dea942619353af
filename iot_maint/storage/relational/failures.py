"""What the database's failures mean to the product: unavailable now, or input that it refuses."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import URL
from sqlalchemy.exc import DataError, DBAPIError, InterfaceError, OperationalError
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


@contextmanager
def meaningful_failures(url: URL) -> Iterator[None]:
    """`StoreUnavailable` for a database that is away, locked, full or too slow; `InvalidInput` for a refused value."""
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


def _is_passing(error: sqlite3.Error) -> bool:
    # Without a code it is the driver's own: a statement or a value that it cannot take.
    code: int = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_MISUSE)
    return code & 0xFF in _SQLITE_UNAVAILABLE


def _name(url: URL) -> str:
    return url.render_as_string(hide_password=True)


def _first_line(error: DBAPIError) -> str:
    return (str(error.orig).splitlines() or [type(error.orig).__name__])[0]
