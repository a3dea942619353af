"""The live decide path as a service runs it, over a throwaway database and the data's own time."""

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from firmware_sim import Message as Sent
from iot_maint.clock import ReplayClock
from iot_maint.domain.catalog import Catalog
from iot_maint.domain.equipment import Equipment
from iot_maint.domain.outbox import Channel
from iot_maint.domain.ports import Database
from iot_maint.domain.queries import PageRequest, WorkOrderQuery
from iot_maint.domain.telemetry import Batch, Telemetry
from iot_maint.domain.work_orders import WorkOrder
from iot_maint.ingest.decoders import canonical
from iot_maint.ingest.door import Admitted, Door, Message
from iot_maint.metering import PrometheusMeter
from iot_maint.services.admission import Admission
from iot_maint.services.follow_up import FollowUp
from iot_maint.services.monitoring import Monitor, Outcome
from iot_maint.services.ordering import OrderDesk
from iot_maint.services.replaying import replay
from iot_maint.services.roster import Roster
from iot_maint.services.rule_states import own_all
from iot_maint.services.scoring.live_models import NO_MODELS, LiveModels

SHANGHAI = ZoneInfo("Asia/Shanghai")
LATE_AFTER = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidePath:
    """One process: its register in memory, its rule states, its way to the database."""

    database: Database
    catalog: Catalog
    clock: ReplayClock
    meter: PrometheusMeter
    roster: Roster
    monitor: Monitor
    desk: OrderDesk
    follow_up: FollowUp
    numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def admit(self, sent: Iterable[Sent]) -> Admitted:
        """Through the door, as the receiver does it: decoded telemetry and dead letters."""
        door = Door(canonical.decode, SHANGHAI, Admission(self.roster, 100, 100).reject)
        admitted = Admitted()
        for message in sent:
            door.admit(_received(message), admitted)
        return admitted

    def replay(self, telemetry: Iterable[Telemetry], batch: int = 200) -> list[Outcome]:
        """Decide all of it in batches."""
        return list(replay(telemetry, self.monitor, self.clock.advance, batch, self.follow_up.run))

    def decide(self, *telemetry: Telemetry) -> Outcome:
        """Decide one batch, with the clock at its newest reception."""
        received_at_ms = max(item.received_at_ms for item in telemetry)
        self.clock.advance(datetime.fromtimestamp(received_at_ms / 1000, self.clock.now().tzinfo))
        return self.monitor.handle(Batch(number=next(self.numbers), received_at_ms=received_at_ms, telemetry=telemetry))

    def orders(self) -> list[WorkOrder]:
        """All work orders, the oldest first."""
        return orders_of(self.database)


def start_path(
    database: Database,
    catalog: Catalog,
    start: datetime,
    *,
    worker: str = "1",
    spool_id: str = "spool",
    channels: Sequence[Channel] = (Channel.TELEMETRY,),
    models: LiveModels = NO_MODELS,
    owns: Callable[[str], bool] = own_all,
) -> DecidePath:
    """A process that has just started on that database."""
    clock, meter = ReplayClock(start), PrometheusMeter()
    # The register's second never comes to an end by itself; tests that change it refresh the roster.
    roster = Roster(database, catalog, LATE_AFTER, monotonic=lambda: 0.0)
    desk = OrderDesk(catalog=catalog, clock=clock, site_zone=SHANGHAI, channels=channels)
    monitor = Monitor(
        database=database,
        roster=roster,
        desk=desk,
        clock=clock,
        meter=meter,
        worker=worker,
        spool_id=spool_id,
        models=models,
        owns=owns,
    )
    monitor.start()
    return DecidePath(
        database=database,
        catalog=catalog,
        clock=clock,
        meter=meter,
        roster=roster,
        monitor=monitor,
        desk=desk,
        follow_up=FollowUp(database=database, desk=desk, heard=None),
    )


def register(database: Database, *equipment: Equipment) -> None:
    """Put equipment into the register."""
    with database.transaction() as repositories:
        for one in equipment:
            assert repositories.equipment.add(one)


def orders_of(database: Database) -> list[WorkOrder]:
    """All work orders, the oldest first."""
    with database.reading() as repositories:
        return list(repositories.orders.page(WorkOrderQuery(), PageRequest(limit=200, sort="number")).items)


def told_events(outcomes: Iterable[Outcome]) -> bytes:
    """Every alarm event, byte for byte, in order; one that was decided again after a crash is there once."""
    events = {msgspec.json.encode(event): None for outcome in outcomes for event in outcome.events}
    return b"\n".join(events)


def told_orders(database: Database) -> bytes:
    """Every order with its evidence and event times, byte for byte; not its number, nor what the clock said."""
    numbers = {order.number: f"order {index}" for index, order in enumerate(orders_of(database))}
    epoch = datetime.fromtimestamp(0, UTC)
    return msgspec.json.encode(
        [
            replace(
                order,
                number=numbers[order.number],
                previous=None if order.previous is None else numbers[order.previous],
                opened_at=epoch,
                deadlines={},
                timeline=tuple(replace(entry, recorded_at=epoch) for entry in order.timeline),
                symptoms=tuple(
                    replace(one, alarm=0, hung_at=epoch, order=None if one.order is None else numbers[one.order])
                    for one in order.symptoms
                ),
            )
            for order in orders_of(database)
        ]
    )


def _received(sent: Sent) -> Message:
    return Message(sent.topic, sent.payload, retained=False, received_at_ms=sent.at_ms)
