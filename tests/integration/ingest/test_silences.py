"""A worker on a real broker and a real database tells four silences apart, in seconds instead of minutes."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from pydantic import SecretStr

from iot_maint.bootstrap import data_watch
from iot_maint.bootstrap.ingesting import open_ingest
from iot_maint.bootstrap.installation import Installation, open_installation
from iot_maint.domain.alarms import Alarm
from iot_maint.domain.queries import AlarmQuery, PageRequest
from iot_maint.settings import Settings
from tests.builders import an_equipment
from tests.decide_path import orders_of, register
from tests.ingest_worker import eventually
from tests.servers.mosquitto import MosquittoServer

pytestmark = pytest.mark.slow

EVERY_S = 0.1
METRICS = ("running", "bearing_temp", "vib_rms", "suction_pressure")
QUICK = {f"interval.{metric}": 0.3 for metric in METRICS}
CODES = [f"P-{number}" for number in range(1, 6)]
DATABASES = ["sqlite", "postgresql"]


@dataclass
class Devices:
    """Five pumps behind one gateway and one on its own, which send every tenth of a second what they are told to."""

    broker: MosquittoServer
    sending: dict[str, tuple[str, ...]] = field(default_factory=lambda: dict.fromkeys([*CODES, "P-9"], METRICS))
    _stop: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def running(self) -> Iterator["Devices"]:
        client = paho.Client(CallbackAPIVersion.VERSION2)
        client.reconnect_delay_set(1, 1)
        client.connect(self.broker.host, self.broker.port)
        client.loop_start()
        thread = threading.Thread(target=self._send, args=(client,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._stop.set()
            thread.join(10)
            client.loop_stop()

    def _send(self, client: paho.Client) -> None:
        while not self._stop.wait(EVERY_S):
            for code, metrics in tuple(self.sending.items()):
                payload = json.dumps(dict.fromkeys(metrics, 1.0))
                client.publish(f"iot/v1/s1/{code}/telemetry", payload)


@pytest.fixture(params=DATABASES)
def settings(
    request: pytest.FixtureRequest, mosquitto: MosquittoServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Settings:
    monkeypatch.setattr(data_watch, "SHORTEST_SILENCE", timedelta(seconds=1.5))
    monkeypatch.setattr(data_watch, "JUDGE_EVERY", timedelta(seconds=0.2))
    url = None
    if request.param == "postgresql":
        url = request.getfixturevalue("migrated_postgresql").url
    return Settings(
        mqtt_url=SecretStr(mosquitto.url), data_dir=tmp_path, database_url=SecretStr(url) if url is not None else None
    )


@pytest.fixture
def devices(mosquitto: MosquittoServer) -> Iterator[Devices]:
    with Devices(mosquitto).running() as devices:
        yield devices


@contextmanager
def a_worker(settings: Settings, *, first: bool = True) -> Iterator[Installation]:
    with open_installation(settings) as installation:
        if first:
            pumps = [replace(an_equipment(code, parameters=QUICK), gateway="GW-1") for code in CODES]
            register(installation.database, *pumps, an_equipment("P-9", parameters=QUICK))
        with open_ingest(installation) as ingest:
            eventually(lambda: ingest.connected)
            yield installation
            assert ingest.healthy()


def alarms(installation: Installation) -> list[Alarm]:
    with installation.database.reading() as repositories:
        return list(repositories.alarms.page(AlarmQuery(), PageRequest(limit=100, sort="raised_at")).items)


def standing(installation: Installation) -> list[tuple[str, str]]:
    return [(one.key.equipment, one.key.fault_mode) for one in alarms(installation) if one.cleared_at is None]


def heard(installation: Installation) -> Callable[[], bool]:
    def known() -> bool:
        with installation.database.reading() as repositories:
            return len(repositories.silences.load("1")) == 6

    return known


def test_a_sensor_a_gateway_and_what_stays_dead_behind_it(settings: Settings, devices: Devices) -> None:
    with a_worker(settings) as installation:
        eventually(heard(installation))
        time.sleep(1)
        devices.sending["P-9"] = ("running", "bearing_temp", "suction_pressure")
        eventually(lambda: standing(installation) == [("P-9", "SENSOR-SILENT")])

        for code in CODES:
            del devices.sending[code]
        eventually(lambda: ("P-1", "GATEWAY-SILENT") in standing(installation))
        time.sleep(3)
        assert len(orders_of(installation.database)) == 2

        devices.sending.update(dict.fromkeys(CODES, METRICS))
        devices.sending["P-5"] = METRICS[:-1]
        eventually(lambda: sorted(standing(installation)) == [("P-5", "SENSOR-SILENT"), ("P-9", "SENSOR-SILENT")])
        assert len(orders_of(installation.database)) == 3


def test_a_broker_that_is_away_makes_nobody_silent(
    settings: Settings, devices: Devices, mosquitto: MosquittoServer
) -> None:
    with a_worker(settings) as installation:
        eventually(heard(installation))
        time.sleep(1)
        mosquitto.stop()
        time.sleep(5)
        mosquitto.start()
        eventually(lambda: installation.meter.registry.get_sample_value("iot_maint_broker_connected") == 1)
        time.sleep(4)
        assert alarms(installation) == []
        # The ears are open again.
        devices.sending["P-9"] = METRICS[:-1]
        eventually(lambda: standing(installation) == [("P-9", "SENSOR-SILENT")])


def test_a_restart_in_the_middle_loses_no_silence_and_doubles_none(settings: Settings, devices: Devices) -> None:
    with a_worker(settings) as installation:
        eventually(heard(installation))
        time.sleep(1)
        devices.sending["P-9"] = METRICS[:-1]
        eventually(lambda: standing(installation) == [("P-9", "SENSOR-SILENT")])
        devices.sending["P-1"] = METRICS[:-1]
    with a_worker(settings, first=False) as installation:
        eventually(lambda: sorted(standing(installation)) == [("P-1", "SENSOR-SILENT"), ("P-9", "SENSOR-SILENT")])
        assert len(alarms(installation)) == 2
        devices.sending["P-9"] = METRICS
        eventually(lambda: standing(installation) == [("P-1", "SENSOR-SILENT")])
        assert [order.equipment for order in orders_of(installation.database)] == ["P-9", "P-1"]
