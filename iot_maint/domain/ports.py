"""What the services need of the world outside.  Adapters live in `storage`, `notify`, `clock`; bootstrap chooses."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Protocol

from iot_maint.domain.alarms import Alarm, AlarmEvent, AlarmKey
from iot_maint.domain.equipment import (
    Document,
    Equipment,
    LimitChange,
    LimitOverride,
    Monitored,
    Part,
    PartReplacement,
    Transfer,
)
from iot_maint.domain.outbox import Channel, Delivery, OrderEvent
from iot_maint.domain.queries import (
    AlarmQuery,
    EquipmentQuery,
    Page,
    PageRequest,
    SeriesQuery,
    SeriesSample,
    WorkOrderQuery,
)
from iot_maint.domain.telemetry import Batch, DeadLetter, Point, Telemetry
from iot_maint.domain.tokens import Token
from iot_maint.domain.work_orders import TimelineEntry, WorkOrder, WorkOrderStatus


class Clock(Protocol):
    """The one source of the present; may be accelerated."""

    def now(self) -> datetime:
        """The present, aware, in UTC."""
        ...


class Meter(Protocol):
    """The service's own counters; a name is declared once, in the adapter."""

    def count(self, name: str, amount: float = 1, **labels: str) -> None:
        """Add to a counter."""
        ...

    def set(self, name: str, value: float, **labels: str) -> None:
        """Set a gauge."""
        ...


class TelemetryStore(Protocol):
    """Where points rest.  Writing the same point again is harmless."""

    def write(self, points: Sequence[Point]) -> None:
        """Store all, durably; `StoreUnavailable` to try again later, `StoreRefused` when the store says no."""
        ...

    def read_series(self, query: SeriesQuery) -> list[SeriesSample]:
        """Samples of the asked metrics in time order; empty when there is nothing."""
        ...

    def read_last(self, measurement: str, equipment: str) -> dict[str, SeriesSample]:
        """The newest sample of each metric."""
        ...

    def read_points(self, measurement: str, site: str, equipment: str) -> Iterator[Sequence[Point]]:
        """All points of one piece of equipment, in chunks bounded in memory; for copying."""
        ...

    def read_events(self, measurement: str, since_ms: int, until_ms: int) -> list[Point]:
        """Event points (`work_order_event`, …) with their tags and texts."""
        ...

    def drop_before(self, at_ms: int) -> int:
        """Forget telemetry older than that; how many points went (0 where the store does it by itself)."""
        ...

    def check(self) -> None:
        """One real round trip with the store's credentials; raises what `write` raises."""
        ...

    def close(self) -> None:
        """Let go of connections and files."""
        ...


class Spool(Protocol):
    """The durable log of received batches, numbered without reuse, with the dead letters beside it."""

    @property
    def id(self) -> str:
        """A random id, made with the file: checkpoints of another spool say nothing of this one."""
        ...

    def append(self, telemetry: Sequence[Telemetry], dead: Sequence[DeadLetter], received_at_ms: int) -> int:
        """One durable commit; the batch's number (0 when there was no telemetry, only dead letters)."""
        ...

    def read_after(self, number: int, limit: int) -> list[Batch]:
        """The next batches in order; `UnknownFormat` names the version of one it cannot read."""
        ...

    def last_number(self) -> int:
        """The newest batch's number, 0 when none ever was."""
        ...

    def delete_through(self, number: int) -> None:
        """Forget batches up to and with that number."""
        ...

    def add_dead_letters(self, dead: Sequence[DeadLetter]) -> None:
        """Keep messages that failed after decoding."""
        ...

    def dead_letters(self, after_id: int, limit: int) -> list[DeadLetter]:
        """Dead letters by id."""
        ...

    def close(self) -> None:
        """Release the file and its lock."""
        ...


class EquipmentRepository(Protocol):
    """The register."""

    def revision(self) -> int:
        """A number that grows with every change to the register or an override."""
        ...

    def get(self, code: str) -> Equipment | None: ...

    def monitored(self, since_revision: int = -1) -> list[Monitored]:
        """Equipment (unregistered and merged included) changed after that revision, with its overrides."""
        ...

    def page(self, query: EquipmentQuery, request: PageRequest) -> Page[Equipment]: ...

    def add(self, equipment: Equipment) -> bool:
        """False when the code was taken meanwhile."""
        ...

    def update(self, equipment: Equipment) -> None: ...

    def count_unregistered(self) -> int: ...

    def note_unknown_metrics(self, code: str, metrics: Sequence[str], at: datetime) -> None:
        """Remember which undeclared metrics a code has sent."""
        ...

    def unknown_metrics(self, code: str) -> list[str]: ...

    def overrides(self, code: str) -> list[LimitOverride]: ...

    def set_override(self, change: LimitChange) -> None:
        """Put `change.new` in force (None: back to the catalog) and keep the change."""
        ...

    def limit_changes(self, code: str) -> list[LimitChange]: ...

    def parts(self, code: str) -> list[Part]: ...

    def put_part(self, code: str, part: Part) -> None: ...

    def replacements(self, code: str) -> list[PartReplacement]: ...

    def add_replacement(self, code: str, replacement: PartReplacement) -> None: ...

    def documents(self, code: str) -> list[Document]: ...

    def add_document(self, code: str, document: Document) -> None: ...

    def add_transfer(self, transfer: Transfer) -> Transfer:
        """Stored, with its id."""
        ...

    def pending_transfers(self) -> list[Transfer]: ...

    def update_transfer(self, transfer: Transfer) -> None: ...

    def transfer(self, transfer_id: int) -> Transfer | None: ...


