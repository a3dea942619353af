"""A real rig's recording over real MQTT: a low limit on its flow, from its own healthy rows, finds the fault alone."""

import csv
import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from statistics import median

import pytest

from tests.e2e.publishing import publish_all
from tests.e2e.service import Service, environment_of
from tests.servers.influxdb import InfluxdbBucket
from tests.servers.mosquitto import MosquittoServer
from tests.servers.postgresql import PostgresqlDatabase

DATA = Path(__file__).parents[3] / "shared" / "data" / "skab"
CATALOG = Path(__file__).parents[1] / "catalog"
COLUMNS = {
    "Accelerometer1RMS": "accelerometer_1_rms",
    "Accelerometer2RMS": "accelerometer_2_rms",
    "Current": "current",
    "Pressure": "pressure",
    "Temperature": "temperature",
    "Thermocouple": "thermocouple",
    "Voltage": "voltage",
    "Volume Flow RateRMS": "volume_flow_rate_rms",
}
FLOW = "Volume Flow RateRMS"
Row = dict[str, str]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not DATA.is_dir(), reason="the SKAB recordings are not linked beside the checkout"),
]


@pytest.fixture
def service(
    tmp_path: Path, mosquitto: MosquittoServer, influxdb: InfluxdbBucket, postgresql: PostgresqlDatabase
) -> Iterator[Service]:
    environment = environment_of(mosquitto, influxdb, postgresql)
    late = {"IOT_MAINT_CATALOG_DIR": str(CATALOG), "IOT_MAINT_LATE_AFTER": "24h"}
    running = Service(folder=tmp_path, environment={**environment, **late})
    yield running
    running.process.stop()


def read(name: str) -> list[Row]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


def flow(rows: Sequence[Row]) -> list[float]:
    return [float(row[FLOW]) for row in rows]


def quantile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    position = share * (len(ordered) - 1)
    low = int(position)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (position - low)


def seconds(row: Row) -> float:
    return time.mktime(time.strptime(row["datetime"], "%Y-%m-%d %H:%M:%S"))


def play(service: Service, broker: MosquittoServer, rig: str, rows: Sequence[Row]) -> list[int]:
    """Publish the rows as if the last one were a minute ago; their instants in epoch ms."""
    shift = time.time() - 60 - seconds(rows[-1])
    instants = [int((seconds(row) + shift) * 1000) for row in rows]
    messages = [
        (f"iot/v1/lab/{rig}/telemetry", {"ts": at, "values": {COLUMNS[name]: float(row[name]) for name in COLUMNS}})
        for at, row in zip(instants, rows, strict=True)
    ]
    before = service.metric("messages_received_total")
    sent = publish_all(broker.host, broker.port, messages)
    service.wait_decided(int(before) + sent)
    return instants


def start(service: Service, limits: dict[str, float]) -> None:
    register = service.folder / "register.csv"
    lines = [f"{rig},{rig},test_rig,lab,{limit!r}" for rig, limit in limits.items()]
    register.write_text("\n".join(["code,name,type,site,nameplate.flow_low_limit", *lines]) + "\n", "utf-8")
    service.prepare(register)
    service.process.start()


def test_the_whole_recording_opens_one_order_inside_the_fault_and_its_healthy_part_none(
    service: Service, mosquitto: MosquittoServer
) -> None:
    rows = read("valve1_6.csv")
    limit = quantile(flow(rows[:400]), 0.10)
    start(service, {"RIG-WHOLE": limit, "RIG-HEALTHY": limit})

    play(service, mosquitto, "RIG-HEALTHY", rows[:570])
    assert service.orders() == []

    instants = play(service, mosquitto, "RIG-WHOLE", rows)
    (order,) = service.orders()
    assert order["equipment"] == "RIG-WHOLE"
    faulty = [at for at, row in zip(instants, rows, strict=True) if float(row["anomaly"]) == 1.0]
    raised_ms = datetime.fromisoformat(str(order["raised_at"])).timestamp() * 1000
    assert faulty[0] <= raised_ms <= faulty[-1]


def test_a_healthy_recording_opens_none_while_a_limit_at_its_median_does(
    service: Service, mosquitto: MosquittoServer
) -> None:
    rows = read("anomaly-free.csv")
    training, rest = flow(rows[:4000]), rows[4000:]
    start(service, {"RIG-LIMIT": quantile(training, 0.10), "RIG-CONTROL": median(training)})
    play(service, mosquitto, "RIG-LIMIT", rest)
    assert service.orders() == []
    play(service, mosquitto, "RIG-CONTROL", rest)
    assert [order["equipment"] for order in service.orders()] == ["RIG-CONTROL"]
