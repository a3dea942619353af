"""Switches of shadow, and who made them."""

from collections.abc import Sequence

from sqlalchemy import delete, insert, select, update

from iot_maint.domain.shadow import ShadowChange, ShadowSwitch
from iot_maint.storage.relational.equipment.revisions import Revisions
from iot_maint.storage.relational.rows import from_row, to_row
from iot_maint.storage.relational.statements import upsert
from iot_maint.storage.relational.tables.register import equipment
from iot_maint.storage.relational.tables.shadow import shadow_changes, shadow_switches

EVERYWHERE = ""  # in a key there is no NULL


class SqlShadows(Revisions):
    """`ShadowRepository` within one transaction."""

    def switches(self) -> list[ShadowSwitch]:
        """Those in force, by source and equipment."""
        table = shadow_switches
        rows = self._connection.execute(select(table).order_by(table.c.source, table.c.equipment)).mappings()
        return [
            ShadowSwitch(source=row["source"], equipment=row["equipment"] or None, shadow=row["shadow"]) for row in rows
        ]

    def change(self, change: ShadowChange, types: Sequence[str] | None) -> None:
        """Put `change.new` in force (None: as declared) and keep the change; the equipment concerned is changed."""
        table, where = shadow_switches, change.equipment or EVERYWHERE
        if change.new is None:
            key = (table.c.source == change.source, table.c.equipment == where)
            self._connection.execute(delete(table).where(*key))
        else:
            row = {"source": change.source, "equipment": where, "shadow": change.new}
            upsert(self._connection, table, [row], key=("source", "equipment"))
        self._connection.execute(insert(shadow_changes).values(to_row(change)))
        concerned = update(equipment).values(revision=self._raise_revision())
        if change.equipment is not None:
            concerned = concerned.where(equipment.c.code == change.equipment)
        elif types is not None:
            concerned = concerned.where(equipment.c.type.in_(types))
        self._connection.execute(concerned)

    def changes(self) -> list[ShadowChange]:
        """Oldest first."""
        rows = self._connection.execute(select(shadow_changes).order_by(shadow_changes.c.id)).mappings()
        return [from_row(row, ShadowChange) for row in rows]