class AlarmRepository(Protocol):
    """Alarms and the events that made them."""

    def record(self, event: AlarmEvent) -> Alarm | None:
        """Save the event and what it changes, once; `None` when this event was known already."""
        ...

    def get(self, alarm_id: int) -> Alarm | None: ...

    def find(self, key: AlarmKey) -> Alarm | None: ...

    def page(self, query: AlarmQuery, request: PageRequest) -> Page[Alarm]: ...

    def acknowledge(self, alarm_id: int, at: datetime, by: str) -> None: ...

    def add_note(self, alarm_id: int, at: datetime, by: str, note: str) -> None: ...

    def notes(self, alarm_id: int) -> list[tuple[datetime, str, str]]:
        """(when, who, what), oldest first."""
        ...

    def link_order(self, alarm_id: int, severity: str, number: str) -> bool:
        """Remember that the alarm used its one order of that severity; false when it had."""
        ...


class WorkOrderRepository(Protocol):
    """Work orders with their timelines."""

    def latest(self, equipment: str, fault_mode: str) -> WorkOrder | None:
        """The fault's open preventive order, else the newest ended one; locked for this transaction where possible."""
        ...

    def add(self, order: WorkOrder) -> bool:
        """Insert with its timeline; false when the database already holds an open one of that fault."""
        ...

    def next_number(self, day: str) -> str:
        """`WO-YYYYMMDD-NNNN`, never given twice."""
        ...

    def get(self, number: str) -> WorkOrder | None: ...

    def page(self, query: WorkOrderQuery, request: PageRequest) -> Page[WorkOrder]: ...

    def set_status(self, number: str, expected: WorkOrderStatus, status: WorkOrderStatus) -> bool:
        """Compare and set; false when another process was faster, or an open one of the fault stands beside it."""
        ...

    def set_urgency(self, order: WorkOrder) -> None:
        """Store the order's severity, urgency and deadlines."""
        ...

    def append(self, number: str, entry: TimelineEntry) -> bool:
        """Add to the timeline; false when that entry (order, rule, event time, kind) was there."""
        ...

    def alarm_of(self, number: str) -> Alarm | None:
        """The newest alarm that stands behind the order."""
        ...


class OutboxRepository(Protocol):
    """Events waiting to be delivered."""

    def add(self, event: OrderEvent, channels: Sequence[Channel]) -> None: ...

    def due(self, at: datetime, limit: int, channel: Channel | None = None) -> list[Delivery]:
        """The oldest waiting event of each order and channel, so that their order is kept; ask until none is left.

        Only those of `channel`, if given.  What was never tried is due whatever its time.
        """
        ...

    def update(self, delivery: Delivery) -> None: ...

    def dead(self, limit: int) -> list[Delivery]: ...

    def depth(self) -> int:
        """How many wait."""
        ...


class CheckpointRepository(Protocol):
    """How far a worker has come, and the rule state that belongs to it."""

    def load_states(self) -> dict[str, bytes]:
        """Rule state by equipment."""
        ...

    def load_state(self, equipment: str) -> bytes | None: ...

    def save_states(self, states: Mapping[str, bytes]) -> None: ...

    def decided(self, worker: str, spool_id: str) -> int:
        """The last batch number that the saved states cover; 0 for another spool."""
        ...

    def save_decided(self, worker: str, spool_id: str, number: int) -> None: ...

    def save_stored(self, worker: str, through: datetime) -> None:
        """All that this worker received up to then rests in the telemetry store."""
        ...

    def stored_through(self) -> dict[str, datetime]:
        """By worker: all received up to then is stored."""
        ...


class TokenRepository(Protocol):
    """API keys; only their hashes are known."""

    def add(self, token: Token, digest: bytes) -> None: ...

    def find(self, digest: bytes) -> Token | None:
        """The token of that hash; `None` when unknown or revoked."""
        ...

    def revoke(self, name: str, at: datetime) -> int:
        """Revoke all tokens of that name; how many."""
        ...

    def all(self) -> Sequence[Token]: ...


class IdempotencyRepository(Protocol):
    """Answers already given, by the caller's key."""

    def find(self, key: str) -> tuple[str, int, bytes] | None:
        """(request fingerprint, status code, body) given before."""
        ...

    def add(self, key: str, fingerprint: str, status: int, body: bytes, at: datetime) -> bool:
        """False when another request took the key meanwhile."""
        ...

    def drop_before(self, at: datetime) -> None: ...


class Repositories(Protocol):
    """All repositories of one transaction."""

    @property
    def equipment(self) -> EquipmentRepository: ...
    @property
    def alarms(self) -> AlarmRepository: ...
    @property
    def orders(self) -> WorkOrderRepository: ...
    @property
    def outbox(self) -> OutboxRepository: ...
    @property
    def checkpoints(self) -> CheckpointRepository: ...
    @property
    def tokens(self) -> TokenRepository: ...
    @property
    def idempotency(self) -> IdempotencyRepository: ...


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


class OrderNotifier(Protocol):
    """Takes one event somewhere; raises `StoreUnavailable` to be asked again, `StoreRefused` when it never will."""

    def deliver(self, delivery: Delivery) -> timedelta | None:
        """`None` when it arrived; a span when the receiver asked to wait that long."""
        ...
