"""The relational store as the services see it: transactions over all repositories."""

from contextlib import AbstractContextManager
from typing import Protocol

from iot_maint.domain.ports.feedback import FeedbackRepository
from iot_maint.domain.ports.models import ModelRepository
from iot_maint.domain.ports.orders import AlarmRepository, OutboxRepository, WorkOrderRepository
from iot_maint.domain.ports.platform import AlarmList, PlatformAlarmRepository
from iot_maint.domain.ports.register import EquipmentRepository
from iot_maint.domain.ports.service import (
    CheckpointRepository,
    IdempotencyRepository,
    SilenceRepository,
    TokenRepository,
    WorkerRepository,
)


class Repositories(Protocol):
    """All repositories of one transaction."""

    @property
    def equipment(self) -> EquipmentRepository: ...
    @property
    def alarms(self) -> AlarmRepository: ...
    @property
    def platform_alarms(self) -> PlatformAlarmRepository: ...
    @property
    def alarm_list(self) -> AlarmList: ...
    @property
    def orders(self) -> WorkOrderRepository: ...
    @property
    def feedback(self) -> FeedbackRepository: ...
    @property
    def outbox(self) -> OutboxRepository: ...
    @property
    def checkpoints(self) -> CheckpointRepository: ...
    @property
    def silences(self) -> SilenceRepository: ...
    @property
    def tokens(self) -> TokenRepository: ...
    @property
    def idempotency(self) -> IdempotencyRepository: ...
    @property
    def workers(self) -> WorkerRepository: ...
    @property
    def models(self) -> ModelRepository: ...


class Database(Protocol):
    """The relational store."""

    def transaction(self) -> AbstractContextManager[Repositories]:
        """Commit on leaving, roll back on an exception; `StoreUnavailable` when the database does not answer."""
        ...

    def reading(self) -> AbstractContextManager[Repositories]:
        """A transaction that only reads; on SQLite it neither waits for a writer nor keeps one waiting."""
        ...

    def check(self) -> None:
        """One real round trip, and the schema's version is the one this release needs."""
        ...
