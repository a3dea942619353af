"""What became of preventive orders, within one transaction."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from iot_maint.domain.feedback import EndedOrder, EndedQuery, FaultQuery, JudgedFault
from iot_maint.domain.findings import Evidence
from iot_maint.domain.queries import Page, PageRequest
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

    def ended(self, query: EndedQuery, limit: int) -> list[EndedOrder]:
        """The asked orders, those that ended last before the others; at most `limit`."""
        ...

    def faults(self, query: FaultQuery, request: PageRequest) -> Page[JudgedFault]:
        """The asked orders, those that ended first before the others."""
        ...

    def evidence_of(self, rule: str, numbers: Sequence[str]) -> Mapping[str, Sequence[Evidence]]:
        """What that rule contributed to each of these orders, oldest first; its clears are left out."""
        ...
