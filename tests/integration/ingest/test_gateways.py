"""Gateways of other makers from their own topics to the store, with the real broker: what docs/gateways.md promises."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from pydantic import SecretStr

from iot_maint.bootstrap.ingesting import open_ingest
from iot_maint.bootstrap.installation import Installation, open_installation
from iot_maint.clock import read_system_time
from iot_maint.domain.equipment import Equipment
from iot_maint.domain.instants import epoch_ms
from iot_maint.ingest.decoders.sparkplug_wire import REBIRTH, parse_payload
from iot_maint.settings import Settings
from iot_maint.topic_rules import TopicRule
from tests.decide_path import register
from tests.ingest_worker import eventually
from tests.migrated import a_database
from tests.servers.mosquitto import MosquittoServer, publish
from tests.servers.processes import free_port
from tests.sparkplug_builders import FLOAT, INT64, message, metric

THINGSBOARD = {"topic": "{gateway}/v1/devices/me/telemetry", "format": "thingsboard"}
SPARKPLUG = {"topic": "spBv1.0/yard/#", "format": "sparkplug_b", "rebirth": True}


@dataclass(frozen=True, slots=True)
class Site:
    """A running installation."""

    installation: Installation

    def register(self, code: str, gateway: str, device: str | None = None) -> None:
        equipment = Equipment(code=code, name=code, type="pump", site="yard", gateway=gateway, gateway_device=device)
        register(self.installation.database, equipment)

    def stored(self, code: str) -> list[dict[str, float | str]]:
        chunks = self.installation.telemetry.read_points("pump", "yard", code)
        return [dict(point.fields) for chunk in chunks for point in chunk]

    def rejected(self) -> float:
        return self.installation.meter.total("messages_rejected")


BEHIND_THE_NODE = ("P-01", "yard/edge-1", "pump-1")


def now_ms() -> int:
    return epoch_ms(read_system_time())


@contextmanager
def running(
    url: str, folder: Path, *rules: Mapping[str, object], register_first: Sequence[Sequence[str]] = ()
) -> Iterator[Site]:
    """`register_first`: what is in the register before anything runs, each as `Site.register` takes it."""
    a_database(folder)
    settings = Settings(
        mqtt_url=SecretStr(url), data_dir=folder, topics=tuple(TopicRule.model_validate(rule) for rule in rules)
    )
    with open_installation(settings) as installation:
        site = Site(installation)
        for one in register_first:
            site.register(*one)
        with open_ingest(installation) as ingest:
            eventually(lambda: ingest.connected and installation.roster.loaded)
            yield site


def test_a_mount_point_tells_apart_the_gateways_that_all_say_me(mosquitto: MosquittoServer, tmp_path: Path) -> None:
    port = free_port()
    mosquitto.stop()
    mosquitto.extra_configuration = f"listener {port} {mosquitto.host}\nmount_point gw-7/\n"
    mosquitto.start()
    with running(mosquitto.url, tmp_path, THINGSBOARD, register_first=[("P-01", "gw-7"), ("P-02", "gw-8")]) as site:
        # Whatever it claims to be, it stays below its prefix.
        publish(mosquitto.host, port, "gw-8/v1/devices/me/telemetry", b'{"vib_rms": 9}')
        publish(mosquitto.host, port, "iot/v1/yard/P-02/telemetry", b'{"vib_rms": 9}')
        publish(mosquitto.host, port, "v1/devices/me/telemetry", b'{"vib_rms": 2.1}')
        eventually(lambda: site.stored("P-01") == [{"vib_rms": 2.1}])
        assert site.stored("P-02") == []
        assert site.installation.meter.total("messages_received") == 1


def test_a_gateway_that_is_registered_while_it_sends_is_known_within_seconds(
    mosquitto: MosquittoServer, tmp_path: Path
) -> None:
    with running(mosquitto.url, tmp_path, THINGSBOARD) as site:
        mosquitto.publish("gw-7/v1/devices/me/telemetry", '{"vib_rms": 1.9}')
        eventually(lambda: site.rejected() == 1)
        site.register("P-01", "gw-7")
        eventually(lambda: "P-01" in site.installation.roster.entries)
        mosquitto.publish("gw-7/v1/devices/me/telemetry", '{"vib_rms": 2.1}')
        eventually(lambda: site.stored("P-01") == [{"vib_rms": 2.1}])


def test_what_waited_at_the_broker_is_known_from_the_first_message_on(
    mosquitto: MosquittoServer, tmp_path: Path
) -> None:
    with running(mosquitto.url, tmp_path, THINGSBOARD) as site:
        site.register("P-01", "gw-7")
    for number in range(20):
        mosquitto.publish(
            "gw-7/v1/devices/me/telemetry", f'{{"ts": {now_ms() + number}, "values": {{"vib_rms": {number}}}}}'
        )
    with running(mosquitto.url, tmp_path, THINGSBOARD) as site:
        eventually(lambda: len(site.stored("P-01")) == 20)
        assert site.rejected() == 0


@pytest.mark.parametrize(
    ("rule", "topic", "payload"),
    [
        (
            {"topic": "$oc/devices/{equipment}/sys/properties/report", "format": "huawei", "site": "yard"},
            "$oc/devices/P-01/sys/properties/report",
            '{"services": [{"service_id": "pump", "properties": {"vib_rms": 2.1}}]}',
        ),
        (
            {"topic": "$thing/up/property/+/{equipment}", "format": "tencent", "site": "yard"},
            "$thing/up/property/PID/P-01",
            '{"method": "report", "params": {"vib_rms": 2.1}}',
        ),
        (
            {"topic": "/sys/+/{equipment}/thing/event/property/post", "format": "alibaba", "site": "yard"},
            "/sys/a1/P-01/thing/event/property/post",
            '{"params": {"vib_rms": 2.1}}',
        ),
    ],
)
def test_topics_of_the_clouds_pass_through_a_broker_of_ones_own(
    mosquitto: MosquittoServer, tmp_path: Path, rule: Mapping[str, object], topic: str, payload: str
) -> None:
    with running(mosquitto.url, tmp_path, rule, register_first=[("P-01", "any")]) as site:
        mosquitto.publish(topic, payload)
        eventually(lambda: site.stored("P-01") == [{"vib_rms": 2.1}])


def test_a_sparkplug_node_without_birth_is_asked_for_it_and_for_nothing_else(
    mosquitto: MosquittoServer, tmp_path: Path
) -> None:
    heard: list[tuple[str, bytes]] = []
    node = mqtt.Client(CallbackAPIVersion.VERSION2)
    granted: list[int] = []
    node.on_message = lambda _c, _u, received: heard.append((received.topic, bytes(received.payload)))
    node.on_subscribe = lambda _c, _u, mid, _codes, _properties: granted.append(mid)
    node.connect(mosquitto.host, mosquitto.port)
    node.subscribe("spBv1.0/+/NCMD/#", qos=1)
    node.loop_start()
    try:
        eventually(lambda: bool(granted))
        with running(mosquitto.url, tmp_path, SPARKPLUG, register_first=[BEHIND_THE_NODE]) as site:
            mosquitto.publish("spBv1.0/yard/DDATA/edge-1/pump-1", message(data_of(2.1), seq=5))
            eventually(lambda: bool(heard))
            mosquitto.publish("spBv1.0/yard/NBIRTH/edge-1", message(seq=0))
            birth = message(metric("vib_rms", 2.0, alias=1, datatype=FLOAT), seq=1)
            mosquitto.publish("spBv1.0/yard/DBIRTH/edge-1/pump-1", birth)
            eventually(lambda: {"vib_rms": 2.0} in site.stored("P-01"))
            mosquitto.publish("spBv1.0/yard/DDATA/edge-1/pump-1", message(data_of(2.2), seq=2))
            eventually(lambda: {"vib_rms": 2.2} in site.stored("P-01"))
    finally:
        node.disconnect()
        node.loop_stop()
    ((topic, payload),) = heard
    assert topic == "spBv1.0/yard/NCMD/edge-1"
    assert [(one.name, one.value) for one in parse_payload(payload).metrics] == [(REBIRTH, True)]


SILENT = {**SPARKPLUG, "rebirth": False}
NODE, PUMP = "edge-1", "edge-1/pump-1"


def be_born(mosquitto: MosquittoServer) -> None:
    mosquitto.publish(f"spBv1.0/yard/NBIRTH/{NODE}", message(metric("bdSeq", 7, datatype=INT64), seq=0))
    mosquitto.publish(f"spBv1.0/yard/DBIRTH/{PUMP}", message(metric("vib_rms", 2.0, alias=1, datatype=FLOAT), seq=1))


def requests(site: Site) -> float:
    return site.installation.meter.total("rebirth_requests")


def test_aliases_are_understood_after_a_restart_without_another_birth(
    mosquitto: MosquittoServer, tmp_path: Path
) -> None:
    with running(mosquitto.url, tmp_path, SPARKPLUG, register_first=[BEHIND_THE_NODE]) as site:
        be_born(mosquitto)
        eventually(lambda: {"vib_rms": 2.0} in site.stored("P-01"))
    mosquitto.publish(f"spBv1.0/yard/DDATA/{PUMP}", message(data_of(2.2), seq=2))
    with running(mosquitto.url, tmp_path, SPARKPLUG) as site:
        eventually(lambda: {"vib_rms": 2.2} in site.stored("P-01"))
        assert (site.rejected(), requests(site)) == (0, 0)
        mosquitto.publish(f"spBv1.0/yard/NDEATH/{NODE}", message(metric("bdSeq", 7, datatype=INT64)))
        eventually(lambda: site.installation.meter.total("gateway_deaths") == 1)
    mosquitto.publish(f"spBv1.0/yard/DDATA/{PUMP}", message(data_of(2.3), seq=3))
    with running(mosquitto.url, tmp_path, SPARKPLUG) as site:
        eventually(lambda: site.rejected() == 1)
        assert {"vib_rms": 2.3} not in site.stored("P-01")


def test_a_birth_is_kept_although_it_is_all_that_came(mosquitto: MosquittoServer, tmp_path: Path) -> None:
    with running(mosquitto.url, tmp_path, SILENT, register_first=[BEHIND_THE_NODE]) as site:
        mosquitto.publish(f"spBv1.0/yard/NBIRTH/{NODE}", message(metric("bdSeq", 7, datatype=INT64), seq=0))
        nothing_yet = message(metric("vib_rms", None, alias=1, datatype=FLOAT), seq=1)
        mosquitto.publish(f"spBv1.0/yard/DBIRTH/{PUMP}", nothing_yet)
        eventually(lambda: site.installation.meter.total("messages_received") == 2)
    with running(mosquitto.url, tmp_path, SILENT) as site:
        mosquitto.publish(f"spBv1.0/yard/DDATA/{PUMP}", message(data_of(2.2), seq=2))
        eventually(lambda: site.stored("P-01") == [{"vib_rms": 2.2}])


def test_a_broker_that_forgot_the_session_makes_every_node_worth_asking(
    mosquitto: MosquittoServer, tmp_path: Path
) -> None:
    with running(mosquitto.url, tmp_path, SILENT, register_first=[BEHIND_THE_NODE]) as site:
        be_born(mosquitto)
        eventually(lambda: {"vib_rms": 2.0} in site.stored("P-01"))
        assert requests(site) == 0
    mosquitto.stop()
    (mosquitto.folder / "mosquitto.db").unlink()
    mosquitto.start()
    with running(mosquitto.url, tmp_path, SILENT) as site:
        mosquitto.publish(f"spBv1.0/yard/DDATA/{PUMP}", message(data_of(2.2), seq=9))
        eventually(lambda: {"vib_rms": 2.2} in site.stored("P-01"))
        assert requests(site) == 1


def data_of(value: float) -> bytes:
    return metric(alias=1, value=value, write_as=FLOAT)
