"""The service dies without a word, at any moment: nothing is lost, nothing is double, and each fault has one order."""

import random
import time
from dataclasses import dataclass

import pytest

from tests.e2e.service import wait_until
from tests.faults.oracle import Oracle
from tests.faults.publisher import Publisher
from tests.faults.traffic import FAULT_MODE, PUMPS, Traffic
from tests.faults.worker import Worker
from tests.servers.mosquitto import MosquittoServer

pytestmark = pytest.mark.slow

KILLS = 20
PER_S = 400
DWELL = 11  # messages of a hot bearing, a minute apart


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """Where it dies: before or after the first call of a method, where it matters of a thread or after another call."""

    name: str
    before: str = ""
    after: str = ""
    thread: str = ""
    armed_by: str = ""

    def rig(self) -> list[str]:
        given = {
            "--kill-before": self.before,
            "--kill-after": self.after,
            "--thread": self.thread,
            "--armed-by": self.armed_by,
        }
        return [word for option, value in given.items() if value for word in (option, value)]


APPEND = "iot_maint.storage.spool:SqliteSpool.append"
ACKNOWLEDGE = "iot_maint.ingest.mqtt:Subscriber.acknowledge"
WRITE = "iot_maint.storage.telemetry.influx:InfluxTelemetryStore.write"
DELETE = "iot_maint.storage.spool:SqliteSpool.delete_through"
SAVE = "iot_maint.services.ordering:OrderDesk.save"
CHECKPOINT = "iot_maint.services.monitoring:Monitor.checkpoint"

# The service's own counters are written to the same store, by a thread of another name.
POINTS = (
    Point(name="before the spool commit", before=APPEND),
    Point(name="after the spool commit and before PUBACK", before=ACKNOWLEDGE),
    Point(name="after PUBACK and before the store write", before=WRITE, thread="drain"),
    Point(name="after the store write and before the spool deletion", before=DELETE),
    Point(name="after deciding and before the save of alarms and orders", before=SAVE),
    Point(name="within the save of alarms and orders", after=SAVE),
    Point(name="after the save and before the checkpoint", before=CHECKPOINT, armed_by=SAVE),
    Point(name="after the checkpoint and before the deletion", after=CHECKPOINT, armed_by=SAVE),
)


@pytest.mark.parametrize("point", POINTS, ids=lambda point: point.name)
def test_a_kill_at_a_commit_point_loses_and_doubles_nothing(
    point: Point, worker: Worker, mosquitto: MosquittoServer, traffic: Traffic, oracle: Oracle
) -> None:
    traffic.hot_from = {"F-07": 2}
    worker.start(point.rig())
    with Publisher(mosquitto.port, traffic, per_s=PER_S):
        worker.wait_killed()
        made_at_death = traffic.made
        worker.start()
        enough = max(made_at_death + 200, (2 + DWELL + 2) * len(PUMPS))
        wait_until(lambda: traffic.made > enough, 60, "traffic after the restart")
    oracle.wait_all_accounted_for()
    wait_until(lambda: bool(worker.orders()), 30, "the order")
    worker.stop()  # decides what is left
    assert worker.orders() == [("F-07", FAULT_MODE)]


def test_twenty_kills_at_random_lose_and_double_nothing(
    worker: Worker, mosquitto: MosquittoServer, traffic: Traffic, oracle: Oracle
) -> None:
    chance = random.SystemRandom()
    # One fault after the other, all the way through, so that every kill may meet one.
    traffic.hot_from = {code: 10 * number for number, code in enumerate(PUMPS)}
    with Publisher(mosquitto.port, traffic, per_s=PER_S) as publisher:
        for kill in range(KILLS):
            # Every fourth dies while it starts.
            starting = kill % 4 == 3
            worker.start(wait=not starting)
            time.sleep(chance.uniform(0, 1.5 if starting else 1.0))
            worker.kill()
        worker.start()
        last_fault = (10 * len(PUMPS) + DWELL) * len(PUMPS)
        wait_until(lambda: publisher.acknowledged > last_fault, 120, "traffic beyond the last fault")
    oracle.wait_all_accounted_for(within_s=120)
    wait_until(lambda: len(worker.orders()) >= len(PUMPS), 60, "an order for each fault")
    worker.stop()
    assert worker.orders() == [(code, FAULT_MODE) for code in PUMPS]
