"""All work orders of a query, page by page."""

from iot_maint.domain.ports import Repositories
from iot_maint.domain.queries import PageRequest, WorkOrderQuery
from iot_maint.domain.work_orders import WorkOrder


def all_orders(repositories: Repositories, query: WorkOrderQuery) -> list[WorkOrder]:
    """In the order of their numbers."""
    found: list[WorkOrder] = []
    cursor = None
    while True:
        page = repositories.orders.page(query, PageRequest(limit=200, sort="number", cursor=cursor))
        found += page.items
        cursor = page.next_cursor
        if cursor is None:
            return found
