"""The highest rate at which what is published live is stored as fast as it comes: the product, durable, and Node-RED.

A compiled publisher holds a rate; what waits is what the broker has acknowledged to it, less what rests in InfluxDB.
A rate holds when that neither grows nor is much, and when soon after the end nothing waits and, for the product, no
batch is left that the rules have not seen.  Short looks find the rate, one of full length confirms it.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from benchmarks.ingest import wait_subscribed
from benchmarks.node_red import node_red
from benchmarks.peers import node_red_folder
from benchmarks.publishing import FLAT_OUT, Publisher, acknowledged_at, publishing, rate_of
from benchmarks.rate_search import Sample, confirmed_rate, describe, highest_rate, keeps_up
from benchmarks.results import Figure, Result, Row, ratio
from benchmarks.servers import bench_folder, running_influxdb, running_mosquitto, wait_until
from benchmarks.subscribers import EQUIPMENT, Open, Subscriber, product
from benchmarks.watching import stored_points
from tests.servers.influxdb import InfluxdbServer

HOLD_S = 30.0
WARM_UP_S, SETTLE_S, SAMPLE_S = 4.0, 10.0, 0.5
ALONE_S = 10.0
FIRST_GUESS = 20_000.0
RATE, ALONE = "msg/s held", "publisher alone msg/s"


def run(rounds: int = 3, hold_s: float = HOLD_S) -> Result:
    """A search for each of both in every round; from the second on they begin where the last ended.

    Raises PeerMissing before anything is measured.
    """
    node_red_folder()
    found: dict[str, list[float]] = {}
    guesses = [FIRST_GUESS, FIRST_GUESS]
    alone = [publish_alone() for _ in range(rounds)]
    with running_influxdb() as server:
        for _ in range(rounds):
            for index, open_one in enumerate((product, node_red)):
                name, rate = search(server, open_one, guesses[index], hold_s)
                found.setdefault(name, []).append(rate)
                guesses[index] = rate
    rows = [Row(subject=name, rounds=[{RATE: rate} for rate in rates]) for name, rates in found.items()]
    ours, peers = rows
    publisher = Row(subject="publisher alone", rounds=[{RATE: rate} for rate in alone])
    return Result(
        benchmark="live",
        method=f"highest live rate held for {hold_s:g} s: QoS 1, 5 fields, {EQUIPMENT:,} equipment, one publisher",
        rows=[*rows, publisher],
        figures=[
            Figure(name="Live rate, durable, against Node-RED", value=ratio(ours, peers, RATE), unit="×", bar=3, aim=4),
            Figure(
                name="Publisher alone against the live rate",
                value=ratio(publisher, ours, RATE),
                unit="×",
                bar=1.5,
                aim=1.5,
            ),
        ],
    )


def search(server: InfluxdbServer, open_one: Open, guess: float, hold_s: float) -> tuple[str, float]:
    """The subscriber's name and its rate; each look has a fresh broker, subscriber and bucket."""
    names: list[str] = []

    def holds(rate: float, seconds: float) -> bool:
        seen = look(server, open_one, rate, seconds)
        names.append(seen.name)
        verdict = "holds" if seen.held else "does not hold"
        print(f"  {seen.name} {verdict} {rate:,.0f} msg/s for {seconds:g} s: {seen.why}", flush=True)
        return seen.held

    short = highest_rate(partial(holds, seconds=hold_s / 3), guess)
    confirmed = confirmed_rate(partial(holds, seconds=hold_s), short)
    if not confirmed:
        raise RuntimeError(f"{names[0]} held no rate that was tried")
    return names[0], confirmed


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Whether the subscriber of that name held a rate, and what that rests on."""

    name: str
    held: bool
    why: str


def look(server: InfluxdbServer, open_one: Open, rate: float, hold_s: float) -> Look:
    """At one rate, for that long."""
    bucket = server.create_bucket("live")
    try:
        with bench_folder() as folder, running_mosquitto(folder) as broker:
            subscriber = open_one(folder, broker, bucket)
            subscriber.process.start()
            try:
                wait_subscribed(subscriber, broker)
                time.sleep(1)
                stored = _since_now(server)
                seconds = WARM_UP_S + hold_s
                with publishing(broker, folder, rate=rate, seconds=seconds, equipment=EQUIPMENT) as publisher:
                    samples = watch_live(publisher, stored, seconds)
                    why, held = describe(samples, rate), keeps_up(samples, rate)
                    if held and not _settles(publisher, subscriber, stored):
                        why, held = f"{why}; not done {SETTLE_S:g} s after the end", False
                return Look(name=subscriber.name, held=held, why=why)
            finally:
                subscriber.process.kill()
    finally:
        server.delete_bucket("live")


def watch_live(publisher: Publisher, stored: Callable[[], float], seconds: float) -> list[Sample]:
    """Samples of all the time after the warm-up; fewer when the publisher ends before its time."""
    counts: list[tuple[float, float]] = []
    began = time.time()
    while publisher.running and time.time() < began + seconds:
        time.sleep(SAMPLE_S)
        asked = time.time()
        count = stored()
        # The store counts when it answers: between the asking and the answer.
        counts.append(((asked + time.time()) / 2, count))
    reports = publisher.reports()
    if time.time() < began + seconds / 2 or not reports:
        raise RuntimeError(f"the publisher ended early: {publisher.process.log.read_text()[-500:]}")
    last_s = reports[-1].at_s
    return [
        Sample(at_s=at_s, published=acknowledged_at(reports, at_s), stored=count)
        for at_s, count in counts
        if began + WARM_UP_S <= at_s <= last_s
    ]


def publish_alone(seconds: float = ALONE_S) -> float:
    """Messages a second that a broker without subscribers acknowledges to the publisher."""
    with (
        bench_folder() as folder,
        running_mosquitto(folder) as broker,
        publishing(broker, folder, rate=FLAT_OUT, seconds=seconds, equipment=EQUIPMENT) as publisher,
    ):
        wait_until(lambda: not publisher.running, "the publisher to end", seconds + 60)
        reports = publisher.reports()
    return rate_of(reports, reports[0].at_s, reports[-1].at_s)


def _since_now(server: InfluxdbServer) -> Callable[[], float]:
    began = stored_points(server.url)
    return lambda: stored_points(server.url) - began


def _settles(publisher: Publisher, subscriber: Subscriber, stored: Callable[[], float]) -> bool:
    """Whether soon after the publisher's end nothing waits any more, nor is left to do."""

    def settled() -> bool:
        return not publisher.running and stored() >= publisher.reports()[-1].published and subscriber.finished()

    try:
        wait_until(settled, f"{subscriber.name} to settle", SETTLE_S)
    except TimeoutError:
        return False
    return True
