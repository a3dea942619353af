"""All tables; importing this fills `metadata`."""

from iot_maint.storage.relational.tables import (
    alarms,
    backtests,
    models,
    orders,
    platform,
    register,
    service,
    shadow,
)
from iot_maint.storage.relational.tables.base import metadata

__all__ = ["alarms", "backtests", "metadata", "models", "orders", "platform", "register", "service", "shadow"]
