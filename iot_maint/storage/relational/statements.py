"""Inserts that let the database decide about conflicts, in the words of either database."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

from sqlalchemy import Connection, RowMapping, Table, TextClause
from sqlalchemy.dialects import postgresql, sqlite

T = TypeVar("T")
# Well below what either database takes as parameters of one statement.
_CHUNK = 500


def _insert(connection: Connection, table: Table) -> postgresql.Insert | sqlite.Insert:
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)


def insert_new(
    connection: Connection,
    table: Table,
    values: Mapping[str, object],
    *,
    unique: Sequence[str] | None,
    where: TextClause | None = None,
) -> RowMapping | None:
    """Insert one row, and return it; `None` when the unique index over `unique` (partial: `where`) holds it already.

    `unique` is `None`: when any unique index does.

    Another transaction that is inserting the same is waited for.
    """
    statement = (
        _insert(connection, table)
        .values(values)
        .on_conflict_do_nothing(index_elements=unique, index_where=where)
        .returning(*table.columns)
    )
    return connection.execute(statement).mappings().first()


def insert_all_new(
    connection: Connection, table: Table, rows: Sequence[Mapping[str, object]], *, unique: Sequence[str]
) -> None:
    """Insert those rows that are not there yet."""
    if rows:
        connection.execute(_insert(connection, table).on_conflict_do_nothing(index_elements=unique), rows)


def upsert(connection: Connection, table: Table, rows: Sequence[Mapping[str, object]], *, key: Sequence[str]) -> None:
    """Insert rows, or replace the columns given in them; all rows name the same columns."""
    if not rows:
        return
    statement = _insert(connection, table)
    replaced = {name: statement.excluded[name] for name in rows[0] if name not in key}
    connection.execute(statement.on_conflict_do_update(index_elements=key, set_=replaced), rows)


def chunks(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """Pieces that fit into the `IN (…)` of one statement."""
    for start in range(0, len(values), _CHUNK):
        yield values[start : start + _CHUNK]
