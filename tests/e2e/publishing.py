"""Publishes messages as a gateway would: QoS 1, in order, each acknowledged by the broker."""

import json
from collections.abc import Iterable, Mapping

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

WITHIN_S = 60
WINDOW = 500  # messages in flight


def publish_all(host: str, port: int, messages: Iterable[tuple[str, Mapping[str, object]]]) -> int:
    """(topic, payload) in order; how many, once the broker has them all."""
    client = paho.Client(CallbackAPIVersion.VERSION2)
    client.max_inflight_messages_set(WINDOW)
    client.connect(host, port)
    client.loop_start()
    try:
        sent = [client.publish(topic, json.dumps(payload), qos=1) for topic, payload in messages]
        for message in sent:
            message.wait_for_publish(WITHIN_S)
    finally:
        client.disconnect()
        client.loop_stop()
    return len(sent)


def telemetry(
    equipment: str, at_ms: int, site: str = "yard", **values: float | bool
) -> tuple[str, Mapping[str, object]]:
    """A message of the product's own format."""
    return f"iot/v1/{site}/{equipment}/telemetry", {"ts": at_ms, "values": values}
