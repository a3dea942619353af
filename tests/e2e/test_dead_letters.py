"""A dead letter of the running service becomes telemetry once what was wrong is mended."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.service import Service, environment_of, wait_until
from tests.servers.influxdb import InfluxdbBucket
from tests.servers.mosquitto import MosquittoServer

pytestmark = pytest.mark.slow


@pytest.fixture
def service(tmp_path: Path, mosquitto: MosquittoServer, influxdb: InfluxdbBucket) -> Iterator[Service]:
    environment = {**environment_of(mosquitto, influxdb, None), "IOT_MAINT_MAX_UNREGISTERED": "0"}
    running = Service(folder=tmp_path, environment=environment)
    yield running
    running.process.stop()


def test_telemetry_of_equipment_registered_too_late_is_stored_after_all(
    service: Service, mosquitto: MosquittoServer, influxdb: InfluxdbBucket
) -> None:
    service.prepare()
    service.process.start()
    mosquitto.publish("iot/v1/yard/P-01/telemetry", '{"vib_rms": 2.5}')
    wait_until(lambda: "too_many_unregistered" in service.run("dead-letters", "list"), 20, "the dead letter")

    register = service.folder / "register.csv"
    register.write_text("code,name,type,site\nP-01,1号泵,pump,yard\n", "utf-8")
    service.run("equipment", "import", str(register))
    assert "taken in 1" in service.run("dead-letters", "replay", "--all")

    wait_until(lambda: "2.5" in str(influxdb.query('SELECT "vib_rms" FROM "pump"')), 20, "the point in InfluxDB")
    assert "没有死信" in service.run("dead-letters", "list")
