"""Answers already given, so that a repeated request gets the same one."""

from datetime import datetime

from sqlalchemy import Connection, delete, select

from iot_maint.storage.relational.statements import insert_new
from iot_maint.storage.relational.tables.service import idempotency_keys as keys


class SqlIdempotency:
    """`IdempotencyRepository` within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, key: str) -> tuple[str, int, bytes] | None:
        """(request fingerprint, status code, body) given before."""
        statement = select(keys.c.fingerprint, keys.c.status, keys.c.body).where(keys.c.key == key)
        row = self._connection.execute(statement).first()
        return None if row is None else (row.fingerprint, row.status, row.body)

    def add(self, key: str, fingerprint: str, status: int, body: bytes, at: datetime) -> bool:
        """False when another request took the key meanwhile."""
        values = {"key": key, "fingerprint": fingerprint, "status": status, "body": body, "at": at}
        return insert_new(self._connection, keys, values, unique=("key",)) is not None

    def drop_before(self, at: datetime) -> None:
        """Forget answers older than that."""
        self._connection.execute(delete(keys).where(keys.c.at < at))
