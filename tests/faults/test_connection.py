"""The way to the broker fails: a wire gone dead, a broker killed, a stranger under our name.  Nothing is lost."""

import socket
from contextlib import suppress

import pytest

from tests.e2e.service import wait_until
from tests.faults.oracle import Oracle
from tests.faults.publisher import Publisher, connect_packet
from tests.faults.tcp_proxy import Fault, TcpProxy
from tests.faults.traffic import Traffic
from tests.faults.worker import Worker
from tests.servers.mosquitto import MosquittoServer

pytestmark = pytest.mark.slow

PER_S = 400
SHORT_KEEPALIVE = ["--set", "iot_maint.ingest.mqtt:_KEEPALIVE_S=3"]
BROKER_KILLS = 3
THEFTS = 4


@pytest.mark.parametrize("fault", [Fault.SILENT, Fault.DEAF_BROKER], ids=lambda fault: fault.name.lower())
def test_a_half_open_connection_is_found_by_keepalive_and_made_anew(
    fault: Fault, worker: Worker, mosquitto: MosquittoServer, traffic: Traffic, oracle: Oracle
) -> None:
    with TcpProxy(mosquitto.port) as proxy:
        worker.environment["IOT_MAINT_MQTT_URL"] = proxy.url
        worker.start(SHORT_KEEPALIVE)
        with Publisher(mosquitto.port, traffic, per_s=PER_S) as publisher:
            wait_until(lambda: proxy.acknowledged > PER_S, 30, "traffic to be acknowledged")
            proxy.fail(fault)
            wait_until(lambda: proxy.connections == 2, 60, "the service to connect again")
            oracle.wait_stored(publisher.acknowledged)  # what came meanwhile
        oracle.wait_all_accounted_for()
        wait_until(lambda: proxy.acknowledged >= traffic.made, 30, "everything to be acknowledged")
        assert "lost" in worker.log
        worker.stop()


def test_a_killed_broker_loses_nothing_that_its_publisher_sends_again(
    worker: Worker, mosquitto: MosquittoServer, traffic: Traffic, oracle: Oracle
) -> None:
    worker.start()
    with Publisher(mosquitto.port, traffic, per_s=PER_S) as publisher:
        for _ in range(BROKER_KILLS):
            # The broker's file knows of our session, and what waited in it is with us.
            wait_until((mosquitto.folder / "mosquitto.db").exists, 30, "the broker to save its sessions")
            oracle.wait_stored(publisher.acknowledged + 200)
            mosquitto.kill()
            mosquitto.start()
        oracle.wait_stored(publisher.acknowledged + 200)
    oracle.wait_all_accounted_for()
    assert "lost" in worker.log


def test_a_stranger_under_our_client_id_is_named_and_costs_nothing(
    worker: Worker, mosquitto: MosquittoServer, traffic: Traffic, oracle: Oracle
) -> None:
    worker.start()
    with Publisher(mosquitto.port, traffic, per_s=PER_S) as publisher:
        for _ in range(THEFTS):
            hold_session_until_it_is_taken_back(mosquitto, worker.client_id)
        oracle.wait_stored(publisher.acknowledged)  # what the stranger was sent, too
    oracle.wait_all_accounted_for()
    assert f"another client with the id {worker.client_id}" in worker.log


def hold_session_until_it_is_taken_back(broker: MosquittoServer, client_id: str) -> None:
    """Receive what is not ours, and acknowledge nothing."""
    with socket.create_connection((broker.host, broker.port), timeout=60) as connection, suppress(ConnectionError):
        connection.sendall(connect_packet(client_id, clean_session=False))
        while connection.recv(64 * 1024):
            pass
