"""What became of preventive orders, within one transaction."""

from typing import Protocol

from iot_maint.domain.verdicts import Judgement
from iot_maint.domain.work_orders import WorkOrder, WorkOrderStatus


class FeedbackRepository(Protocol):
    """Ends and verdicts of work orders."""

    def store_outcome(self, order: WorkOrder) -> None:
        """Store when the order ended and its verdict."""
        ...

    def judge(self, number: str, expected: WorkOrderStatus, judgement: Judgement | None) -> bool:
        """Replace the verdict of an order of that status; false when it has another by now."""
        ...
