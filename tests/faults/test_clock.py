"""The service's own clock is an hour wrong: no false alarm, and nothing that cannot be had back."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import create_engine, text

from tests.faults.oracle import Oracle
from tests.faults.publisher import publish_all
from tests.faults.traffic import PUMPS, Traffic
from tests.faults.worker import Worker
from tests.servers.mosquitto import MosquittoServer

pytestmark = pytest.mark.slow

MESSAGES = 10 * len(PUMPS)


@pytest.fixture
def traffic() -> Traffic:
    """Devices with good clocks that tell of the last minute."""
    return Traffic(first_ms=int(time.time() * 1000) - 60_000, step_ms=1_000)


def set_clock_wrong(worker: Worker, by: timedelta) -> None:
    now = datetime.now(UTC)
    worker.environment["IOT_MAINT_CLOCK"] = f"accelerated:{(now + by).isoformat()}/{now.isoformat()}/1"
    del worker.environment["IOT_MAINT_LATE_AFTER"]


def alarms(worker: Worker) -> list[tuple[str, str]]:
    engine = create_engine(worker.environment["IOT_MAINT_DATABASE_URL"])
    try:
        with engine.connect() as connection:
            rows = connection.execute(text("SELECT equipment, fault_mode FROM alarms"))
            return [(str(row[0]), str(row[1])) for row in rows]
    finally:
        engine.dispose()


def test_a_clock_an_hour_fast_stores_everything_and_raises_no_false_alarm(
    worker: Worker, mosquitto: MosquittoServer, traffic: Traffic, oracle: Oracle
) -> None:
    set_clock_wrong(worker, timedelta(hours=1))
    worker.start()
    publish_all(mosquitto.port, traffic.take(MESSAGES))
    oracle.wait_all_accounted_for()
    assert not oracle.dead()
    worker.stop()  # decides what is left
    assert alarms(worker) == []
    assert worker.orders() == []


def test_what_an_hour_slow_clock_calls_ahead_is_recovered_once_the_clock_is_right(
    worker: Worker, mosquitto: MosquittoServer, traffic: Traffic, oracle: Oracle
) -> None:
    set_clock_wrong(worker, timedelta(hours=-1))
    worker.start()
    publish_all(mosquitto.port, traffic.take(MESSAGES))
    oracle.wait_all_accounted_for()
    assert oracle.dead().keys() == traffic.keys()
    worker.stop()
    assert alarms(worker) == []

    del worker.environment["IOT_MAINT_CLOCK"]
    worker.start()
    assert f"taken in {MESSAGES}" in worker.run("dead-letters", "replay", "--reason", "ahead")
    oracle.wait_stored(MESSAGES - 1)
    oracle.assert_exactly_once()
    assert not oracle.dead()
