"""Alarms of equipment and of the platform as one list, in one order, with one cursor: their ids never meet."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, CompoundSelect, Connection, RowMapping, Select, false, select, union_all

from iot_maint.domain.alarms import Alarm
from iot_maint.domain.platform_alarms import PlatformAlarmKind, StoredPlatformAlarm
from iot_maint.domain.queries import AlarmQuery, Page, PageRequest
from iot_maint.storage.relational import pages
from iot_maint.storage.relational.alarms import alarm_conditions, has_status, read_alarms
from iot_maint.storage.relational.platform_alarms import SqlPlatformAlarms
from iot_maint.storage.relational.tables.alarms import alarms
from iot_maint.storage.relational.tables.platform import platform_alarms


class SqlAlarmList:
    """`AlarmList` within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def page(self, query: AlarmQuery, request: PageRequest) -> Page[Alarm | StoredPlatformAlarm]:
        """Sorted by `raised_at`, the newest first by default."""
        listed = _places(query).subquery("listed")
        sorting = pages.Sorting(
            id=listed.c.id, default="-raised_at", keys={"raised_at": (listed.c.raised_at, pages.BY_TIME)}
        )
        rows, next_cursor = pages.read_page(self._connection, select(listed), sorting, request)
        return Page(items=self._read([row["id"] for row in rows]), next_cursor=next_cursor)

    def _read(self, ids: Sequence[int]) -> list[Alarm | StoredPlatformAlarm]:
        rows: Sequence[RowMapping] = (
            self._connection.execute(select(alarms).where(alarms.c.id.in_(ids))).mappings().all()
        )
        found: dict[int, Alarm | StoredPlatformAlarm] = {one.id: one for one in read_alarms(self._connection, rows)}
        found |= {one.id: one for one in SqlPlatformAlarms(self._connection).get_all(ids)}
        return [found[one] for one in ids]


def _places(query: AlarmQuery) -> Select[int, object] | CompoundSelect[int, object]:
    """Where the asked alarms stand in the list: (id, raised_at) of both kinds, or of the one that is asked for."""
    of_equipment = select(alarms.c.id, alarms.c.raised_at).where(*alarm_conditions(query))
    of_platform = select(platform_alarms.c.id, platform_alarms.c.raised_at).where(*_platform_conditions(query))
    if query.platform is None:
        return union_all(of_equipment, of_platform)
    return of_platform if query.platform else of_equipment


def _platform_conditions(query: AlarmQuery) -> list[ColumnElement[bool]]:
    """What the asked alarms of the platform fulfil: they are of no site, no equipment and never in shadow."""
    if query.site is not None or query.equipment is not None or query.shadow:
        return [false()]
    asked: list[ColumnElement[bool]] = []
    if query.fault_mode is not None:
        asked.append(platform_alarms.c.kind == query.fault_mode)
    if query.severity is not None:
        kinds = [kind.value for kind in PlatformAlarmKind if kind.severity is query.severity]
        asked.append(platform_alarms.c.kind.in_(kinds))
    if query.status is not None:
        asked += has_status(platform_alarms, query.status)
    return asked
