"""The telemetry store answers late, refuses us, is busy, fails, or will not have one line: nothing is lost."""

from collections.abc import Iterator

import pytest

from tests.e2e.service import wait_until
from tests.faults.oracle import Oracle
from tests.faults.publisher import Publisher
from tests.faults.store_proxy import Answer, StoreProxy, for_times
from tests.faults.tcp_proxy import TcpProxy
from tests.faults.traffic import Traffic
from tests.faults.worker import Worker
from tests.servers.influxdb import InfluxdbBucket
from tests.servers.mosquitto import MosquittoServer

pytestmark = pytest.mark.slow

PER_S = 400
ASKS_SOON_AGAIN = ["--set", "iot_maint.ingest.drain:SLOW_S=1"]
LATE_S = 30
RETRY_AFTER_S = 3


@pytest.fixture
def wire(worker: Worker, mosquitto: MosquittoServer) -> Iterator[TcpProxy]:
    with TcpProxy(mosquitto.port) as proxy:
        worker.environment["IOT_MAINT_MQTT_URL"] = proxy.url
        yield proxy
        worker.stop()


@pytest.fixture
def store(worker: Worker, influxdb: InfluxdbBucket) -> Iterator[StoreProxy]:
    with StoreProxy(influxdb) as proxy:
        worker.environment["IOT_MAINT_TELEMETRY_URL"] = proxy.url
        yield proxy
        worker.stop()


def wait_until_more_is_acknowledged(wire: TcpProxy) -> None:
    """Acknowledgement does not wait for the store."""
    before = wire.acknowledged
    wait_until(lambda: wire.acknowledged >= before + PER_S, 30, "acknowledgements to go on")


def test_a_store_that_answers_half_a_minute_late_is_asked_again(
    worker: Worker, wire: TcpProxy, store: StoreProxy, mosquitto: MosquittoServer, traffic: Traffic, oracle: Oracle
) -> None:
    store.fault = for_times(1, Answer(after_s=LATE_S))
    worker.start()
    with Publisher(mosquitto.port, traffic, per_s=PER_S):
        wait_until(lambda: store.faults == 1, 30, "the first write")
        wait_until_more_is_acknowledged(wire)
        worker.wait_logged("storing waits", within_s=LATE_S)
        wait_until(lambda: len(store.writes) > 1, 30, "another attempt")
    oracle.wait_all_accounted_for()


def test_a_store_that_refuses_our_token_gets_everything_once_it_is_mended(
    worker: Worker, wire: TcpProxy, store: StoreProxy, mosquitto: MosquittoServer, traffic: Traffic, oracle: Oracle
) -> None:
    store.fault = for_times(3, Answer(status=401, message="unauthorized access"))
    worker.start(ASKS_SOON_AGAIN)
    with Publisher(mosquitto.port, traffic, per_s=PER_S):
        worker.wait_logged("storing stands still until somebody mends this")
        wait_until_more_is_acknowledged(wire)
        wait_until(lambda: len(store.writes) > 3, 30, "the token to be mended")
    oracle.wait_all_accounted_for()
    assert "unauthorized access" in worker.log
    assert not oracle.dead()


def test_a_store_that_is_busy_is_left_alone_as_long_as_it_asks(
    worker: Worker, wire: TcpProxy, store: StoreProxy, mosquitto: MosquittoServer, traffic: Traffic, oracle: Oracle
) -> None:
    store.fault = for_times(1, Answer(status=429, message="busy", headers={"Retry-After": str(RETRY_AFTER_S)}))
    worker.start()
    with Publisher(mosquitto.port, traffic, per_s=PER_S):
        wait_until(lambda: store.faults == 1, 30, "the first write")
        wait_until_more_is_acknowledged(wire)
        wait_until(lambda: len(store.writes) > 1, 30, "another attempt")
    assert store.writes[1] - store.writes[0] >= RETRY_AFTER_S
    oracle.wait_all_accounted_for()


def test_a_store_that_fails_is_asked_again_until_it_works(
    worker: Worker, wire: TcpProxy, store: StoreProxy, mosquitto: MosquittoServer, traffic: Traffic, oracle: Oracle
) -> None:
    store.fault = for_times(3, Answer(status=500, message="internal error"))
    worker.start()
    with Publisher(mosquitto.port, traffic, per_s=PER_S):
        wait_until(lambda: store.faults == 3, 60, "three failures")
        wait_until_more_is_acknowledged(wire)
        wait_until(lambda: len(store.writes) > 3, 60, "another attempt")
    oracle.wait_all_accounted_for()
    assert not oracle.dead()


def test_one_line_that_the_store_will_not_have_is_a_dead_letter_and_takes_no_other_with_it(
    worker: Worker, store: StoreProxy, mosquitto: MosquittoServer, traffic: Traffic, oracle: Oracle
) -> None:
    bad_time = str(traffic.at_ms(5)).encode()

    def refuse_one_line(lines: list[bytes]) -> Answer | None:
        bad = any(b"equipment=F-03" in line and line.endswith(bad_time) for line in lines)
        return Answer(status=400, message="unable to parse") if bad else None

    store.fault = refuse_one_line
    worker.start()
    with Publisher(mosquitto.port, traffic.take(20 * PER_S), per_s=2 * PER_S) as publisher:
        wait_until(lambda: publisher.acknowledged > 2 * PER_S, 30, "traffic")
    oracle.wait_all_accounted_for()
    assert list(oracle.dead()) == [("F-03", 5)]
    assert "unable to parse" in worker.run("dead-letters", "show", "1:1")
