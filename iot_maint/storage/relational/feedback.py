"""Ends and verdicts of work orders in the database."""

from sqlalchemy import Connection, update

from iot_maint.domain.verdicts import Judgement
from iot_maint.domain.work_orders import WorkOrder, WorkOrderStatus
from iot_maint.storage.relational.tables.orders import work_orders
from iot_maint.storage.relational.verdicts import judgement_row


class SqlFeedback:
    """`FeedbackRepository` within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def store_outcome(self, order: WorkOrder) -> None:
        """Store when the order ended and its verdict."""
        values = {"ended_at": order.ended_at, **judgement_row(order.judgement)}
        self._connection.execute(update(work_orders).where(work_orders.c.number == order.number).values(values))

    def judge(self, number: str, expected: WorkOrderStatus, judgement: Judgement | None) -> bool:
        """Replace the verdict of an order of that status; false when it has another by now.

        Two at once change it one after the other: the row stays locked to the commit.
        """
        statement = (
            update(work_orders)
            .where(work_orders.c.number == number, work_orders.c.status == expected.value)
            .values(judgement_row(judgement))
            .returning(work_orders.c.id)
        )
        return self._connection.execute(statement).first() is not None
