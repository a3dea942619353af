"""A worker of its own for each test, on a real broker and a real store, with the traffic's pumps registered."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from iot_maint.ingest.mqtt import TELEMETRY
from tests.e2e.service import Service
from tests.faults.oracle import Oracle
from tests.faults.publisher import open_session
from tests.faults.traffic import REGISTER, Traffic
from tests.faults.worker import Worker
from tests.servers.influxdb import InfluxdbBucket
from tests.servers.mosquitto import MosquittoServer


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory to be copied: a migrated SQLite database that knows the pumps."""
    folder = tmp_path_factory.mktemp("prepared")
    register = folder / "register.csv"
    register.write_text(REGISTER, "utf-8")
    Service(folder=folder, environment={}).run("equipment", "import", str(register))
    return folder / "data"


@pytest.fixture
def worker(tmp_path: Path, prepared: Path, mosquitto: MosquittoServer, influxdb: InfluxdbBucket) -> Iterator[Worker]:
    settings = {
        "IOT_MAINT_MQTT_URL": mosquitto.url,
        "IOT_MAINT_TELEMETRY_URL": influxdb.telemetry_url,
        # The traffic is of the last two days, a minute apart, and faults in it count.
        "IOT_MAINT_LATE_AFTER": "7d",
    }
    made = Worker(folder=tmp_path, environment=settings)
    made.prepare_from(prepared)
    # What is published while the service has not yet come for the first time would be nobody's.
    open_session(mosquitto.port, made.client_id, TELEMETRY)
    yield made
    made.stop()


@pytest.fixture
def traffic() -> Traffic:
    return Traffic()


@pytest.fixture
def oracle(traffic: Traffic, worker: Worker, influxdb: InfluxdbBucket) -> Oracle:
    return Oracle(traffic=traffic, store=influxdb, data_dir=worker.data_dir)
