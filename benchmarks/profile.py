"""Where the time of a drained message goes, by thread and by function: the backlog of `ingest`, looked into.

The threads are the stages: `paho…` reads packets, `receiver` decodes and spools, `decider` runs the rules, `drain`
makes lines and writes them.  The observer takes the interpreter from those it looks at: this tells shares, not rates.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from benchmarks.ingest import drain_backlog
from benchmarks.observed import OUTPUT, Stage
from benchmarks.servers import bench_folder, running_influxdb
from benchmarks.subscribers import Subscriber, product
from tests.servers.influxdb import InfluxdbBucket
from tests.servers.mosquitto import MosquittoServer

FUNCTIONS = 12  # of each thread
LEAST_SHARE = 0.01  # of all: threads below it are left out
# What starts a thread or a module stands above all it runs, and says nothing.
_STARTERS = ("threading", "runpy", "importlib", "__main__", "contextlib")


def run(messages: int) -> Iterator[str]:
    """Lines for people."""
    with bench_folder() as folder, running_influxdb() as server:
        output = folder / "observed.json"

        def observed(place: Path, broker: MosquittoServer, bucket: InfluxdbBucket) -> Subscriber:
            return product(place, broker, bucket, module="benchmarks.observed", further={OUTPUT: str(output)})

        drain_backlog(server, "profile", observed, messages)
        stages = msgspec.json.decode(output.read_bytes(), type=dict[str, Stage])
    yield from tell(stages, messages)


def tell(stages: Mapping[str, Stage], messages: int) -> Iterator[str]:
    """Threads by their CPU, and in each the functions by what they and all that they call take."""
    yield f"CPU of {messages:,} drained messages, in µs a message: of a function with all it calls, and its own"
    least = LEAST_SHARE * sum(stage.cpu_ns for stage in stages.values())
    for name, stage in sorted(stages.items(), key=lambda item: -item[1].cpu_ns):
        if stage.cpu_ns < least:
            continue
        yield f"{_us(stage.cpu_ns, messages):7.2f}           thread {name}"
        busiest = sorted(stage.total.items(), key=lambda item: -item[1])
        shown = [item for item in busiest if item[0] in stage.own or not item[0].startswith(_STARTERS)]
        for function, spent in shown[:FUNCTIONS]:
            yield f"{_us(spent, messages):7.2f} {_us(stage.own.get(function, 0), messages):7.2f}     {function}"


def _us(ns: int, messages: int) -> float:
    return ns / 1000 / messages
