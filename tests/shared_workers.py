"""Several ingest workers of one installation on a real broker, and an oracle of what was published."""

import json
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from pydantic import SecretStr

from iot_maint.bootstrap.ingesting import open_ingest
from iot_maint.bootstrap.installation import Installation, open_installation
from iot_maint.domain.equipment import Equipment
from iot_maint.domain.queries import PageRequest, WorkOrderQuery
from iot_maint.domain.shares import parse_share
from iot_maint.domain.work_orders import WorkOrder
from iot_maint.ingest.part import WHOLE, Pace, Part
from iot_maint.ingest.service import IngestService
from iot_maint.settings import Settings
from tests.servers.mosquitto import MosquittoServer

# A minute of the real pace in a second.
QUICK = Pace(look_s=0.1, beat_s=0.2, lease_s=1.0, away_s=3.0, skew_s=0.1, settling_s=0.5)


@dataclass(slots=True)
class Running:
    """One worker, as a process would be."""

    installation: Installation
    service: IngestService
    _opened: ExitStack

    def stop(self) -> None:
        self._opened.close()

    def counted(self, name: str) -> float:
        return self.installation.meter.total(name)


@dataclass(slots=True, kw_only=True)
class Workers:
    """Starts workers of one installation; what is left running is stopped at the end."""

    folder: Path
    broker: MosquittoServer
    database_url: str | None = None
    _opened: ExitStack = field(default_factory=ExitStack)

    def settings(self, worker: str) -> Settings:
        return Settings(
            mqtt_url=SecretStr(self.broker.url),
            data_dir=self.folder,
            worker=worker,
            database_url=None if self.database_url is None else SecretStr(self.database_url),
        )

    def start(self, worker: str, part: Part | str = WHOLE) -> Running:
        """`part` may be a share."""
        part = Part(share=parse_share(part)) if isinstance(part, str) else part
        with ExitStack() as opening:
            installation = opening.enter_context(open_installation(self.settings(worker)))
            service = opening.enter_context(open_ingest(installation, part=part, pace=QUICK))
            opened = self._opened.enter_context(opening.pop_all())
        return Running(installation, service, opened)

    @contextmanager
    def installation(self) -> Iterator[Installation]:
        with open_installation(self.settings("office")) as opened:
            yield opened

    def register(self, *sites: str) -> None:
        """One pump at each, named after it."""
        with self.installation() as opened, opened.database.transaction() as repositories:
            for site in sites:
                pump = Equipment(code=f"P-{site}", name=site, type="pump", site=site, kind="booster")
                repositories.equipment.add(pump)

    def stored(self, site: str) -> list[int]:
        """The times of all points of the site's pump, registered or not."""
        with self.installation() as opened:
            return sorted(
                point.at_ms
                for measurement in ("pump", "unregistered")
                for chunk in opened.telemetry.read_points(measurement, site, f"P-{site}")
                for point in chunk
            )

    def orders(self) -> list[WorkOrder]:
        with self.installation() as opened, opened.database.reading() as repositories:
            return list(repositories.orders.page(WorkOrderQuery(), PageRequest(limit=200, sort="number")).items)

    def subscribed(self, worker: str) -> set[str]:
        """The sites that a worker says it has."""
        with self.installation() as opened, opened.database.reading() as repositories:
            return set(repositories.workers.sites_of(worker))

    def holder(self, site: str) -> str | None:
        """The worker whose checkpoint has the rule state of the site's pump; None while nobody's has."""
        with self.installation() as opened, opened.database.reading() as repositories:
            held = repositories.checkpoints.held_states([f"P-{site}"])
        return held[f"P-{site}"].worker if held else None

    def close(self) -> None:
        self._opened.close()


@dataclass(slots=True)
class Devices:
    """A pump at each site, which publishes with QoS 1; remembers the time of everything that the broker has taken."""

    client: paho.Client
    sent: dict[str, list[int]] = field(default_factory=dict)
    pause_s: float = 0.7  # between two rounds of `sending`: a silence, unless it is short

    def publish(self, site: str, at_ms: int | None = None, **values: float) -> None:
        last = self.sent.setdefault(site, [])
        if at_ms is None:
            at_ms = max(int(time.time() * 1000), last[-1] + 1 if last else 0)
        payload = json.dumps({"ts": at_ms, "values": values or {"vib_rms": 2.1}})
        self.client.publish(f"iot/v1/{site}/P-{site}/telemetry", payload, qos=1).wait_for_publish(20)
        last.append(at_ms)

    def publish_all(self, sites: Sequence[str], rounds: int = 1) -> None:
        for _ in range(rounds):
            for site in sites:
                self.publish(site)

    @contextmanager
    def sending(self, sites: Sequence[str]) -> Iterator[None]:
        """In the background, all of them in turn, over and over."""
        stop = threading.Event()

        def run() -> None:
            while not stop.is_set():
                self.publish_all(sites)
                stop.wait(self.pause_s)

        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join(30)


@contextmanager
def devices(broker: MosquittoServer) -> Iterator[Devices]:
    client = paho.Client(CallbackAPIVersion.VERSION2)
    client.connect(broker.host, broker.port)
    client.loop_start()
    try:
        yield Devices(client)
    finally:
        client.disconnect()
        client.loop_stop()
