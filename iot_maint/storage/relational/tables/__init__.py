"""All tables; importing this fills `metadata`."""

from iot_maint.storage.relational.tables import alarms, models, orders, platform, register, service
from iot_maint.storage.relational.tables.base import metadata

__all__ = ["alarms", "metadata", "models", "orders", "platform", "register", "service"]
