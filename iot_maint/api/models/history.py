"""What ever happened to one piece of equipment."""

from pydantic import Field

from iot_maint.api.models.alarms import AlarmModel
from iot_maint.api.models.common import Answer
from iot_maint.api.models.equipment import ReplacementModel
from iot_maint.api.models.orders import WorkOrderModel
from iot_maint.api.models.rules import LimitChangeModel


class HistoryModel(Answer):
    """The newest first; `work_orders` come in pages, the rest with the first page alone."""

    equipment: str
    work_orders: list[WorkOrderModel]
    next_cursor: str | None = Field(description="Of the next work orders.")
    alarms: list[AlarmModel] = Field(description="The newest, with their notes.")
    replacements: list[ReplacementModel]
    limit_changes: list[LimitChangeModel]
    unknown_metrics: list[str] = Field(description="Metrics that it sent and its type does not declare.")
