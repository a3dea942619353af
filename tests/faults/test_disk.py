"""The disk under the spool is full: nothing is acknowledged that is not safe, and it goes on once there is room."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.service import wait_until
from tests.faults.oracle import Oracle
from tests.faults.publisher import Publisher
from tests.faults.tcp_proxy import TcpProxy
from tests.faults.traffic import Traffic
from tests.faults.worker import Worker
from tests.servers.absence import without
from tests.servers.mosquitto import MosquittoServer

pytestmark = pytest.mark.slow

PER_S = 400
DISK = 16 * 1024 * 1024
ROOM = 512 * 1024  # what the ballast leaves
SOON_AGAIN = ["--set", "iot_maint.bootstrap.ingesting:LONGEST_RETRY=1"]


@pytest.fixture
def ballast(worker: Worker) -> Iterator[Path]:
    """A file that fills a small disk of its own, on which the spool lies; the database lies elsewhere."""
    shutil.copy(worker.data_dir / "iot-maint.db", worker.folder / "iot-maint.db")
    worker.environment["IOT_MAINT_DATABASE_URL"] = f"sqlite:///{worker.folder / 'iot-maint.db'}"
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(worker.data_dir)]
    installation = (worker.data_dir / "installation").read_bytes()
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        without("right to mount a small disk")
    try:
        (worker.data_dir / "installation").write_bytes(installation)
        filling = worker.data_dir / "ballast"
        filling.write_bytes(bytes(DISK - ROOM))
        yield filling
    finally:
        worker.stop()
        subprocess.run(["umount", str(worker.data_dir)], check=True)


def test_a_full_disk_stops_acknowledgement_until_there_is_room_and_loses_nothing(
    ballast: Path, worker: Worker, mosquitto: MosquittoServer, traffic: Traffic, oracle: Oracle
) -> None:
    with TcpProxy(mosquitto.port) as wire:
        worker.environment["IOT_MAINT_MQTT_URL"] = wire.url
        worker.start(SOON_AGAIN)
        with Publisher(mosquitto.port, traffic, per_s=PER_S) as publisher:
            worker.wait_logged("cannot spool, so nothing is acknowledged")
            wait_for_more(publisher, PER_S // 2)  # what was acknowledged before has arrived
            acknowledged = wire.acknowledged
            wait_for_more(publisher, 2 * PER_S)
            assert wire.acknowledged == acknowledged
            assert worker.running
            ballast.unlink()
            wait_until(lambda: wire.acknowledged > publisher.acknowledged, 60, "everything to be acknowledged")
        oracle.wait_all_accounted_for()
        worker.stop()


def wait_for_more(publisher: Publisher, messages: int) -> None:
    before = publisher.acknowledged
    wait_until(lambda: publisher.acknowledged >= before + messages, 60, f"{messages} more messages")
