"""The whole ingest path on a real broker, a real spool and a real store."""

import json
from collections.abc import Iterator
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from iot_maint.domain.errors import StoreUnavailable
from iot_maint.domain.telemetry import Batch
from tests.fakes import FaultySpool
from tests.ingest_builders import T0_MS
from tests.ingest_worker import IngestWorker, eventually
from tests.servers.mosquitto import MosquittoServer

TOPIC = "iot/v1/S1/P-01/telemetry"


def payload(seq: int) -> str:
    return json.dumps({"ts": T0_MS + seq, "values": {"seq": seq}})


def publish_many(broker: MosquittoServer, count: int, start: int = 0) -> None:
    """Returns when the broker has acknowledged them all."""
    client = paho.Client(CallbackAPIVersion.VERSION2)
    client.max_inflight_messages_set(0)
    client.connect(broker.host, broker.port)
    client.loop_start()
    try:
        for sent in [client.publish(TOPIC, payload(seq), qos=1) for seq in range(start, start + count)]:
            sent.wait_for_publish(20)
    finally:
        client.disconnect()
        client.loop_stop()


def sequence(worker: IngestWorker) -> list[float | str]:
    return [fields["seq"] for fields in worker.stored()]


def spool_failures(worker: IngestWorker) -> float:
    return worker.meter.registry.get_sample_value("iot_maint_store_failures_total", {"store": "spool"}) or 0.0


@pytest.fixture
def worker(tmp_path: Path, mosquitto: MosquittoServer) -> Iterator[IngestWorker]:
    made = IngestWorker(data_dir=tmp_path, url=mosquitto.url)
    made.start()
    yield made
    made.stop()


def test_a_message_is_stored_and_decided(worker: IngestWorker, mosquitto: MosquittoServer) -> None:
    mosquitto.publish(TOPIC, f'{{"ts": {T0_MS}, "values": {{"vib_rms": 2.1, "running": true}}}}')

    eventually(lambda: worker.stored() == [{"vib_rms": 2.1, "running": 1.0}])
    eventually(lambda: [(item.equipment, item.at_ms) for item in worker.decided()] == [("P-01", T0_MS)])
    assert worker.service.healthy()


def test_chinese_sites_and_equipment_are_received(worker: IngestWorker, mosquitto: MosquittoServer) -> None:
    mosquitto.publish("iot/v1/东区/水泵-01/telemetry", '{"振动": 2.1}')
    eventually(lambda: [(item.site, item.equipment) for item in worker.decided()] == [("东区", "水泵-01")])


def test_a_retained_message_says_so(tmp_path: Path, mosquitto: MosquittoServer) -> None:
    mosquitto.publish(TOPIC, payload(1), retain=True)
    worker = IngestWorker(data_dir=tmp_path, url=mosquitto.url)
    worker.start()
    mosquitto.publish(TOPIC, payload(2))
    eventually(lambda: [item.retained for item in worker.decided()] == [True, False])
    worker.stop()


def test_poison_becomes_dead_letters_and_the_next_message_is_taken(
    worker: IngestWorker, mosquitto: MosquittoServer
) -> None:
    poison = {
        "too_large": b'{"a": "' + b"x" * 300_000 + b'"}',
        "not_utf8": b"\xff\xfe\x00",
        "not_json": b"vib_rms=2.1",
        "too_deep": b"[" * 200_000,
        "wrong_shape": b"42",
        "bad_timestamp": b'{"ts": "soon", "a": 1}',
        "too_old": b'{"ts": 1, "a": 1}',
        "ahead": b'{"ts": 4102444800, "a": 1}',
        "too_many_values": json.dumps({f"m{n}": n for n in range(1001)}).encode(),
    }
    for content in poison.values():
        mosquitto.publish(TOPIC, content)
    mosquitto.publish("iot/v1/S1/ /telemetry", payload(1))
    mosquitto.publish(TOPIC, payload(1))

    eventually(lambda: sequence(worker) == [1.0])
    letters = {letter.reason: letter for letter in worker.dead_letters()}
    assert set(letters) == {*poison, "bad_topic"}
    assert letters["not_json"].payload == b"vib_rms=2.1"
    assert letters["too_large"].payload == poison["too_large"][: 256 * 1024]
    assert worker.service.healthy()


def test_what_came_while_away_is_delivered_afterwards(worker: IngestWorker, mosquitto: MosquittoServer) -> None:
    worker.stop()
    publish_many(mosquitto, 50)
    worker.start()
    eventually(lambda: sequence(worker) == [float(seq) for seq in range(50)])


def test_what_was_not_spooled_is_delivered_again(worker: IngestWorker, mosquitto: MosquittoServer) -> None:
    worker.spool.fault = lambda _telemetry: StoreUnavailable("disk is full")
    publish_many(mosquitto, 20)
    eventually(lambda: spool_failures(worker) > 0)
    worker.stop()
    assert worker.decided() == []

    worker.start()
    eventually(lambda: sequence(worker) == [float(seq) for seq in range(20)])


