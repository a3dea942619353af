"""Platform alarms in the database: at most one stands per worker and kind, whoever saves it how often."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, RowMapping, insert, select, update

from iot_maint.domain.platform_alarms import PlatformAlarm, PlatformAlarmKind, StoredPlatformAlarm
from iot_maint.storage.relational.statements import insert_new
from iot_maint.storage.relational.tables.platform import platform_alarm_notes, platform_alarms


class SqlPlatformAlarms:
    """`PlatformAlarmRepository` within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def standing(self, worker: str | None = None) -> list[PlatformAlarm]:
        """Those of one worker, or of all; the longest standing first."""
        statement = select(platform_alarms).where(platform_alarms.c.cleared_at.is_(None))
        if worker is not None:
            statement = statement.where(platform_alarms.c.worker == worker)
        rows = self._connection.execute(statement.order_by(platform_alarms.c.raised_at, platform_alarms.c.id))
        return [_alarm(row) for row in rows.mappings()]

    def save_standing(self, alarm: PlatformAlarm) -> None:
        """It stands: the one row of (worker, kind) that does, new or with a new detail."""
        if insert_new(self._connection, platform_alarms, _row(alarm), unique=None) is None:
            self._connection.execute(update(platform_alarms).where(*_stands(alarm)).values(detail=alarm.detail))

    def save_cleared(self, alarm: PlatformAlarm, cleared_at: datetime) -> None:
        """It stood until then, and is kept once, whether or not it was saved while it stood."""
        changes = {"detail": alarm.detail, "cleared_at": cleared_at}
        # Not one raised since: when this is saved for a second time, the next one may stand already.
        that_one = (*_stands(alarm), platform_alarms.c.raised_at <= alarm.since)
        cleared = self._connection.execute(update(platform_alarms).where(*that_one).values(changes))
        if cleared.rowcount == 0:
            values = _row(alarm) | {"cleared_at": cleared_at}
            insert_new(self._connection, platform_alarms, values, unique=None)

    def get(self, alarm_id: int) -> StoredPlatformAlarm | None:
        """The alarm of that id."""
        return next(iter(self.get_all([alarm_id])), None)

    def get_all(self, ids: Sequence[int]) -> list[StoredPlatformAlarm]:
        """Those of these ids, in no order."""
        statement = select(platform_alarms).where(platform_alarms.c.id.in_(ids))
        return [_stored(row) for row in self._connection.execute(statement).mappings()]

    def acknowledge(self, alarm_id: int, at: datetime, by: str) -> None:
        """Remember who saw it first; a second acknowledgement changes nothing."""
        unseen = (platform_alarms.c.id == alarm_id, platform_alarms.c.acknowledged_at.is_(None))
        self._connection.execute(update(platform_alarms).where(*unseen).values(acknowledged_at=at, acknowledged_by=by))

    def add_note(self, alarm_id: int, at: datetime, by: str, note: str) -> None:
        """Append a note."""
        self._connection.execute(insert(platform_alarm_notes).values(alarm_id=alarm_id, at=at, noted_by=by, note=note))

    def notes(self, alarm_id: int) -> list[tuple[datetime, str, str]]:
        """(when, who, what), oldest first."""
        table = platform_alarm_notes
        statement = select(table.c.at, table.c.noted_by, table.c.note).where(table.c.alarm_id == alarm_id)
        return [(at, by, note) for at, by, note in self._connection.execute(statement.order_by(table.c.id))]


def _stands(alarm: PlatformAlarm) -> tuple[ColumnElement[bool], ...]:
    return (
        platform_alarms.c.worker == alarm.worker,
        platform_alarms.c.kind == alarm.kind.value,
        platform_alarms.c.cleared_at.is_(None),
    )


def _row(alarm: PlatformAlarm) -> dict[str, object]:
    return {
        "worker": alarm.worker,
        "kind": alarm.kind.value,
        "detail": alarm.detail,
        "raised_at": alarm.since,
    }


def _alarm(row: RowMapping) -> PlatformAlarm:
    return PlatformAlarm(
        kind=PlatformAlarmKind(row["kind"]), detail=row["detail"], since=row["raised_at"], worker=row["worker"]
    )


def _stored(row: RowMapping) -> StoredPlatformAlarm:
    return StoredPlatformAlarm(
        id=row["id"],
        alarm=_alarm(row),
        cleared_at=row["cleared_at"],
        acknowledged_at=row["acknowledged_at"],
        acknowledged_by=row["acknowledged_by"],
    )
