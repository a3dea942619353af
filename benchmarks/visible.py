"""From `mosquitto_pub` to an order at `GET /api/v1/work-orders`: the whole product, at default settings.

Each pump has stood above its warning limit for ten minutes less ten seconds; one more reading, published by hand,
completes the dwell.  The time runs from before `mosquitto_pub` starts until the API lists the order.
"""

import json
import secrets
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.servers import installed
from benchmarks.steady import steady_traffic
from benchmarks.usage import Usage, watch
from tests.e2e.publishing import publish_all, telemetry
from tests.e2e.service import Service
from tests.servers.influxdb import InfluxdbServer
from tests.servers.mosquitto import MosquittoServer
from tests.servers.postgresql import PostgresqlServer
from tests.servers.programs import find_influxd, find_mosquitto, find_postgresql

SITE = "bench"
CROSSINGS = 30
UNDER_LOAD = 300  # messages a second, of as many healthy pumps
ABOVE = 6.0  # mm/s: over the built-in warning limit of `vib_rms`, 5.1 mm/s for ten minutes
DWELL_S, SHORT_BY_S, STEP_S = 600, 10, 10
POLL_S, WITHIN_S = 0.002, 10.0
WATCH_S = 10.0

Settings = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Visible:
    """Milliseconds from publishing to the order in the API, and what `serve` took before."""

    stores: str
    messages_a_second: int
    waits_ms: Sequence[float]
    usage: Usage

    def __str__(self) -> str:
        return (
            f"visible    {self.stores}, {self.messages_a_second} messages/s: an order after"
            f" {statistics.median(self.waits_ms):.0f} ms in the median of {len(self.waits_ms)},"
            f" {max(self.waits_ms):.0f} ms at most; serve takes {self.usage.cpu_percent:.0f} % of a core"
            f" and {self.usage.resident_mb:.0f} MB"
        )


def run(crossings: int = CROSSINGS) -> Iterator[Visible]:
    """On embedded stores and on real ones, without and with other traffic."""
    for stores, settings_of in STORES.items():
        for messages_a_second in (0, UNDER_LOAD):
            with ExitStack() as stack:
                folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="iot-maint-bench-")))
                broker = MosquittoServer(program=installed(find_mosquitto(), "Mosquitto"), folder=folder)
                broker.start()
                stack.callback(broker.stop)
                stored = stack.enter_context(settings_of())
                service = Service(folder=folder, environment={**stored, "IOT_MAINT_MQTT_URL": broker.url})
                service.prepare(_register(folder, crossings))
                service.process.start()
                stack.callback(service.process.stop)
                _stand_above(broker, service, crossings)
                if messages_a_second:
                    topics = [f"iot/v1/{SITE}/{code}/telemetry" for code in _healthy()]
                    stack.enter_context(steady_traffic(broker.host, broker.port, topics, messages_a_second))
                usage = watch(service.process.pid, WATCH_S)
                waits_ms = [_cross(broker, service, code) for code in _crossing(crossings)]
                yield Visible(stores=stores, messages_a_second=messages_a_second, waits_ms=waits_ms, usage=usage)


@contextmanager
def _embedded() -> Iterator[Settings]:
    yield {}


@contextmanager
def _real() -> Iterator[Settings]:
    # PostgreSQL's own account must be able to enter its folder, which others' folders do not let it.
    with (
        tempfile.TemporaryDirectory(prefix="iot-maint-bench-") as influxdb_folder,
        tempfile.TemporaryDirectory(prefix="iot-maint-bench-", ignore_cleanup_errors=True) as postgresql_folder,
        ExitStack() as stack,
    ):
        influxdb = InfluxdbServer(program=installed(find_influxd(), "InfluxDB"), folder=Path(influxdb_folder))
        programs = installed(find_postgresql(), "PostgreSQL")
        postgresql = PostgresqlServer(programs=programs, folder=Path(postgresql_folder))
        for server in (influxdb, postgresql):
            stack.callback(server.stop)
            server.start()
        influxdb.set_up()
        yield {
            "IOT_MAINT_TELEMETRY_URL": influxdb.create_bucket("bench").telemetry_url,
            "IOT_MAINT_DATABASE_URL": postgresql.create_database(f"bench_{secrets.token_hex(4)}").url,
        }


STORES: Mapping[str, Callable[[], AbstractContextManager[Settings]]] = {
    "embedded stores": _embedded,
    "InfluxDB and PostgreSQL": _real,
}


def _crossing(count: int) -> list[str]:
    return [f"C-{number:03}" for number in range(count)]


def _healthy() -> list[str]:
    return [f"H-{number:03}" for number in range(UNDER_LOAD)]


def _register(folder: Path, crossings: int) -> Path:
    path = folder / "register.csv"
    rows = [f"{code},{code},pump,{SITE},booster\n" for code in (*_crossing(crossings), *_healthy())]
    path.write_text("code,name,type,site,kind\n" + "".join(rows), "utf-8")
    return path


def _stand_above(broker: MosquittoServer, service: Service, crossings: int) -> None:
    now_ms = _now_ms()
    history = (
        telemetry(code, now_ms - before_s * 1000, SITE, vib_rms=ABOVE)
        for before_s in range(DWELL_S - SHORT_BY_S, -STEP_S, -STEP_S)
        for code in _crossing(crossings)
    )
    service.wait_decided(publish_all(broker.host, broker.port, history))


def _cross(broker: MosquittoServer, service: Service, code: str) -> float:
    # The service is told a few seconds ahead of time, as by a clock that is a little fast: the dwell is over then.
    topic, document = telemetry(code, _now_ms() + SHORT_BY_S * 1000, SITE, vib_rms=ABOVE)
    if service.orders(equipment=code):
        raise RuntimeError(f"{code} has an order before its crossing: it would measure nothing")
    began = time.perf_counter()
    broker.publish(topic, json.dumps(document))
    while not service.orders(equipment=code):
        if time.perf_counter() - began > WITHIN_S:
            raise TimeoutError(f"no order on {code} within {WITHIN_S:g} s")
        time.sleep(POLL_S)
    return (time.perf_counter() - began) * 1000


def _now_ms() -> int:
    return int(time.time() * 1000)
