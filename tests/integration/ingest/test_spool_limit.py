"""A store that is away for longer than the spool has room: nothing is dropped, the broker keeps what is not taken."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from iot_maint.domain.errors import StoreUnavailable
from iot_maint.domain.platform_alarms import PlatformAlarmKind
from tests.ingest_builders import T0_MS
from tests.ingest_worker import IngestWorker, eventually
from tests.servers.mosquitto import MosquittoServer

TOPIC = "iot/v1/S1/P-01/telemetry"
LIMIT = 24 * 2**20
MESSAGES = 8000
# Beside its number some 4.9 kB that the spool keeps and the rules never see.
FILLING = {f"text{part}": "x" * 245 for part in range(20)}


@pytest.fixture
def worker(tmp_path: Path, mosquitto: MosquittoServer) -> Iterator[IngestWorker]:
    made = IngestWorker(data_dir=tmp_path, url=mosquitto.url, inbox_messages=10, spool_limit=LIMIT)
    made.start()
    yield made
    made.stop()


def publish_all(broker: MosquittoServer) -> None:
    """Returns when the broker has acknowledged them all."""
    client = paho.Client(CallbackAPIVersion.VERSION2)
    client.max_inflight_messages_set(0)
    client.connect(broker.host, broker.port)
    client.loop_start()
    try:
        payloads = (json.dumps({"ts": T0_MS + seq, "values": {"seq": seq, **FILLING}}) for seq in range(MESSAGES))
        for sent in [client.publish(TOPIC, payload, qos=1) for payload in payloads]:
            sent.wait_for_publish(60)
    finally:
        client.disconnect()
        client.loop_stop()


def taken_in(worker: IngestWorker) -> float:
    return worker.meter.total("messages_received")


def standing(worker: IngestWorker) -> set[PlatformAlarmKind]:
    return {alarm.kind for alarm in worker.platform.standing()}


def on_disk(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("spool-1.db*"))


@pytest.mark.slow
def test_a_full_spool_stops_acknowledging_and_all_arrive_once_when_the_store_is_back(
    worker: IngestWorker, mosquitto: MosquittoServer, tmp_path: Path
) -> None:
    worker.store.fault = lambda _points: StoreUnavailable("away")
    publish_all(mosquitto)

    eventually(lambda: PlatformAlarmKind.SPOOL_FULL in standing(worker), within_s=60)
    full_at = taken_in(worker)
    time.sleep(1.5)
    assert taken_in(worker) == full_at < MESSAGES
    assert on_disk(tmp_path) < LIMIT + 4 * 2**20
    assert worker.service.healthy()

    worker.store.fault = lambda _points: None
    eventually(lambda: len(worker.stored()) == MESSAGES, within_s=120)
    assert sorted(float(fields["seq"]) for fields in worker.stored()) == [float(seq) for seq in range(MESSAGES)]
    assert worker.dead_letters() == []
    eventually(lambda: standing(worker) == set())


@pytest.mark.slow
def test_a_worker_that_ends_while_its_spool_is_full_loses_nothing_either(
    worker: IngestWorker, mosquitto: MosquittoServer
) -> None:
    worker.store.fault = lambda _points: StoreUnavailable("away")
    publish_all(mosquitto)
    eventually(lambda: PlatformAlarmKind.SPOOL_FULL in standing(worker), within_s=60)
    worker.stop()

    worker.start()
    eventually(lambda: len(worker.stored()) == MESSAGES, within_s=120)
    assert sorted(float(fields["seq"]) for fields in worker.stored()) == [float(seq) for seq in range(MESSAGES)]
