"""The archive of single pieces of equipment: built-in parts, their replacements, documents."""

from sqlalchemy import insert, select

from iot_maint.domain.equipment import Document, Part, PartReplacement
from iot_maint.storage.relational.equipment.revisions import Revisions
from iot_maint.storage.relational.rows import from_row, to_row
from iot_maint.storage.relational.statements import upsert
from iot_maint.storage.relational.tables import register


class Archive(Revisions):
    """The part of `EquipmentRepository` that the rules never ask for; it leaves the revision alone."""

    def parts(self, code: str) -> list[Part]:
        """By the parts' codes."""
        table = register.parts
        statement = select(table).where(table.c.equipment == code).order_by(table.c.code)
        return [from_row(row, Part) for row in self._connection.execute(statement).mappings()]

    def put_part(self, code: str, part: Part) -> None:
        """Add a part, or replace the one of that code."""
        row = {**to_row(part), "equipment": code}
        upsert(self._connection, register.parts, [row], key=("equipment", "code"))

    def replacements(self, code: str) -> list[PartReplacement]:
        """In the order in which they were recorded."""
        table = register.replacements
        statement = select(table).where(table.c.equipment == code).order_by(table.c.id)
        return [from_row(row, PartReplacement) for row in self._connection.execute(statement).mappings()]

    def add_replacement(self, code: str, replacement: PartReplacement) -> None:
        """Append to the history."""
        self._connection.execute(insert(register.replacements).values({**to_row(replacement), "equipment": code}))

    def documents(self, code: str) -> list[Document]:
        """In the order in which they were added."""
        table = register.documents
        statement = select(table).where(table.c.equipment == code).order_by(table.c.id)
        return [from_row(row, Document) for row in self._connection.execute(statement).mappings()]

    def add_document(self, code: str, document: Document) -> None:
        """Add a link."""
        self._connection.execute(insert(register.documents).values({**to_row(document), "equipment": code}))
