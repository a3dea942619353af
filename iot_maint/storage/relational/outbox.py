"""The outbox: one row per event and channel, written in the transaction that made the event."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import ColumnElement, Connection, FromClause, RowMapping, and_, exists, func, or_, select, true, update

from iot_maint.domain.outbox import Channel, Delivery, OrderEvent
from iot_maint.storage.relational.rows import to_json
from iot_maint.storage.relational.statements import insert_all_new
from iot_maint.storage.relational.tables.orders import outbox

_earlier = outbox.alias("earlier")


def _waiting(table: FromClause) -> ColumnElement[bool]:
    return and_(table.c.delivered_at.is_(None), table.c.dead_at.is_(None))


def _is_due(at: datetime) -> ColumnElement[bool]:
    # What was never tried is due at once: it carries the event's time, which may be that of a device ahead of us.
    return or_(outbox.c.due_at <= at, outbox.c.attempts == 0)


# Events of one order reach a channel in their order: one that waits for its next attempt holds back those after it.
_is_next = ~exists().where(
    _earlier.c.order_number == outbox.c.order_number,
    _earlier.c.channel == outbox.c.channel,
    _earlier.c.id < outbox.c.id,
    _waiting(_earlier),
)


class SqlOutbox:
    """`OutboxRepository` within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, event: OrderEvent, channels: Sequence[Channel]) -> None:
        """One row for each channel, due at once; an event known already is left as it is."""
        rows = [
            {
                "event_id": event.id,
                "channel": channel.value,
                "event": event.event,
                "order_number": event.order,
                "at": event.at,
                "details": to_json(event.details),
                "attempts": 0,
                "due_at": event.at,
            }
            for channel in channels
        ]
        insert_all_new(self._connection, outbox, rows, unique=("event_id", "channel"))

    def due(self, at: datetime, limit: int, channel: Channel | None = None) -> list[Delivery]:
        """The next waiting event of each order and channel, oldest first; ask again for the ones behind them.

        Of one channel alone when asked.  On PostgreSQL they are locked for this transaction, and those that another
        one locked are left out.
        """
        asked = true() if channel is None else outbox.c.channel == channel.value
        statement = (
            select(outbox)
            .where(_waiting(outbox), _is_due(at), _is_next, asked)
            .order_by(outbox.c.id)
            .limit(limit)
            .with_for_update(of=outbox, skip_locked=True)
        )
        return [_delivery(row) for row in self._connection.execute(statement).mappings()]

    def update(self, delivery: Delivery) -> None:
        """Store what came of an attempt."""
        values = {
            "attempts": delivery.attempts,
            "due_at": delivery.due_at,
            "last_error": delivery.last_error,
            "delivered_at": delivery.delivered_at,
            "dead_at": delivery.dead_at,
        }
        self._connection.execute(update(outbox).where(outbox.c.id == delivery.id).values(values))

    def dead(self, limit: int) -> list[Delivery]:
        """Those given up, the newest first."""
        statement = select(outbox).where(outbox.c.dead_at.is_not(None)).order_by(outbox.c.id.desc()).limit(limit)
        return [_delivery(row) for row in self._connection.execute(statement).mappings()]

    def depth(self) -> int:
        """How many wait."""
        statement = select(func.count()).select_from(outbox).where(_waiting(outbox))
        return self._connection.execute(statement).scalar_one()


def _delivery(row: RowMapping) -> Delivery:
    return Delivery(
        id=row["id"],
        channel=Channel(row["channel"]),
        event=OrderEvent(
            id=row["event_id"],
            event=row["event"],
            order=row["order_number"],
            at=row["at"],
            details=msgspec.json.decode(row["details"], type=dict[str, str]),
        ),
        attempts=row["attempts"],
        due_at=row["due_at"],
        last_error=row["last_error"],
        delivered_at=row["delivered_at"],
        dead_at=row["dead_at"],
    )
