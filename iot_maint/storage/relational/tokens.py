"""API keys in the database, by the hash of their secret."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from iot_maint.domain.tokens import Token
from iot_maint.storage.relational.rows import from_row, to_row
from iot_maint.storage.relational.tables.service import tokens


class SqlTokens:
    """`TokenRepository` within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, token: Token, digest: bytes) -> None:
        """Keep the token under its secret's hash."""
        self._connection.execute(insert(tokens).values({**to_row(token), "digest": digest}))

    def find(self, digest: bytes) -> Token | None:
        """The token of that hash; `None` when unknown or revoked."""
        statement = select(tokens).where(tokens.c.digest == digest, tokens.c.revoked_at.is_(None))
        row = self._connection.execute(statement).mappings().first()
        return None if row is None else from_row(row, Token)

    def revoke(self, name: str, at: datetime) -> int:
        """Revoke all tokens of that name that still stand; how many."""
        statement = (
            update(tokens)
            .where(tokens.c.name == name, tokens.c.revoked_at.is_(None))
            .values(revoked_at=at)
            .returning(tokens.c.id)
        )
        return len(self._connection.execute(statement).all())

    def all(self) -> Sequence[Token]:
        """Oldest first, revoked ones included."""
        rows = self._connection.execute(select(tokens).order_by(tokens.c.id)).mappings()
        return [from_row(row, Token) for row in rows]
