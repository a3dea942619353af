"""All tables; importing this fills `metadata`."""

from iot_maint.storage.relational.tables import alarms, orders, platform, register, service, shadow
from iot_maint.storage.relational.tables.base import metadata

__all__ = ["alarms", "metadata", "orders", "platform", "register", "service", "shadow"]
