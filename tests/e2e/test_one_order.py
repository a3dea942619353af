"""The main job on real parts: devices → Mosquitto → rules → one order in PostgreSQL, telemetry in InfluxDB."""

import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.e2e.publishing import publish_all, telemetry
from tests.e2e.service import Service, environment_of, simulate, wait_until
from tests.servers.influxdb import InfluxdbBucket
from tests.servers.mosquitto import MosquittoServer
from tests.servers.postgresql import PostgresqlDatabase

pytestmark = pytest.mark.slow

MINUTE_MS = 60_000


@pytest.fixture
def service(
    tmp_path: Path, mosquitto: MosquittoServer, influxdb: InfluxdbBucket, postgresql: PostgresqlDatabase
) -> Iterator[Service]:
    running = Service(folder=tmp_path, environment=environment_of(mosquitto, influxdb, postgresql))
    yield running
    running.process.stop()


def register_pump(service: Service) -> None:
    register = service.folder / "register.csv"
    register.write_text("code,name,type,site,kind\nP-01,1号泵,pump,yard,booster\n", "utf-8")
    service.prepare(register)


def test_a_bearing_fault_on_one_of_fifty_pumps_opens_exactly_one_order_on_that_pump(
    service: Service, mosquitto: MosquittoServer, influxdb: InfluxdbBucket
) -> None:
    register = service.folder / "register.csv"
    simulate(["--site", "fifty_pumps", "--register", str(register)], within_s=60)
    real_start = datetime.now(UTC) + timedelta(seconds=15)
    clock = f"accelerated:2026-03-01T06:00:00+08:00/{real_start.isoformat()}/60"
    service = Service(folder=service.folder, environment={**service.environment, "IOT_MAINT_CLOCK": clock})
    service.prepare(register)
    service.process.start()
    try:
        # Its noise, loss, duplicates and data faults are on: the site's file says which.
        simulate(["--site", "fifty_pumps", "--mqtt", mosquitto.url, "--clock", clock, "--seconds", "60"], within_s=120)
        wait_until(lambda: service.metric("undecided_batches") == 0, 30, "all batches to be decided")
        orders = service.orders()
    finally:
        service.process.stop()
    assert [(order["equipment"], order["fault_mode"]) for order in orders] == [("BP-17", "PMP-BEAR")], service.log
    assert orders[0]["evidence"]
    stored = influxdb.query('SELECT count("vib_rms") FROM "pump" WHERE "equipment" = \'BP-17\'')
    assert stored


def test_a_dwell_that_began_before_a_kill_counts_on_and_no_restart_doubles_the_order(
    service: Service, mosquitto: MosquittoServer
) -> None:
    register_pump(service)
    service.process.start()
    start_ms = int(time.time() * 1000) - 20 * MINUTE_MS
    hot = [telemetry("P-01", start_ms + minute * MINUTE_MS, bearing_temp=88.0) for minute in range(16)]

    publish_all(mosquitto.host, mosquitto.port, hot[:6])
    service.wait_decided(6)
    assert service.orders() == []
    service.process.kill()

    service.process.start()
    publish_all(mosquitto.host, mosquitto.port, hot[6:12])
    service.wait_decided(6)
    (order,) = service.orders()
    assert datetime.fromisoformat(str(order["onset_at"])).timestamp() * 1000 == start_ms
    assert datetime.fromisoformat(str(order["raised_at"])).timestamp() * 1000 == start_ms + 10 * MINUTE_MS
    service.process.kill()

    service.process.start()
    publish_all(mosquitto.host, mosquitto.port, hot[12:])
    service.wait_decided(4)
    assert [again["number"] for again in service.orders()] == [order["number"]]


def test_a_kill_before_any_checkpoint_loses_no_dwell(service: Service, mosquitto: MosquittoServer) -> None:
    register_pump(service)
    service.process.start()
    start_ms = int(time.time() * 1000) - 20 * MINUTE_MS
    hot = [telemetry("P-01", start_ms + minute * MINUTE_MS, bearing_temp=88.0) for minute in range(12)]
    publish_all(mosquitto.host, mosquitto.port, hot[:8])
    service.process.kill()  # perhaps undecided, perhaps not even received: the broker or the spool has them
    service.process.start()
    publish_all(mosquitto.host, mosquitto.port, hot[8:])
    wait_until(lambda: len(service.orders()) == 1, 30, "the order")
    assert datetime.fromisoformat(str(service.orders()[0]["onset_at"])).timestamp() * 1000 == start_ms


def test_an_order_is_visible_right_after_a_crossing_published_by_hand(
    service: Service, mosquitto: MosquittoServer
) -> None:
    register = service.folder / "register.csv"
    register.write_text("code,name,type,site\nE-01,1号梯,elevator,yard\n", "utf-8")
    service.prepare(register)
    service.process.start()
    mosquitto.publish("iot/v1/yard/E-01/telemetry", '{"entrapment": true}')
    wait_until(lambda: bool(service.orders(equipment="E-01")), 5, "the order of a trapped person")
    (order,) = service.orders()
    assert (order["fault_mode"], order["urgency"]) == ("ELV-TRAP", 1)


def test_sigterm_finishes_and_acknowledges_the_batch_in_hand(service: Service, mosquitto: MosquittoServer) -> None:
    register_pump(service)
    service.process.start()
    now_ms = int(time.time() * 1000) - 10 * MINUTE_MS
    publish_all(mosquitto.host, mosquitto.port, [telemetry("P-01", now_ms + 1000 * i, vib_rms=2.0) for i in range(300)])
    service.wait_decided(300)
    service.process.stop()
    service.process.start()
    time.sleep(1.0)  # a message that was not acknowledged would come again now
    assert service.metric("messages_received_total") == 0


def test_a_dead_broker_and_store_at_start_are_named_and_waited_for(
    service: Service, mosquitto: MosquittoServer, influxdb: InfluxdbBucket
) -> None:
    register_pump(service)
    mosquitto.stop()
    influxdb.server.stop()
    program = [*service.process.command]
    log = (service.folder / "started.log").open("ab")
    running = subprocess.Popen(program, stdout=log, stderr=subprocess.STDOUT)
    try:
        wait_until(service.alive, 60, "the API to answer")
        state = service.readiness()
        assert state.status_code == 503
        assert "broker" in state.text
        assert "telemetry" in state.text
        mosquitto.start()
        influxdb.server.start()
        wait_until(service.ready, 60, "the service to find its broker and store")
    finally:
        running.terminate()
        running.wait(20)
        log.close()
