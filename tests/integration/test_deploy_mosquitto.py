"""The broker configuration that is deployed, under the real Mosquitto."""

import os
import pwd
import subprocess
from collections.abc import Iterator
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from tests.servers.absence import without
from tests.servers.mosquitto import publish
from tests.servers.processes import HOST, ServerProcess, accepts_connections, free_port
from tests.servers.programs import find_mosquitto, find_mosquitto_passwd

DEPLOY = Path(__file__).parents[2] / "deploy" / "mosquitto"
PASSWORDS = {"iot-maint": "service-word", "P-201": "pump-word", "P-202": "other-word"}


def place(configuration: str, folder: Path, port: int) -> str:
    """The deployed configuration with this machine's paths and a free port; nothing else is changed."""
    for deployed, here in (
        ("listener 1883\n", f"listener {port} {HOST}\n"),
        ("/run/secrets/mosquitto_passwords", str(folder / "passwords")),
        ("/mosquitto/config/acl", str(folder / "acl")),
        ("/mosquitto/data/", f"{folder}/"),
    ):
        assert configuration.count(deployed) == 1, deployed
        configuration = configuration.replace(deployed, here)
    # Started by root, it would change to a user who may not read this folder.
    return configuration + f"user {pwd.getpwuid(os.geteuid()).pw_name}\n"


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """A broker started from deploy/mosquitto, with the accounts of PASSWORDS."""
    program, passwd = find_mosquitto(), find_mosquitto_passwd()
    if program is None or passwd is None:
        without("Mosquitto")
    port = free_port()
    (tmp_path / "passwords").touch(mode=0o600)
    for user, password in PASSWORDS.items():
        subprocess.run([passwd, "-b", tmp_path / "passwords", user, password], check=True, capture_output=True)
    (tmp_path / "acl").write_text((DEPLOY / "acl").read_text())
    (tmp_path / "mosquitto.conf").write_text(place((DEPLOY / "mosquitto.conf").read_text(), tmp_path, port))
    broker = ServerProcess(
        command=[str(program), "-c", str(tmp_path / "mosquitto.conf")],
        is_ready=lambda: accepts_connections(port),
        log=tmp_path / "mosquitto.log",
    )
    try:
        broker.start()
        yield port
    finally:
        broker.stop()


def publish_as(user: str, port: int, topic: str, payload: bytes) -> None:
    publish(HOST, port, topic, payload, username=user, password=PASSWORDS[user])


def subscribe(port: int, received: list[tuple[str, int]]) -> mqtt.Client:
    """The service's subscription; `received` gets topic and size of every message."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="the-service", clean_session=False)
    client.username_pw_set("iot-maint", PASSWORDS["iot-maint"])
    client.on_message = lambda _c, _u, message: received.append((message.topic, len(message.payload)))
    granted: list[int] = []
    client.on_subscribe = lambda _c, _u, mid, _codes, _properties: granted.append(mid)
    client.connect(HOST, port)
    client.subscribe("iot/v1/+/+/telemetry", qos=1)
    while not granted:
        assert client.loop(timeout=1) == mqtt.MQTT_ERR_SUCCESS
    return client


def receive(client: mqtt.Client, received: list[tuple[str, int]], until: tuple[str, int]) -> None:
    while until not in received:
        assert client.loop(timeout=1) == mqtt.MQTT_ERR_SUCCESS


def test_nobody_connects_without_a_name(port: int) -> None:
    with pytest.raises(subprocess.CalledProcessError, match="returned non-zero") as refused:
        publish(HOST, port, "iot/v1/s1/P-201/telemetry", b"{}")
    assert b"not authorised" in refused.value.stderr


def test_nobody_connects_with_a_wrong_password(port: int) -> None:
    with pytest.raises(subprocess.CalledProcessError):
        publish(HOST, port, "iot/v1/s1/P-201/telemetry", b"{}", username="P-201", password=PASSWORDS["P-202"])


def test_a_device_reaches_the_service_under_its_own_topic_alone(port: int) -> None:
    received: list[tuple[str, int]] = []
    client = subscribe(port, received)

    publish_as("P-201", port, "iot/v1/s1/P-202/telemetry", b"forged")
    publish_as("P-201", port, "iot/v1/s1/P-201/telemetry", b"mine")
    receive(client, received, ("iot/v1/s1/P-201/telemetry", 4))

    # The broker keeps the order: the forged one would have come first.
    assert received == [("iot/v1/s1/P-201/telemetry", 4)]


def test_a_device_cannot_listen_to_its_neighbours(port: int) -> None:
    overheard: list[tuple[str, int]] = []
    neighbour = mqtt.Client(CallbackAPIVersion.VERSION2)
    neighbour.username_pw_set("P-201", PASSWORDS["P-201"])
    neighbour.on_message = lambda _c, _u, message: overheard.append((message.topic, len(message.payload)))
    answered: list[int] = []
    neighbour.on_subscribe = lambda _c, _u, mid, _codes, _properties: answered.append(mid)
    neighbour.connect(HOST, port)
    neighbour.subscribe("iot/v1/#", qos=1)
    while not answered:
        assert neighbour.loop(timeout=1) == mqtt.MQTT_ERR_SUCCESS
    received: list[tuple[str, int]] = []
    client = subscribe(port, received)

    publish_as("P-202", port, "iot/v1/s1/P-202/telemetry", b"secret")
    receive(client, received, ("iot/v1/s1/P-202/telemetry", 6))

    # The neighbour subscribed first, so whatever was meant for him is here already.
    assert neighbour.loop(timeout=0.2) == mqtt.MQTT_ERR_SUCCESS
    assert overheard == []


def test_the_service_itself_cannot_publish_to_a_device(port: int) -> None:
    received: list[tuple[str, int]] = []
    client = subscribe(port, received)

    publish_as("iot-maint", port, "iot/v1/s1/P-201/telemetry", b"forged")
    publish_as("P-201", port, "iot/v1/s1/P-201/telemetry", b"own")
    receive(client, received, ("iot/v1/s1/P-201/telemetry", 3))

    assert received == [("iot/v1/s1/P-201/telemetry", 3)]


def test_more_than_the_usual_twenty_messages_are_in_flight_to_the_service(port: int) -> None:
    received: list[tuple[str, int]] = []
    client = subscribe(port, received)
    client.manual_ack_set(True)

    for number in range(30):
        publish_as("P-201", port, "iot/v1/s1/P-201/telemetry", b"x" * (number + 1))

    receive(client, received, ("iot/v1/s1/P-201/telemetry", 30))


def test_an_oversized_message_reaches_the_service_which_will_say_so(port: int) -> None:
    received: list[tuple[str, int]] = []
    client = subscribe(port, received)

    publish_as("P-201", port, "iot/v1/s1/P-201/telemetry", b"x" * 262_145)

    receive(client, received, ("iot/v1/s1/P-201/telemetry", 262_145))
