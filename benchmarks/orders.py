"""From publishing to the order in the API, for a thousand orders and more while 10,000 messages a second come in.

`iot-maint serve` on a real broker, InfluxDB and PostgreSQL.  A compiled publisher sends the healthy traffic.  Each
crossing pump sends a value above its limit, and a little later one that is ten seconds younger and completes the
dwell: the time runs from before that one is written to the broker's socket until the API's list has the order, asked
again every 25 ms for what was opened lately.
"""

import json
import secrets
import socket
import statistics
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

import httpx

from benchmarks.flood import SITE, connect, equipment_codes, publish_packet, receive
from benchmarks.measure import percentile
from benchmarks.publishing import publishing, rate_of
from benchmarks.results import Figure, Result, Row
from benchmarks.servers import (
    bench_folder,
    running_influxdb,
    running_mosquitto,
    running_postgresql,
    wait_until,
)
from benchmarks.subscribers import CATALOG, EQUIPMENT, ROOT, write_register
from benchmarks.watching import cpu_s, resident_mb
from tests.e2e.service import Service
from tests.servers.influxdb import InfluxdbServer
from tests.servers.mosquitto import MosquittoServer
from tests.servers.postgresql import PostgresqlServer

ORDERS, SECONDS = 1_200, 60.0
MESSAGES_A_SECOND = 10_000
ABOVE, DWELL_MS = 6.0, 10_000
AHEAD_S = 3.0  # the first value of a crossing goes out that long before the second
WARM_UP_S, WITHIN_S = 8.0, 30.0
POLL_S, OVERLAP = 0.025, timedelta(milliseconds=200)
P99, MEDIAN, SLOWEST = "p99 ms", "median ms", "slowest ms"
RATE, CPU, MEMORY, POLLS = "msg/s", "serve CPU %", "serve RSS MB", "API polls/s"


def run(rounds: int = 3, seconds: float = SECONDS) -> Result:
    """Orders at an even pace of twenty a second."""
    orders = round(ORDERS * seconds / SECONDS)
    with running_influxdb() as influxdb, running_postgresql() as postgresql:
        row = Row(
            subject="iot-maint serve", rounds=[_round(influxdb, postgresql, orders, seconds) for _ in range(rounds)]
        )
    return Result(
        benchmark="orders",
        method=f"{orders:,} orders in {seconds:g} s beside {MESSAGES_A_SECOND:,} msg/s, publish → visible in the API",
        rows=[row],
        figures=[
            Figure(
                name="Publish → order visible, p99",
                value=row.median(P99),
                unit="ms",
                bar=500,
                aim=250,
                more_is_better=False,
            )
        ],
    )


def _round(influxdb: InfluxdbServer, postgresql: PostgresqlServer, orders: int, seconds: float) -> dict[str, float]:
    bucket = influxdb.create_bucket(f"orders-{secrets.token_hex(4)}")
    with bench_folder() as folder, running_mosquitto(folder) as broker:
        service = Service(
            folder=folder,
            environment={
                "IOT_MAINT_MQTT_URL": broker.url,
                "IOT_MAINT_TELEMETRY_URL": bucket.telemetry_url,
                "IOT_MAINT_DATABASE_URL": postgresql.create_database(f"bench_{secrets.token_hex(4)}").url,
                "IOT_MAINT_CATALOG_DIR": str(CATALOG),
                "PYTHONPATH": str(ROOT),
            },
        )
        codes = [f"CR-{number:04}" for number in range(1, orders + 1)]
        healthy = ((code, "bench_pump") for code in equipment_codes(EQUIPMENT))
        service.prepare(write_register(folder, [*healthy, *((code, "bench_crossing") for code in codes)]))
        service.process.start()
        try:
            return _cross_all(broker, folder, service, codes, seconds)
        finally:
            service.process.stop()
            influxdb.delete_bucket(bucket.bucket)


