"""What the services need of the world outside.  Adapters live in `storage`, `notify`, `clock`; bootstrap chooses."""

from iot_maint.domain.ports.backtests import BacktestRepository
from iot_maint.domain.ports.database import Database, Repositories
from iot_maint.domain.ports.feedback import FeedbackRepository
from iot_maint.domain.ports.forecasts import ForecastRepository
from iot_maint.domain.ports.models import ModelRepository
from iot_maint.domain.ports.orders import AlarmRepository, OutboxRepository, WorkOrderRepository
from iot_maint.domain.ports.platform import AlarmList, PlatformAlarmRepository, PlatformAlarms
from iot_maint.domain.ports.register import EquipmentRepository
from iot_maint.domain.ports.service import (
    CheckpointRepository,
    IdempotencyRepository,
    SilenceRepository,
    TokenRepository,
    WorkerRepository,
)
from iot_maint.domain.ports.shadow import ShadowRepository
from iot_maint.domain.ports.surroundings import Clock, Meter, OrderNotifier
from iot_maint.domain.ports.telemetry import HistoryStore, SeriesReader, Spool, TelemetryStore

__all__ = [
    "AlarmList",
    "AlarmRepository",
    "BacktestRepository",
    "CheckpointRepository",
    "Clock",
    "Database",
    "EquipmentRepository",
    "FeedbackRepository",
    "ForecastRepository",
    "HistoryStore",
    "IdempotencyRepository",
    "Meter",
    "ModelRepository",
    "OrderNotifier",
    "OutboxRepository",
    "PlatformAlarmRepository",
    "PlatformAlarms",
    "Repositories",
    "SeriesReader",
    "ShadowRepository",
    "SilenceRepository",
    "Spool",
    "TelemetryStore",
    "TokenRepository",
    "WorkOrderRepository",
    "WorkerRepository",
]
