"""The register's revision: one number, raised once by every transaction that changes what the rules depend on."""

from sqlalchemy import Connection, select, update

from iot_maint.storage.relational.tables.register import equipment, register_revision


class Revisions:
    """Within one transaction, all changes share one new revision."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._raised_to: int | None = None

    def revision(self) -> int:
        """A number that grows with every change to the register or an override."""
        value: int = self._connection.execute(select(register_revision.c.value)).scalar_one()
        return value

    def _raise_revision(self) -> int:
        # The row stays locked to the commit: whoever reads a revision sees all changes up to it.
        if self._raised_to is None:
            statement = update(register_revision).values(value=register_revision.c.value + 1)
            raised: int = self._connection.execute(statement.returning(register_revision.c.value)).scalar_one()
            self._raised_to = raised
        return self._raised_to

    def _mark_changed(self, code: str) -> None:
        statement = update(equipment).where(equipment.c.code == code).values(revision=self._raise_revision())
        self._connection.execute(statement)