def _cross_all(
    broker: MosquittoServer, folder: Path, service: Service, codes: Sequence[str], seconds: float
) -> dict[str, float]:
    length = WARM_UP_S + AHEAD_S + seconds
    with publishing(broker, folder, rate=MESSAGES_A_SECOND, seconds=length, equipment=EQUIPMENT) as publisher:
        time.sleep(WARM_UP_S)
        pid = service.process.pid
        began, cpu_before, wall_began = time.monotonic(), cpu_s(pid), time.time()
        with Watcher(service) as watcher, Crossings(broker, codes, seconds) as crossings:
            crossings.wait()
            took, cpu_used, wall_ended = time.monotonic() - began, cpu_s(pid) - cpu_before, time.time()
            resident = resident_mb(pid)
            wait_until(lambda: watcher.seen.keys() >= set(codes), "every order to be seen", WITHIN_S)
        reports = publisher.reports()
    waits_ms = [(watcher.seen[code] - crossings.sent[code]) * 1000 for code in codes]
    if min(waits_ms) < 0:
        raise AssertionError("an order was there before its crossing: this measures nothing")
    return {
        MEDIAN: statistics.median(waits_ms),
        P99: percentile(waits_ms, 0.99),
        SLOWEST: max(waits_ms),
        RATE: rate_of(reports, wall_began, min(wall_ended, reports[-1].at_s)),
        CPU: cpu_used / took * 100,
        MEMORY: resident,
        POLLS: watcher.polls / took,
    }


class Crossings:
    """A thread that sends the two values of each crossing, evenly over `seconds`; `sent` has the second's instant."""

    def __init__(self, broker: MosquittoServer, codes: Sequence[str], seconds: float) -> None:
        self._broker = broker
        self._codes = codes
        self._seconds = seconds
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._first_ms: dict[str, int] = {}
        self.sent: dict[str, float] = {}

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def wait(self) -> None:
        """Until all are sent."""
        self._thread.join()
        if len(self.sent) < len(self._codes):
            raise ConnectionError("the crossings were not all sent")

    def _run(self) -> None:
        with socket.create_connection((self._broker.host, self._broker.port), timeout=60) as connection:
            connect(connection, "iot-maint-crossings")
            for _, is_second, code in self._schedule():
                if self._stop.is_set():
                    return
                self._send(connection, code, is_second)

    def _schedule(self) -> Iterator[tuple[float, bool, str]]:
        """Each value at its time."""
        pace_s = self._seconds / len(self._codes)
        firsts = [(number * pace_s, False, code) for number, code in enumerate(self._codes)]
        seconds = [(at_s + AHEAD_S, True, code) for at_s, _, code in firsts]
        began = time.perf_counter()
        for due in sorted(firsts + seconds):
            self._stop.wait(max(began + due[0] - time.perf_counter(), 0))
            yield due

    def _send(self, connection: socket.socket, code: str, is_second: bool) -> None:
        if is_second:
            at_ms = self._first_ms.pop(code) + DWELL_MS
        else:
            at_ms = self._first_ms[code] = int(time.time() * 1000) - DWELL_MS + int(AHEAD_S * 1000)
        payload = json.dumps({"ts": at_ms, "values": {"vib_rms": ABOVE}}).encode()
        packet = publish_packet(f"iot/v1/{SITE}/{code}/telemetry", payload, 1)
        if is_second:
            self.sent[code] = time.perf_counter()
        connection.sendall(packet)
        receive(connection, 4)


class Watcher:
    """A thread that asks the API again and again for the orders opened lately; `seen` has when each came first."""

    def __init__(self, service: Service) -> None:
        self._client = httpx.Client(
            base_url=service.url, headers={"Authorization": f"Bearer {service.token}"}, timeout=30, trust_env=False
        )
        self._since = datetime.now(UTC)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.seen: dict[str, float] = {}
        self.polls = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self._client.close()

    def _run(self) -> None:
        while not self._stop.wait(POLL_S):
            self._look()

    def _look(self) -> None:
        # A little that was seen already is asked for once more: orders may come to sight out of their order.
        since = (self._since - OVERLAP).isoformat()
        asked: dict[str, str | int] = {"sort": "opened_at", "limit": 500, "opened_from": since}
        items = self._client.get("/api/v1/work-orders", params=asked).raise_for_status().json()["items"]
        now = time.perf_counter()
        self.polls += 1
        for item in items:
            self.seen.setdefault(item["equipment"], now)
            self._since = max(self._since, datetime.fromisoformat(item["opened_at"]))