def test_what_was_spooled_is_not_delivered_again(worker: IngestWorker, mosquitto: MosquittoServer) -> None:
    publish_many(mosquitto, 20)
    eventually(lambda: len(worker.decided()) == 20)
    worker.stop()
    worker.monitor.covered = worker.monitor.checkpoints[-1]

    worker.start()
    mosquitto.publish(TOPIC, payload(20))
    eventually(lambda: len(worker.decided()) > 20)
    assert [item.values["seq"] for item in worker.decided()] == [float(seq) for seq in range(21)]


def test_stopping_in_the_middle_of_a_stream_loses_nothing(worker: IngestWorker, mosquitto: MosquittoServer) -> None:
    for round_number in range(3):
        publish_many(mosquitto, 300, start=300 * round_number)
        worker.stop()
        worker.start()
    eventually(lambda: sequence(worker) == [float(seq) for seq in range(900)])


def test_a_full_inbox_holds_back_the_broker_and_loses_nothing(tmp_path: Path, mosquitto: MosquittoServer) -> None:
    worker = IngestWorker(data_dir=tmp_path, url=mosquitto.url, inbox_messages=10)
    worker.start()
    worker.spool.fault = lambda _telemetry: StoreUnavailable("disk is full")
    publish_many(mosquitto, 200)
    worker.spool.fault = lambda _telemetry: None
    eventually(lambda: sequence(worker) == [float(seq) for seq in range(200)])
    # And a stop is not held up by one.
    worker.spool.fault = lambda _telemetry: StoreUnavailable("disk is full")
    publish_many(mosquitto, 200, start=200)
    worker.stop()
    worker.start()
    eventually(lambda: sequence(worker) == [float(seq) for seq in range(400)])
    worker.stop()


def test_a_store_that_is_away_delays_neither_acknowledgement_nor_decisions(
    worker: IngestWorker, mosquitto: MosquittoServer
) -> None:
    worker.store.fault = lambda _points: StoreUnavailable("away")
    publish_many(mosquitto, 10)
    eventually(lambda: len(worker.decided()) == 10)
    assert worker.stored() == []
    worker.store.fault = lambda _points: None
    eventually(lambda: len(worker.stored()) == 10)


@pytest.mark.slow
def test_the_spool_is_emptied_once_all_is_stored_and_covered(worker: IngestWorker, mosquitto: MosquittoServer) -> None:
    publish_many(mosquitto, 10)
    eventually(lambda: len(worker.stored()) == 10 and len(worker.decided()) == 10)
    eventually(lambda: worker.spool.read_after(0, 10) == [])


def test_a_thread_that_dies_is_noticed(worker: IngestWorker, monkeypatch: pytest.MonkeyPatch) -> None:
    assert worker.service.healthy()

    def fail(_spool: FaultySpool, _number: int, _limit: int) -> list[Batch]:
        raise ZeroDivisionError("a fault of ours")

    monkeypatch.setattr(FaultySpool, "read_after", fail)
    eventually(lambda: worker.service.dead_threads() == ("decider",))
    assert not worker.service.healthy()


@pytest.mark.slow
@pytest.mark.parametrize("end", ["stop", "kill"])
def test_a_broker_that_comes_back_is_found_again(worker: IngestWorker, mosquitto: MosquittoServer, end: str) -> None:
    publish_many(mosquitto, 5)
    getattr(mosquitto, end)()
    eventually(lambda: not worker.service.connected)
    assert worker.meter.registry.get_sample_value("iot_maint_broker_connected") == 0
    mosquitto.start()
    # Killed, it may have forgotten the session: then it keeps nothing for us before we are back.
    eventually(lambda: worker.service.connected)
    publish_many(mosquitto, 5, start=5)
    eventually(lambda: sequence(worker)[-5:] == [5.0, 6.0, 7.0, 8.0, 9.0])
    assert worker.meter.registry.get_sample_value("iot_maint_broker_connected") == 1


@pytest.mark.slow
def test_a_broker_that_is_absent_at_the_start_is_found_later(tmp_path: Path, mosquitto: MosquittoServer) -> None:
    mosquitto.stop()
    worker = IngestWorker(data_dir=tmp_path, url=mosquitto.url)
    worker.start(connect=False)
    mosquitto.start()
    eventually(lambda: worker.service.connected)
    mosquitto.publish(TOPIC, payload(1))
    eventually(lambda: sequence(worker) == [1.0])
    worker.stop()


@pytest.mark.slow
def test_a_broker_that_no_longer_answers_does_not_hold_up_the_end(
    worker: IngestWorker, mosquitto: MosquittoServer
) -> None:
    mosquitto.process.pause()
    worker.stop()
