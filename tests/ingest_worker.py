"""A whole ingest worker for tests: real broker, real spool, real store; rules that only note what they were given."""

import random
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from iot_maint.clock import ReplayClock
from iot_maint.domain.telemetry import DeadLetter, Telemetry
from iot_maint.ingest.backoff import Backoff
from iot_maint.ingest.broker_url import parse_broker_url
from iot_maint.ingest.decider import Decider
from iot_maint.ingest.decoders import canonical
from iot_maint.ingest.door import Door
from iot_maint.ingest.drain import Drain
from iot_maint.ingest.inbox import Inbox
from iot_maint.ingest.mqtt import Subscriber
from iot_maint.ingest.progress import Progress
from iot_maint.ingest.receiver import Receiver
from iot_maint.ingest.service import IngestService
from iot_maint.metering import PrometheusMeter
from iot_maint.services.platform_alarms import PlatformBoard
from iot_maint.storage.spool import SqliteSpool
from iot_maint.storage.spool_room import DEFAULT_LIMIT, SpoolRoom
from iot_maint.storage.telemetry.sqlite import SqliteTelemetryStore
from tests.builders import T0
from tests.fakes import FaultySpool, FaultyStore, NotingMonitor
from tests.ingest_builders import a_short_way, pump_points

CLIENT_ID = "iot-maint-test-1"


def eventually(condition: Callable[[], bool], within_s: float = 20.0) -> None:
    """Wait for something that another thread or process brings about."""
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.01)


def quick_backoff() -> Backoff:
    return Backoff(timedelta(seconds=0.05), timedelta(seconds=0.2), random.SystemRandom())


@dataclass(slots=True, kw_only=True)
class IngestWorker:
    """A worker on a data directory; `start` and `stop` are a process's life, and it may live again."""

    data_dir: Path
    url: str
    inbox_messages: int = 10_000
    spool_limit: int = DEFAULT_LIMIT
    monitor: NotingMonitor = field(default_factory=NotingMonitor)
    meter: PrometheusMeter = field(default_factory=PrometheusMeter)
    progress: Progress = field(default_factory=Progress)
    platform: PlatformBoard = field(init=False)
    store: FaultyStore = field(init=False)
    spool: FaultySpool = field(init=False)
    service: IngestService = field(init=False)
    _open: ExitStack = field(default_factory=ExitStack)

    def start(self, *, connect: bool = True) -> None:
        inbox, clock = Inbox(max_messages=self.inbox_messages), ReplayClock(T0)
        self.progress = Progress()
        self.platform = PlatformBoard(worker="1", clock=clock, meter=self.meter)
        room = SpoolRoom(self.spool_limit, self.platform)
        self.spool = FaultySpool(inner=self._open.enter_context(SqliteSpool(self.data_dir, "1", room=room)))
        self.store = FaultyStore(inner=SqliteTelemetryStore(self.data_dir / "telemetry.db"))
        self._open.callback(self.store.close)
        subscriber = Subscriber(
            address=parse_broker_url(self.url), client_id=CLIENT_ID, inbox=inbox, clock=clock, meter=self.meter
        )
        self.service = IngestService(
            subscriber=subscriber,
            inbox=inbox,
            spool=self.spool,
            progress=self.progress,
            receiver=Receiver(
                inbox=inbox,
                short_way=a_short_way("vib_rms", "seq"),
                door=Door(canonical.decode, ZoneInfo("Asia/Shanghai"), lambda _telemetry: None),
                spool=self.spool,
                acknowledge=subscriber.acknowledge,
                progress=self.progress,
                clock=clock,
                meter=self.meter,
                backoff=quick_backoff(),
            ),
            decider=Decider(
                spool=self.spool,
                monitoring=self.monitor,
                progress=self.progress,
                meter=self.meter,
                backoff=quick_backoff(),
            ),
            drain=Drain(
                spool=self.spool,
                store=self.store,
                to_points=pump_points,
                progress=self.progress,
                clock=clock,
                meter=self.meter,
                platform=self.platform,
                backoff=quick_backoff(),
                report_stored=lambda _through_ms: None,
            ),
        )
        self._open.enter_context(self.service)
        if connect:
            eventually(lambda: self.service.connected)

    def stop(self) -> None:
        self._open.close()

    def stored(self, equipment: str = "P-01") -> list[dict[str, float | str]]:
        """The fields of what the telemetry store holds, in time order."""
        return [dict(point.fields) for chunk in self.store.read_points("pump", "S1", equipment) for point in chunk]

    def decided(self) -> list[Telemetry]:
        return [item for batch in self.monitor.handled for item in batch.telemetry]

    def dead_letters(self) -> list[DeadLetter]:
        return self.spool.dead_letters(0, 1000)
