"""The whole ingest path on a real broker, a real spool and a real store."""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from iot_maint.clock import ReplayClock
from iot_maint.domain.telemetry import Point, Telemetry
from iot_maint.ingest.backoff import Backoff
from iot_maint.ingest.broker_url import parse_broker_url
from iot_maint.ingest.decider import Decider
from iot_maint.ingest.decoders import DECODERS
from iot_maint.ingest.door import Door
from iot_maint.ingest.drain import Drain
from iot_maint.ingest.inbox import Inbox
from iot_maint.ingest.mqtt import Subscriber
from iot_maint.ingest.progress import Progress
from iot_maint.ingest.receiver import Receiver
from iot_maint.ingest.service import IngestService
from iot_maint.metering import PrometheusMeter
from iot_maint.storage.spool import SqliteSpool
from iot_maint.storage.telemetry.sqlite import SqliteTelemetryStore
from tests.builders import T0
from tests.fakes import FaultyStore, NotingMonitor
from tests.servers.mosquitto import MosquittoServer

T0_MS = int(T0.timestamp() * 1000)


def to_points(telemetry: Sequence[Telemetry]) -> list[Point]:
    return [
        Point(
            measurement="pump",
            tags={"site": item.site, "equipment": item.equipment},
            at_ms=item.at_ms,
            fields=dict(item.values),
        )
        for item in telemetry
    ]


def quick_backoff() -> Backoff:
    return Backoff(timedelta(seconds=0.05), timedelta(seconds=0.2), random.SystemRandom())


def eventually(condition: Callable[[], bool], within_s: float = 15.0) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.01)


@dataclass(slots=True, kw_only=True)
class Worker:
    """A worker on a data directory, with stores and rules that a test may make fail."""

    data_dir: Path
    broker: MosquittoServer
    monitor: NotingMonitor = field(default_factory=NotingMonitor)
    meter: PrometheusMeter = field(default_factory=PrometheusMeter)
    progress: Progress = field(default_factory=Progress)
    reported: list[int] = field(default_factory=list)
    store: FaultyStore = field(init=False)
    spool: SqliteSpool = field(init=False)
    service: IngestService = field(init=False)
    _open: ExitStack = field(default_factory=ExitStack)

    def start(self) -> None:
        inbox, clock = Inbox(), ReplayClock(T0)
        self.spool = self._open.enter_context(SqliteSpool(self.data_dir, "1"))
        self.store = FaultyStore(inner=SqliteTelemetryStore(self.data_dir / "telemetry.db"))
        self._open.callback(self.store.close)
        subscriber = Subscriber(
            address=parse_broker_url(self.broker.url),
            client_id="iot-maint-test-1",
            inbox=inbox,
            clock=clock,
            meter=self.meter,
        )
        self.service = IngestService(
            subscriber=subscriber,
            inbox=inbox,
            spool=self.spool,
            progress=self.progress,
            receiver=Receiver(
                inbox=inbox,
                door=Door(DECODERS["canonical"], ZoneInfo("Asia/Shanghai"), lambda _telemetry: None),
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
                to_points=to_points,
                progress=self.progress,
                meter=self.meter,
                backoff=quick_backoff(),
                report_stored=self.reported.append,
            ),
        )
        self._open.enter_context(self.service)
        eventually(lambda: self.service.connected)

    def stop(self) -> None:
        self._open.close()

    def stored(self, equipment: str = "P-01") -> list[tuple[int, dict[str, float | str]]]:
        points = [point for chunk in self.store.read_points("pump", "S1", equipment) for point in chunk]
        return [(point.at_ms, dict(point.fields)) for point in points]

    def decided(self) -> list[Telemetry]:
        return [item for batch in self.monitor.handled for item in batch.telemetry]


@pytest.fixture
def worker(tmp_path: Path, mosquitto: MosquittoServer) -> Iterator[Worker]:
    made = Worker(data_dir=tmp_path, broker=mosquitto)
    made.start()
    yield made
    made.stop()


def test_a_message_is_stored_and_decided(worker: Worker) -> None:
    worker.broker.publish("iot/v1/S1/P-01/telemetry", f'{{"ts": {T0_MS}, "values": {{"vib_rms": 2.1}}}}')

    eventually(lambda: worker.stored() == [(T0_MS, {"vib_rms": 2.1})])
    eventually(lambda: [(item.equipment, item.at_ms) for item in worker.decided()] == [("P-01", T0_MS)])
    assert worker.service.healthy()
