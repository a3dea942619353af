"""The telemetry store is down for 300,000 messages: memory hardly grows, and the backlog goes faster than it came."""

import time

import pytest

from tests.e2e.service import wait_until
from tests.faults.oracle import Oracle
from tests.faults.publisher import Publisher
from tests.faults.traffic import Traffic
from tests.faults.worker import Worker
from tests.servers.influxdb import InfluxdbBucket
from tests.servers.mosquitto import MosquittoServer

pytestmark = pytest.mark.slow

MESSAGES = 300_000
PER_S = 7_500
MORE_MB = 50
TIMES_FASTER = 3
WARM = 20_000
# A backlog is not asked for before the store has been away for some time: the wait after that is not what is measured.
SOON_AGAIN = ["--set", "iot_maint.bootstrap.ingesting:LONGEST_RETRY=1"]


@pytest.fixture
def traffic() -> Traffic:
    return Traffic(step_ms=10_000)


def test_an_outage_of_300_000_messages_costs_no_memory_and_is_made_up_for_three_times_as_fast(
    worker: Worker, mosquitto: MosquittoServer, influxdb: InfluxdbBucket, traffic: Traffic, oracle: Oracle
) -> None:
    worker.start(SOON_AGAIN)
    with Publisher(mosquitto.port, traffic.take(WARM), per_s=PER_S) as publisher:
        publisher.wait_sent(60)
    oracle.wait_stored(WARM - 1)

    before_mb = worker.resident_kb() / 1024
    worker.forget_peak()
    influxdb.server.stop()
    began = time.monotonic()
    with Publisher(mosquitto.port, traffic.take(MESSAGES), per_s=PER_S) as publisher:
        publisher.wait_sent(600)
    arrived_per_s = MESSAGES / (time.monotonic() - began)
    peak_mb = worker.resident_kb("VmHWM") / 1024

    influxdb.server.start()
    wait_until(lambda: oracle.count_stored() > WARM, 60, "the first of the backlog to be stored")
    stored, began = oracle.count_stored(), time.monotonic()
    wait_until(lambda: oracle.count_stored() == WARM + MESSAGES, 300, "the backlog to be stored", every_s=0.5)
    drained_per_s = (WARM + MESSAGES - stored) / (time.monotonic() - began)
    peak_of_all_mb = worker.resident_kb("VmHWM") / 1024

    print(
        f"arrived {arrived_per_s:.0f}/s, drained {drained_per_s:.0f}/s ({drained_per_s / arrived_per_s:.1f} ×); "
        f"memory {before_mb:.0f} MB, at most {peak_mb:.0f} MB in the outage and {peak_of_all_mb:.0f} MB in all"
    )
    oracle.wait_all_accounted_for(within_s=120)
    assert peak_of_all_mb - before_mb <= MORE_MB
    assert drained_per_s >= TIMES_FASTER * arrived_per_s
