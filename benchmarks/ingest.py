"""A backlog of QoS 1 messages, from a real Mosquitto into a real InfluxDB, by the product and by Telegraf.

For each subscriber: it connects once, so that the broker holds a session for it, and stops; the messages are published
for the absent; it starts again and is watched until the last message rests in the store, and, for the product, every
rule has seen it and the spool is empty.  CPU is that of the whole drain above that of a start without any messages.
"""

import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from benchmarks.flood import backlog, publish_all
from benchmarks.subscribers import FILTER, Subscriber, cached_telegraf, product, telegraf
from benchmarks.traffic import STEP_MS
from benchmarks.watching import Drained, cpu_s, peak_resident_mb, rate_between, stored_points, watch
from tests.servers.influxdb import InfluxdbBucket, InfluxdbServer
from tests.servers.mosquitto import MosquittoServer
from tests.servers.programs import find_influxd, find_mosquitto

EQUIPMENT = 1000
WITHIN_S = 300.0
# The broker's own work must not be what is measured: it saves its sessions at its end alone.
_BROKER = "autosave_interval 0\nmax_queued_bytes 0\nlog_type error\nlog_type subscribe\n"

Open = Callable[[Path, MosquittoServer, InfluxdbBucket], Subscriber]


def run(messages: int, rounds: int) -> str:
    """The table; Telegraf is left out where its binary is not built."""
    peers: list[Open] = [partial(product, equipment=EQUIPMENT)]
    if cached_telegraf().exists():
        peers.append(telegraf)
    with tempfile.TemporaryDirectory(prefix="iot-maint-ingest-") as name:
        server = _start_influxdb(Path(name))
        try:
            runs = [
                [_drain(Path(name) / f"{number}-{index}", server, open_one, messages) for number in range(rounds)]
                for index, open_one in enumerate(peers)
            ]
        finally:
            server.stop()
    return _tell(messages, [_median(drained) for drained in runs])


def _drain(folder: Path, server: InfluxdbServer, open_one: Open, messages: int) -> Drained:
    folder.mkdir()
    broker = MosquittoServer(program=_found(find_mosquitto()), folder=folder, extra_configuration=_BROKER)
    bucket = server.create_bucket(f"ingest-{folder.name}")
    broker.start()
    subscriber = open_one(folder, broker, bucket)
    try:
        start_cpu_s = _make_session(subscriber, broker)
        t0_ms = int(time.time() * 1000) - (messages // EQUIPMENT + 12) * STEP_MS
        publish_all(broker.host, broker.port, backlog(messages, EQUIPMENT, t0_ms))
        subscriber.process.start()
        samples = watch(partial(stored_points, server.url), messages, WITHIN_S)
        _wait(subscriber.finished, f"{subscriber.name} to finish")
        pid = subscriber.process.pid
        drained = Drained(
            name=subscriber.name,
            per_second=rate_between(samples, messages),
            cpu_us_each=(cpu_s(pid) - start_cpu_s) / messages * 1e6,
            resident_mb=peak_resident_mb(pid),
        )
        _check_all_stored(bucket, messages)
    finally:
        subscriber.process.stop()
        broker.stop()
        server.delete_bucket(bucket.bucket)
    return drained


def _make_session(subscriber: Subscriber, broker: MosquittoServer) -> float:
    """Let it subscribe once; the CPU that its start costs."""
    subscriber.process.start()
    log = broker.folder / "mosquitto.log"
    _wait(lambda: FILTER in log.read_text(errors="replace"), f"{subscriber.name} to subscribe")
    time.sleep(2)
    used = cpu_s(subscriber.process.pid)
    subscriber.process.stop()
    return used


def _check_all_stored(bucket: InfluxdbBucket, messages: int) -> None:
    (row,) = bucket.query("SELECT count(vib_rms) FROM bench_pump")
    if row["count"] != messages:
        raise AssertionError(f"{row['count']} of {messages} messages are in the store")


def _tell(messages: int, drained: Sequence[Drained]) -> str:
    first = drained[0]
    lines = [
        f"{messages:,} waiting QoS 1 messages of 5 fields, {EQUIPMENT:,} equipment",
        f"{'subscriber':<20} {'msg/s (10-90 %)':>16} {'CPU µs/msg':>12} {'peak RSS MB':>12}",
    ]
    lines += [
        f"{one.name:<20} {one.per_second:>16,.0f} {one.cpu_us_each:>12.1f} {one.resident_mb:>12.0f}" for one in drained
    ]
    lines += [
        f"against {peer.name}: {first.per_second / peer.per_second:.2f} x the rate, "
        f"{first.cpu_us_each / peer.cpu_us_each:.2f} x the CPU"
        for peer in drained[1:]
    ]
    return "\n".join(lines)


def _median(drained: Sequence[Drained]) -> Drained:
    return Drained(
        name=drained[0].name,
        per_second=statistics.median(one.per_second for one in drained),
        cpu_us_each=statistics.median(one.cpu_us_each for one in drained),
        resident_mb=max(one.resident_mb for one in drained),
    )


def _start_influxdb(folder: Path) -> InfluxdbServer:
    place = folder / "influxdb"
    place.mkdir()
    server = InfluxdbServer(program=_found(find_influxd()), folder=place)
    server.start()
    server.set_up()
    return server


def _found(program: Path | None) -> Path:
    if program is None:
        raise FileNotFoundError("Mosquitto and InfluxDB are needed: make services")
    return program


def _wait(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + WITHIN_S
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {WITHIN_S:g} s for {what}")
        time.sleep(0.1)
