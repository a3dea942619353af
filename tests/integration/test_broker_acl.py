"""A real Mosquitto takes the ACL that the register gives."""

import threading
from dataclasses import replace

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from iot_maint.services.broker_acl import mosquitto_acl
from tests.builders import an_equipment
from tests.servers.mosquitto import MosquittoServer, publish

LAST = "iot/v1/一号院/P 1/telemetry"


def test_each_device_reaches_the_service_under_its_own_topic_alone(mosquitto: MosquittoServer) -> None:
    register = [
        replace(an_equipment("P 1", site="一号院"), gateway=None),
        replace(an_equipment("P-2", site="一号院"), gateway="gw"),
    ]
    mosquitto.stop()
    acl = mosquitto.folder / "acl"
    acl.write_text(mosquitto_acl(register, "service"), "utf-8")
    mosquitto.extra_configuration = f"acl_file {acl}"
    mosquitto.start()

    received: list[str] = []
    subscribed, done = threading.Event(), threading.Event()

    def on_message(_client: mqtt.Client, _userdata: object, message: mqtt.MQTTMessage) -> None:
        received.append(message.topic)
        if message.topic == LAST:
            done.set()

    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.username_pw_set("service")
    client.on_message = on_message
    client.on_subscribe = lambda *_: subscribed.set()
    client.connect(mosquitto.host, mosquitto.port)
    client.subscribe("iot/v1/+/+/telemetry", qos=1)
    client.loop_start()
    try:
        assert subscribed.wait(10)
        for user, code in (("P 1", "P-2"), ("gw", "P 1"), ("stranger", "P-2"), ("gw", "P-2"), ("P 1", "P 1")):
            publish(mosquitto.host, mosquitto.port, f"iot/v1/一号院/{code}/telemetry", b"{}", username=user)
        assert done.wait(10)
    finally:
        client.disconnect()
        client.loop_stop()
    assert received == ["iot/v1/一号院/P-2/telemetry", LAST]
