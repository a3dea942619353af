"""A real Mosquitto under the ACL that register and topic rules give: every grant and every refusal is tried."""

import subprocess
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from pydantic import SecretStr

from iot_maint.bootstrap.examination import checks
from iot_maint.bootstrap.ingesting import open_ingest
from iot_maint.bootstrap.installation import open_installation
from iot_maint.domain.equipment import Equipment
from iot_maint.ingest.broker_acl import mosquitto_acl
from iot_maint.settings import Settings
from iot_maint.topic_rules import TopicRule
from tests.builders import an_equipment
from tests.decide_path import register
from tests.ingest_worker import eventually
from tests.servers.certificates import Authority, Certificate
from tests.servers.mosquitto import MosquittoServer, publish
from tests.servers.processes import free_port

SERVICE, WITNESS = "iot-maint", "witness"
RULES = [
    TopicRule.model_validate(rule)
    for rule in (
        {"topic": "{gateway}/v1/devices/me/telemetry", "format": "thingsboard"},
        {"topic": "/dtu/{gateway}/{equipment}", "format": "dtu"},
        {"topic": "lora/{equipment}/up", "format": "thingsboard", "gateway": "lora 1#"},
        {"topic": "$oc/devices/{equipment}/sys/properties/report", "format": "huawei", "site": "一号院"},
        {"topic": "spBv1.0/yard/#", "format": "sparkplug_b", "rebirth": True},
        {"topic": "spBv1.0/depot/#", "format": "sparkplug_b"},
    )
]


def behind(gateway: str | None, code: str, device: str | None = None) -> Equipment:
    return replace(an_equipment(code, site="一号院"), gateway=gateway, gateway_device=device)


REGISTER = [
    behind(None, "P 1"),
    behind("gw", "P-2", "8650"),
    behind("lora 1#", "P-3"),
    behind("yard/edge-1", "P-4", "pump-1"),
    behind("yard/edge-2", "P-5"),
    behind("depot/edge-1", "P-6"),
    behind(None, "all/#"),
    behind(None, "+"),
    behind(None, "P-7\ntopic readwrite #\nuser P-8"),
    behind(None, "%u"),
    behind("gw", "P-9", "+"),
]
# Who writes what: whether it gets through.
WRITES: Mapping[tuple[str, str], bool] = {
    ("P 1", "iot/v1/一号院/P 1/telemetry"): True,
    ("P 1", "iot/v1/一号院/P-2/telemetry"): False,
    ("P 1", "iot/v1/二号院/P 1/telemetry"): False,
    ("P 1", "$oc/devices/P 1/sys/properties/report"): True,
    ("P 1", "$oc/devices/P-2/sys/properties/report"): False,
    ("P 1", "elsewhere"): False,
    ("gw", "iot/v1/一号院/P-2/telemetry"): True,
    ("gw", "iot/v1/一号院/P 1/telemetry"): False,
    ("gw", "gw/v1/devices/me/telemetry"): True,
    ("gw", "other/v1/devices/me/telemetry"): False,
    ("gw", "/dtu/gw/8650"): True,
    ("gw", "/dtu/gw/P-2"): False,
    ("gw", "/dtu/gw/another"): False,
    ("gw", "/dtu/other/8650"): False,
    ("gw", "$oc/devices/P-2/sys/properties/report"): True,
    ("lora 1#", "lora/P-3/up"): True,
    ("lora 1#", "lora/P-2/up"): False,
    ("gw", "lora/P-3/up"): False,
    ("yard/edge-1", "spBv1.0/yard/NBIRTH/edge-1"): True,
    ("yard/edge-1", "spBv1.0/yard/DDATA/edge-1/pump-1"): True,
    ("yard/edge-1", "spBv1.0/yard/NDATA/edge-2"): False,
    ("yard/edge-1", "spBv1.0/yard/NCMD/edge-2"): False,
    ("yard/edge-1", "spBv1.0/depot/NDATA/edge-1"): False,
    ("yard/edge-1", "spBv1.0/STATE/host"): False,
    ("depot/edge-1", "spBv1.0/depot/NDATA/edge-1"): True,
    ("depot/edge-1", "spBv1.0/yard/NDATA/edge-1"): False,
    ("edge-1", "spBv1.0/yard/NDATA/edge-1"): False,
    ("all/#", "iot/v1/一号院/all/x"): False,
    ("+", "iot/v1/一号院/P-2/telemetry"): False,
    ("P-7", "elsewhere"): False,
    ("P-8", "iot/v1/一号院/P-8/telemetry"): False,
    ("%u", "iot/v1/一号院/%u/telemetry"): False,
    ("stranger", "iot/v1/一号院/stranger/telemetry"): False,
    (SERVICE, "iot/v1/一号院/P 1/telemetry"): False,
    (SERVICE, "gw/v1/devices/me/telemetry"): False,
    (SERVICE, "spBv1.0/yard/NCMD/edge-1"): True,
    (SERVICE, "spBv1.0/yard/DCMD/edge-1/pump-1"): False,
    (SERVICE, "spBv1.0/yard/NDATA/edge-1"): False,
    (SERVICE, "spBv1.0/yard/NCMD/unregistered"): False,
    (SERVICE, "spBv1.0/depot/NCMD/edge-1"): False,
}
# Who hears what, of all that anybody could say.
HEARD: Mapping[str, set[str]] = {
    SERVICE: {
        "iot/v1/一号院/P 1/telemetry",
        "gw/v1/devices/me/telemetry",
        "/dtu/gw/8650",
        "lora/P-3/up",
        "$oc/devices/P-2/sys/properties/report",
        "spBv1.0/yard/NBIRTH/edge-1",
        "spBv1.0/yard/NCMD/edge-1",
        "spBv1.0/depot/NCMD/edge-1",
    },
    "yard/edge-1": {"spBv1.0/yard/NCMD/edge-1"},
    "depot/edge-1": {"spBv1.0/depot/NCMD/edge-1"},
    "gw": set(),
    "P 1": set(),
    "stranger": set(),
}
SAID = [*HEARD[SERVICE], "spBv1.0/other/NCMD/edge-1", "elsewhere/secret", "spBv1.0/STATE/host"]
END = "the/end"


