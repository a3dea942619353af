"""A real broker hands on whatever devices send: the service lives within bounds, and every message is counted."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from iot_maint.storage.dead_letter_archive import open_dead_letters
from tests.e2e.service import Service, wait_until
from tests.faults.poison import SAMPLES, fuzzed, specials
from tests.faults.publisher import publish_all
from tests.servers.influxdb import InfluxdbBucket
from tests.servers.mosquitto import MosquittoServer

pytestmark = pytest.mark.slow

FUZZED = 1_000
TOPICS = 200_000  # a fifth of a million: the door alone is asked a million times elsewhere
MAX_UNREGISTERED = 1_000
MORE_MB = 150
REGISTER = """\
code,name,type,site,gateway
P-01,1号泵,pump,yard,gw-1
P-02,2号泵,pump,yard,gw-1
P-05,5号泵,pump,yard,
LV-1,低压柜,power_room,yard,
"""


@pytest.fixture
def broker(mosquitto: MosquittoServer) -> MosquittoServer:
    """One that hands on what is far too large."""
    mosquitto.stop()
    mosquitto.extra_configuration = "max_packet_size 20000000\nmessage_size_limit 20000000"
    mosquitto.start()
    return mosquitto


@pytest.fixture
def service(tmp_path: Path, broker: MosquittoServer, influxdb: InfluxdbBucket) -> Iterator[Service]:
    rules: dict[str, dict[str, object]] = {}
    for sample in SAMPLES:
        rule = sample.expected["rule"]
        assert isinstance(rule, dict)
        rules.setdefault(rule["topic"], {"format": sample.path.parent.name, **rule})
    settings = {
        "IOT_MAINT_MQTT_URL": broker.url,
        "IOT_MAINT_TELEMETRY_URL": influxdb.telemetry_url,
        "IOT_MAINT_MAX_UNREGISTERED": str(MAX_UNREGISTERED),
        "IOT_MAINT_TOPICS": json.dumps(list(rules.values())),
    }
    running = Service(folder=tmp_path, environment=settings)
    register = tmp_path / "register.csv"
    register.write_text(REGISTER, "utf-8")
    running.prepare(register)
    running.process.start()
    yield running
    running.process.stop()


def test_poison_of_every_format_and_a_flood_of_topics_are_survived_and_counted(
    service: Service, broker: MosquittoServer, influxdb: InfluxdbBucket
) -> None:
    pid, before_mb = service.process.pid, memory_mb(service, "VmRSS")

    poison = [(one.topic, one.payload) for one in [*fuzzed(FUZZED), *specials()]]
    publish_all(broker.port, poison)
    wait_until_stored(service, len(poison))
    assert service.metric("messages_rejected_total") == sum(letters(service).values())

    stored, rejected = service.metric("points_stored_total"), service.metric("messages_rejected_total")
    flood = ((f"iot/v1/yard/X-{number:06}/telemetry", b'{"vib_rms": 2.1}') for number in range(TOPICS))
    publish_all(broker.port, flood, within_s=180)
    wait_until_stored(service, len(poison) + TOPICS)
    taken = service.metric("points_stored_total") - stored
    refused = service.metric("messages_rejected_total") - rejected
    assert taken + refused == TOPICS
    assert 0 < taken <= MAX_UNREGISTERED

    more_mb = memory_mb(service, "VmHWM") - before_mb
    print(f"{len(poison)} poison payloads and {TOPICS} topics: at most {more_mb:.0f} MB more than {before_mb:.0f} MB")
    assert more_mb <= MORE_MB
    assert (service.process.running, service.process.pid) == (True, pid)
    broker.publish("iot/v1/yard/P-01/telemetry", '{"vib_rms": 2.5}')
    wait_until(lambda: "2.5" in str(influxdb.query('SELECT "vib_rms" FROM "pump"')), 30, "the next good message")


def wait_until_stored(service: Service, messages: int) -> None:
    """Until exactly so many were received, and every batch of them is in the store."""
    wait_until(lambda: service.metric("messages_received_total") >= messages, 180, f"{messages} to be received")
    wait_until(
        lambda: service.metric("batches_stored_total") == service.metric("batches_spooled_total"),
        180,
        "all to be stored",
    )
    assert service.metric("messages_received_total") == messages


def letters(service: Service) -> Counter[str]:
    """How many dead letters there are of each reason."""
    with open_dead_letters(service.folder / "data") as archive:
        return Counter(filed.letter.reason for filed in archive.walk())


def memory_mb(service: Service, name: str) -> float:
    status = Path(f"/proc/{service.process.pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith(name)).split()[1]) / 1024
