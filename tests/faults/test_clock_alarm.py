"""The service's own clock is an hour wrong: exactly one alarm of the platform says so."""

import time
from datetime import timedelta

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from tests.e2e.service import wait_until
from tests.faults.publisher import Publisher
from tests.faults.test_clock import alarms, set_clock_wrong
from tests.faults.traffic import PUMPS, Traffic
from tests.faults.worker import Worker
from tests.servers.mosquitto import MosquittoServer

pytestmark = pytest.mark.slow


@pytest.fixture
def traffic() -> Traffic:
    """Devices with good clocks that tell of the present, each once a second."""
    return Traffic(first_ms=int(time.time() * 1000), step_ms=1_000)


@pytest.mark.parametrize("hours", [1, -1])
def test_a_clock_an_hour_wrong_is_one_alarm_of_the_platform_and_none_of_the_pumps(
    hours: int, worker: Worker, mosquitto: MosquittoServer, traffic: Traffic
) -> None:
    set_clock_wrong(worker, timedelta(hours=hours))
    worker.start()
    with Publisher(mosquitto.port, traffic, per_s=len(PUMPS)):
        # A lateness must have stood for some time before it is taken for our own.
        wait_until(lambda: "clock_wrong" in platform_alarms(worker), 120, "the alarm of our own clock", every_s=0.5)
    worker.stop()
    assert platform_alarms(worker) == ["clock_wrong"]
    assert alarms(worker) == []


def platform_alarms(worker: Worker) -> list[str]:
    """The kinds of all that were ever raised, past the service."""
    engine = create_engine(worker.environment["IOT_MAINT_DATABASE_URL"])
    try:
        with engine.connect() as connection:
            return [str(row[0]) for row in connection.execute(text("SELECT kind FROM platform_alarms"))]
    except OperationalError:  # no such table
        return []
    finally:
        engine.dispose()