@pytest.fixture
def guarded(mosquitto: MosquittoServer) -> MosquittoServer:
    """Under the ACL, with a witness beside it who may do everything."""
    mosquitto.stop()
    acl = mosquitto.folder / "acl"
    witness = f"user {WITNESS}\ntopic readwrite #\ntopic readwrite $oc/#\n"
    everybody_hears_the_end = f"pattern read {END}\n"
    acl.write_text(mosquitto_acl(REGISTER, RULES, SERVICE) + witness + everybody_hears_the_end, "utf-8")
    mosquitto.extra_configuration = f"acl_file {acl}"
    mosquitto.start()
    return mosquitto


@contextmanager
def listening(broker: MosquittoServer, user: str) -> Iterator[list[str]]:
    """What that user hears, who asks for everything."""
    heard: list[str] = []
    granted: list[int] = []
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.username_pw_set(user)
    client.on_message = lambda _c, _u, message: heard.append(message.topic)
    client.on_subscribe = lambda _c, _u, mid, _codes, _properties: granted.append(mid)
    client.connect(broker.host, broker.port)
    client.subscribe([("#", 1), ("$oc/#", 1)])
    client.loop_start()
    try:
        eventually(lambda: bool(granted))
        yield heard
    finally:
        client.disconnect()
        client.loop_stop()


def say(broker: MosquittoServer, user: str, topics: Iterable[str]) -> None:
    for topic in topics:
        publish(broker.host, broker.port, topic, b"{}", username=user)


def test_everybody_writes_what_is_granted_and_nothing_else(guarded: MosquittoServer) -> None:
    with listening(guarded, WITNESS) as heard:
        for user, topic in WRITES:
            say(guarded, user, [topic])
        say(guarded, WITNESS, [END])
        eventually(lambda: END in heard)
    assert heard[:-1] == [topic for (_, topic), through in WRITES.items() if through]


@pytest.mark.parametrize("user", HEARD)
def test_everybody_hears_what_is_granted_and_nothing_else(guarded: MosquittoServer, user: str) -> None:
    with listening(guarded, user) as heard:
        say(guarded, WITNESS, [*SAID, END])
        eventually(lambda: END in heard)
    assert set(heard) - {END} == HEARD[user]


def test_behind_a_mount_point_the_prefix_counts_in_the_acl_too(guarded: MosquittoServer) -> None:
    port = free_port()
    guarded.stop()
    guarded.extra_configuration += f"\nlistener {port} {guarded.host}\nmount_point gw/\n"
    guarded.start()
    with listening(guarded, WITNESS) as heard:
        for user, topic in (("gw", "gw/v1/devices/me/telemetry"), ("P 1", "v1/devices/me/telemetry")):
            publish(guarded.host, port, topic, b"{}", username=user)
        publish(guarded.host, port, "v1/devices/me/telemetry", b"{}", username="gw")
        eventually(lambda: bool(heard))
    assert heard == ["gw/v1/devices/me/telemetry"]


def publish_as(broker: MosquittoServer, authority: Authority, shown: Certificate, topic: str) -> None:
    certificates = ("--cafile", authority.certificate, "--cert", shown.certificate, "--key", shown.key)
    to = ("-h", broker.host, "-p", str(broker.port), *map(str, certificates))
    subprocess.run(
        ["mosquitto_pub", *to, "-q", "1", "-t", topic, "-m", '{"vib_rms": 2.1}'], check=True, capture_output=True
    )


def test_with_client_certificates_the_name_in_the_certificate_is_the_user(
    mosquitto: MosquittoServer, tmp_path: Path
) -> None:
    authority = Authority(tmp_path)
    broker, service, gateway = (authority.sign(name) for name in ("broker", SERVICE, "gw"))
    acl = tmp_path / "acl"
    acl.write_text(mosquitto_acl(REGISTER, RULES, SERVICE), "utf-8")
    mosquitto.stop()
    mosquitto.extra_configuration = "\n".join(
        (
            *(f"cafile {authority.certificate}", f"certfile {broker.certificate}", f"keyfile {broker.key}"),
            *("require_certificate true", "use_identity_as_username true", f"acl_file {acl}"),
        )
    )
    mosquitto.start()
    settings = Settings(
        mqtt_url=SecretStr(f"mqtts://127.0.0.1:{mosquitto.port}"),
        mqtt_tls_ca=authority.certificate,
        mqtt_tls_cert=service.certificate,
        mqtt_tls_key=service.key,
        data_dir=tmp_path / "data",
        topics=tuple(RULES),
    )
    with open_installation(settings) as installation:
        register(installation.database, REGISTER[1])
        (look,) = (check for check in checks(installation, fix=False) if check.name == "broker")
        assert "accepts us and the subscription to" in look.run()
        with open_ingest(installation) as ingest:
            eventually(lambda: ingest.connected)
            for topic in ("iot/v1/一号院/P 1/telemetry", "lora/P-3/up", "gw/v1/devices/me/telemetry"):
                publish_as(mosquitto, authority, gateway, topic)
            eventually(lambda: bool(list(installation.telemetry.read_points("pump", "一号院", "P-2"))))
            assert installation.meter.total("messages_received") == 1
