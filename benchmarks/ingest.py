"""A backlog of QoS 1 messages, from a real Mosquitto into a real InfluxDB, by the product and by Telegraf.

For each subscriber: it connects once, so that the broker holds a session for it, and stops; the messages are published
for the absent; it starts again and is watched until the last message rests in the store, and, for the product, every
rule has seen it and the spool is empty.  CPU is that of the whole drain above that of a start without any messages.
"""

import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from benchmarks.flood import backlog, publish_all
from benchmarks.peers import telegraf_program
from benchmarks.results import Figure, Result, Row, ratio
from benchmarks.servers import WITHIN_S, bench_folder, running_influxdb, running_mosquitto, wait_until
from benchmarks.subscribers import EQUIPMENT, FILTER, Open, Subscriber, product
from benchmarks.telegraf import BEST, CONFIGURATIONS, telegraf
from benchmarks.traffic import STEP_MS
from benchmarks.watching import cpu_s, peak_resident_mb, rate_between, stored_points, watch
from tests.servers.influxdb import InfluxdbBucket, InfluxdbServer
from tests.servers.mosquitto import MosquittoServer

MESSAGES, FIELDS = 200_000, 5
RATE, CPU, MEMORY = "msg/s (10-90 %)", "CPU µs/msg", "peak RSS MB"


def run(messages: int = MESSAGES, rounds: int = 3) -> Result:
    """Against Telegraf in its best configuration; raises PeerMissing before anything is measured."""
    telegraf_program()
    rows = drain_in_turn([(product, messages), (telegraf, messages)], rounds)
    ours, peers = rows
    return Result(
        benchmark="ingest",
        method=f"{messages:,} waiting QoS 1 messages of {FIELDS} fields, {EQUIPMENT:,} equipment with 4 rules each",
        rows=rows,
        figures=[
            Figure(name="Backlog drain against Telegraf", value=ratio(ours, peers, RATE), unit="×", bar=1.5, aim=2),
            Figure(
                name="CPU of a drained message against Telegraf",
                value=ratio(ours, peers, CPU),
                unit="×",
                bar=0.5,
                aim=0.4,
                more_is_better=False,
            ),
        ],
        notes=[f"Telegraf's configuration: {BEST}"],
    )


def run_telegraf(messages: int = MESSAGES, rounds: int = 1) -> Result:
    """Telegraf alone, in every configuration that was thought of: which is the best?"""
    opens = [(partial(telegraf, configuration=one), messages) for one in CONFIGURATIONS.values()]
    rows = [
        Row(subject=name, rounds=row.rounds)
        for name, row in zip(CONFIGURATIONS, drain_in_turn(opens, rounds), strict=True)
    ]
    best = max(rows, key=lambda row: row.median(RATE))
    return Result(
        benchmark="telegraf",
        method=f"{messages:,} waiting QoS 1 messages of 5 fields, by Telegraf in several configurations",
        rows=rows,
        notes=[f"the fastest: {best.subject}; compared with: {BEST}"],
    )


def drain_in_turn(subscribers: Sequence[tuple[Open, int]], rounds: int) -> list[Row]:
    """Each with its number of messages; in turn, so that what disturbs a round disturbs all of them."""
    with running_influxdb() as server:
        measured = [
            [
                drain_backlog(server, f"{number}-{index}", open_one, messages)
                for index, (open_one, messages) in enumerate(subscribers)
            ]
            for number in range(rounds)
        ]
    return [
        Row(subject=of_one[0][0], rounds=[numbers for _, numbers in of_one]) for of_one in zip(*measured, strict=True)
    ]


def drain_backlog(server: InfluxdbServer, label: str, open_one: Open, messages: int) -> tuple[str, Mapping[str, float]]:
    """The subscriber's name and what it came to."""
    bucket = server.create_bucket(f"ingest-{label}")
    try:
        with bench_folder() as folder, running_mosquitto(folder) as broker:
            subscriber = open_one(folder, broker, bucket)
            try:
                return subscriber.name, _drain(server, subscriber, broker, bucket, messages)
            finally:
                subscriber.process.stop()
    finally:
        server.delete_bucket(bucket.bucket)


def _drain(
    server: InfluxdbServer, subscriber: Subscriber, broker: MosquittoServer, bucket: InfluxdbBucket, messages: int
) -> Mapping[str, float]:
    start_cpu_s = make_session(subscriber, broker)
    t0_ms = int(time.time() * 1000) - (messages // EQUIPMENT + 12) * STEP_MS
    publish_all(broker.host, broker.port, backlog(messages, EQUIPMENT, t0_ms))
    subscriber.process.start()
    samples = watch(partial(stored_points, server.url), messages, WITHIN_S)
    wait_until(subscriber.finished, f"{subscriber.name} to finish")
    pid = subscriber.process.pid
    measured = {
        RATE: rate_between(samples, messages),
        CPU: (cpu_s(pid) - start_cpu_s) / messages * 1e6,
        MEMORY: peak_resident_mb(pid),
    }
    _check_all_stored(bucket, messages)
    return measured


def make_session(subscriber: Subscriber, broker: MosquittoServer) -> float:
    """Let it subscribe once; the CPU that its start costs."""
    subscriber.process.start()
    wait_subscribed(subscriber, broker)
    time.sleep(2)
    used = cpu_s(subscriber.process.pid)
    subscriber.process.stop()
    return used


def wait_subscribed(subscriber: Subscriber, broker: MosquittoServer) -> None:
    """Until the broker has written that it did."""
    log = Path(broker.folder / "mosquitto.log")

    def subscribed() -> bool:
        if not subscriber.process.running:
            raise RuntimeError(f"{subscriber.name} ended: {subscriber.process.log.read_text(errors='replace')[-2000:]}")
        return FILTER in log.read_text(errors="replace")

    wait_until(subscribed, f"{subscriber.name} to subscribe", 60)


def _check_all_stored(bucket: InfluxdbBucket, messages: int) -> None:
    def counts() -> list[object]:
        (row,) = bucket.query("SELECT count(*) FROM bench_pump")
        return [count for column, count in row.items() if column.startswith("count_")]

    # Its counter of points is ahead of what a query sees by the write that it is at.
    wait_until(lambda: counts() == [messages] * FIELDS, f"{messages} messages in the store", 30)
