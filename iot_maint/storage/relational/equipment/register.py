"""The equipment register's rows, each with its parameters."""

from collections.abc import Mapping, Sequence

from sqlalchemy import RowMapping, Select, delete, insert, or_, select, update

from iot_maint.domain.equipment import Equipment, Monitored
from iot_maint.domain.errors import UnknownEquipment
from iot_maint.domain.queries import EquipmentQuery, Page, PageRequest
from iot_maint.storage.relational import pages
from iot_maint.storage.relational.equipment.archive import Archive
from iot_maint.storage.relational.equipment.limits import Limits
from iot_maint.storage.relational.equipment.lineage import Lineage
from iot_maint.storage.relational.equipment.strangers import Strangers
from iot_maint.storage.relational.rows import from_row, to_row
from iot_maint.storage.relational.statements import chunks, insert_new
from iot_maint.storage.relational.tables.register import equipment
from iot_maint.storage.relational.tables.register import parameters as parameter_table

_SORTING = pages.Sorting(
    id=equipment.c.code,
    default="code",
    keys={
        "code": (equipment.c.code, pages.BY_TEXT_THEN_CODE),
        "name": (equipment.c.name, pages.BY_TEXT_THEN_CODE),
    },
)


class SqlEquipment(Limits, Archive, Strangers, Lineage):
    """`EquipmentRepository` within one transaction."""

    def get(self, code: str) -> Equipment | None:
        """The equipment of that code."""
        rows = self._connection.execute(select(equipment).where(equipment.c.code == code)).mappings().all()
        return next(iter(self._read(rows)), None)

    def monitored(self, since_revision: int = -1) -> list[Monitored]:
        """Equipment (unregistered and merged included) changed after that revision, with its overrides."""
        changed = equipment.c.revision > since_revision
        rows = self._connection.execute(select(equipment).where(changed).order_by(equipment.c.code)).mappings().all()
        parameters = self._parameters(select(parameter_table).join(equipment).where(changed))
        overrides = self._overrides_since(since_revision)
        return [
            Monitored(equipment=_equipment(row, parameters), overrides=overrides.get(row["code"], {})) for row in rows
        ]

    def page(self, query: EquipmentQuery, request: PageRequest) -> Page[Equipment]:
        """Sorted by `code` (by default) or `name`."""
        filters = {
            equipment.c.site: query.site,
            equipment.c.type: query.type,
            equipment.c.kind: query.kind,
            equipment.c.status: None if query.status is None else query.status.value,
            equipment.c.parent: query.parent,
            equipment.c.gateway: query.gateway,
        }
        conditions = [column == value for column, value in filters.items() if value is not None]
        if query.text is not None:
            found = (column.icontains(query.text, autoescape=True) for column in (equipment.c.code, equipment.c.name))
            conditions.append(or_(*found))
        statement = select(equipment).where(*conditions)
        rows, next_cursor = pages.read_page(self._connection, statement, _SORTING, request)
        return Page(items=self._read(rows), next_cursor=next_cursor)

    def add(self, new: Equipment) -> bool:
        """False when the code was taken meanwhile."""
        row = {**to_row(new, without=("parameters",)), "revision": self._raise_revision()}
        if insert_new(self._connection, equipment, row, unique=("code",)) is None:
            return False
        self._insert_parameters(new)
        return True

    def update(self, changed: Equipment) -> None:
        """Store all its fields and parameters; `UnknownEquipment` when the code is not there."""
        row = {**to_row(changed, without=("parameters",)), "revision": self._raise_revision()}
        statement = update(equipment).where(equipment.c.code == changed.code).values(row).returning(equipment.c.code)
        if self._connection.execute(statement).first() is None:
            raise UnknownEquipment(f"no equipment {changed.code} in the register")
        self._connection.execute(delete(parameter_table).where(parameter_table.c.equipment == changed.code))
        self._insert_parameters(changed)

    def _insert_parameters(self, of: Equipment) -> None:
        rows = [{"equipment": of.code, "name": name, "value": value} for name, value in of.parameters.items()]
        if rows:
            self._connection.execute(insert(parameter_table), rows)

    def _read(self, rows: Sequence[RowMapping]) -> list[Equipment]:
        parameters: dict[str, dict[str, float]] = {}
        for codes in chunks([row["code"] for row in rows]):
            parameters |= self._parameters(select(parameter_table).where(parameter_table.c.equipment.in_(codes)))
        return [_equipment(row, parameters) for row in rows]

    def _parameters(self, statement: Select[*tuple[object, ...]]) -> dict[str, dict[str, float]]:
        found: dict[str, dict[str, float]] = {}
        for row in self._connection.execute(statement.order_by(parameter_table.c.name)).mappings():
            found.setdefault(row["equipment"], {})[row["name"]] = row["value"]
        return found


def _equipment(row: RowMapping, parameters: Mapping[str, Mapping[str, float]]) -> Equipment:
    return from_row(row, Equipment, parameters=parameters.get(row["code"], {}))
