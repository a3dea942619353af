"""Limits of single pieces of equipment: the overrides in force, and every change that was ever made to one."""

from sqlalchemy import delete, insert, select

from iot_maint.domain.equipment import LimitChange, LimitOverride
from iot_maint.storage.relational.equipment.revisions import Revisions
from iot_maint.storage.relational.rows import from_json, from_optional_json, from_row, to_json, to_optional_json, to_row
from iot_maint.storage.relational.statements import upsert
from iot_maint.storage.relational.tables.register import equipment, limit_changes
from iot_maint.storage.relational.tables.register import overrides as in_force


class Limits(Revisions):
    """The part of `EquipmentRepository` that concerns limits."""

    def overrides(self, code: str) -> list[LimitOverride]:
        """Those in force, by rule key."""
        statement = select(in_force.c.override).where(in_force.c.equipment == code).order_by(in_force.c.rule_key)
        return [from_json(text, LimitOverride) for text in self._connection.execute(statement).scalars()]

    def set_override(self, change: LimitChange) -> None:
        """Put `change.new` in force (None: back to the catalog) and keep the change."""
        if change.new is None:
            key = (in_force.c.equipment == change.equipment, in_force.c.rule_key == change.rule_key)
            self._connection.execute(delete(in_force).where(*key))
        else:
            row = {"equipment": change.equipment, "rule_key": change.rule_key, "override": to_json(change.new)}
            upsert(self._connection, in_force, [row], key=("equipment", "rule_key"))
        values = {
            **to_row(change, without=("old", "new")),
            "old": to_optional_json(change.old),
            "new": to_optional_json(change.new),
        }
        self._connection.execute(insert(limit_changes).values(values))
        self._mark_changed(change.equipment)

    def limit_changes(self, code: str) -> list[LimitChange]:
        """Oldest first."""
        statement = select(limit_changes).where(limit_changes.c.equipment == code).order_by(limit_changes.c.id)
        return [
            from_row(
                row,
                LimitChange,
                old=from_optional_json(row["old"], LimitOverride),
                new=from_optional_json(row["new"], LimitOverride),
            )
            for row in self._connection.execute(statement).mappings()
        ]

    def _overrides_since(self, revision: int) -> dict[str, dict[str, LimitOverride]]:
        """By equipment changed after that revision, then by rule key."""
        statement = select(in_force.c.override).join(equipment).where(equipment.c.revision > revision)
        found: dict[str, dict[str, LimitOverride]] = {}
        for text in self._connection.execute(statement).scalars():
            override = from_json(text, LimitOverride)
            found.setdefault(override.equipment, {})[override.rule_key] = override
        return found
