"""Resident memory of `iot-maint ingest` while 10,000 messages a second of 1,000 pieces of equipment come in."""

import statistics
import time

from benchmarks.ingest import wait_subscribed
from benchmarks.publishing import Publisher, publishing, rate_of
from benchmarks.results import Figure, Result, Row
from benchmarks.servers import bench_folder, running_influxdb, running_mosquitto, wait_until
from benchmarks.subscribers import EQUIPMENT, Subscriber, product
from benchmarks.watching import cpu_s, peak_resident_mb, resident_mb, stored_points
from tests.servers.influxdb import InfluxdbServer

MESSAGES_A_SECOND, SECONDS, SAMPLE_S = 10_000, 60.0, 0.5
START, STEADY, PEAK, CPU, RATE = "RSS MB at the start", "steady RSS MB", "peak RSS MB", "CPU %", "msg/s"


def run(rounds: int = 3, seconds: float = SECONDS) -> Result:
    with running_influxdb() as server:
        row = Row(subject="iot-maint ingest", rounds=[_hold(server, seconds) for _ in range(rounds)])
    return Result(
        benchmark="memory",
        method=f"{MESSAGES_A_SECOND:,} msg/s of {EQUIPMENT:,} equipment, {seconds:g} s (steady: its second half)",
        rows=[row],
        figures=[
            Figure(
                name="Resident memory of ingest, peak",
                value=max(one[PEAK] for one in row.rounds),
                unit="MB",
                bar=150,
                aim=90,
                more_is_better=False,
            )
        ],
    )


def _hold(server: InfluxdbServer, seconds: float) -> dict[str, float]:
    bucket = server.create_bucket("memory")
    try:
        with bench_folder() as folder, running_mosquitto(folder) as broker:
            subscriber = product(folder, broker, bucket)
            subscriber.process.start()
            try:
                wait_subscribed(subscriber, broker)
                with publishing(
                    broker, folder, rate=MESSAGES_A_SECOND, seconds=seconds, equipment=EQUIPMENT
                ) as publisher:
                    return _watch(server, subscriber, publisher)
            finally:
                subscriber.process.stop()
    finally:
        server.delete_bucket(bucket.bucket)


def _watch(server: InfluxdbServer, subscriber: Subscriber, publisher: Publisher) -> dict[str, float]:
    """Until the publisher has ended and all of it is stored."""
    pid = subscriber.process.pid
    began, cpu_before, stored_before = time.monotonic(), cpu_s(pid), stored_points(server.url)
    samples = [resident_mb(pid)]
    while publisher.running:
        time.sleep(SAMPLE_S)
        samples.append(resident_mb(pid))
    busy = (cpu_s(pid) - cpu_before) / (time.monotonic() - began)
    reports = publisher.reports()
    published = reports[-1].published
    wait_until(
        lambda: stored_points(server.url) - stored_before >= published and subscriber.finished(), "all to be stored", 60
    )
    return {
        START: samples[0],
        STEADY: statistics.median(samples[len(samples) // 2 :]),
        PEAK: peak_resident_mb(pid),
        CPU: busy * 100,
        RATE: rate_of(reports, reports[0].at_s, reports[-1].at_s),
    }
