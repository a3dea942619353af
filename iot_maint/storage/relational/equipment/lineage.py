"""What equipment hangs on, and what hangs on it, by `parent`."""

from collections.abc import Sequence

from sqlalchemy import select

from iot_maint.storage.relational.equipment.revisions import Revisions
from iot_maint.storage.relational.tables.register import equipment


class Lineage(Revisions):
    """The part of `EquipmentRepository` that goes up and down the tree."""

    def lineage(self, code: str) -> list[tuple[str, str]]:
        """(code, type) of the equipment, its parent, that one's parent and so on; empty for an unknown code."""
        found: list[tuple[str, str]] = []
        above: str | None = code
        # The register refuses rings, but two writers that each close half of one are not worth an endless loop.
        while above is not None and above not in {one for one, _ in found}:
            columns = (equipment.c.code, equipment.c.type, equipment.c.parent)
            row = self._connection.execute(select(*columns).where(equipment.c.code == above)).first()
            if row is None:
                break
            found.append((row.code, row.type))
            above = row.parent
        return found

    def behind(self, code: str) -> dict[str, str]:
        """Type by code, of the equipment itself and all that hangs on it, however far down."""
        columns = (equipment.c.code, equipment.c.type)
        tree = select(*columns).where(equipment.c.code == code).cte("tree", recursive=True)
        tree = tree.union(select(*columns).where(equipment.c.parent == tree.c.code))
        return {row.code: row.type for row in self._connection.execute(select(tree))}

    def same_gateway(self, code: str) -> list[str]:
        """The other equipment behind its gateway, by code; none for equipment without one."""
        own = select(equipment.c.gateway).where(equipment.c.code == code).scalar_subquery()
        statement = select(equipment.c.code).where(equipment.c.gateway == own, equipment.c.code != code)
        return list(self._connection.execute(statement.order_by(equipment.c.code)).scalars())

    def lock(self, codes: Sequence[str]) -> None:
        """Let no other transaction pass here with one of these until this one ends."""
        statement = select(equipment.c.code).where(equipment.c.code.in_(codes)).order_by(equipment.c.code)
        self._connection.execute(statement.with_for_update(key_share=True)).all()
