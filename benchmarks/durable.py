"""The same backlog as `ingest`, durable before it is acknowledged: by the product, and in the plain way."""

import sys
from pathlib import Path

from benchmarks.ingest import MESSAGES, RATE, drain_in_turn
from benchmarks.results import Figure, Result, ratio
from benchmarks.subscribers import FILTER, ROOT, Subscriber, product
from tests.servers.influxdb import InfluxdbBucket
from tests.servers.mosquitto import MosquittoServer
from tests.servers.processes import ServerProcess

# A rate is a rate: the plain way would take minutes for the whole backlog.
PLAIN_SHARE = 10


def run(messages: int = MESSAGES, rounds: int = 3) -> Result:
    rows = drain_in_turn([(product, messages), (plain, messages // PLAIN_SHARE)], rounds)
    ours, peers = rows
    return Result(
        benchmark="durable",
        method=f"{messages:,} waiting messages as in `ingest`, {messages // PLAIN_SHARE:,} of them for the plain way",
        rows=rows,
        figures=[
            Figure(name="Durable, against one fsync a message", value=ratio(ours, peers, RATE), unit="×", bar=5, aim=10)
        ],
    )


def plain(folder: Path, broker: MosquittoServer, bucket: InfluxdbBucket) -> Subscriber:
    """`plain_subscriber.py` as a process."""
    arguments = [broker.host, str(broker.port), FILTER, bucket.url, bucket.token, bucket.org, bucket.bucket]
    process = ServerProcess(
        command=[
            *("env", f"PYTHONPATH={ROOT}", sys.executable, "-m", "benchmarks.plain_subscriber"),
            *(*arguments, str(folder / "rows.db")),
        ],
        is_ready=lambda: True,
        log=folder / "plain.log",
    )
    return Subscriber(name="paho, json, an fsync each", process=process, finished=lambda: True)
