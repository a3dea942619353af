"""Healthy traffic at an even pace beside what is measured."""

import itertools
import json
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

TICKS_S = 10  # a second's messages go out in that many bursts


@contextmanager
def steady_traffic(host: str, port: int, topics: Sequence[str], messages_a_second: int) -> Iterator[None]:
    """Pumps that are well, each topic in turn, while the block runs."""
    client = paho.Client(CallbackAPIVersion.VERSION2)
    client.max_inflight_messages_set(messages_a_second)
    client.connect(host, port)
    client.loop_start()
    stop = threading.Event()
    publisher = threading.Thread(target=_publish, args=(client, topics, messages_a_second, stop), daemon=True)
    publisher.start()
    try:
        yield
    finally:
        stop.set()
        publisher.join()
        client.disconnect()
        client.loop_stop()


def _publish(client: paho.Client, topics: Sequence[str], messages_a_second: int, stop: threading.Event) -> None:
    began = time.monotonic()
    turns = itertools.cycle(topics)
    for burst in itertools.count(1):
        for topic in itertools.islice(turns, messages_a_second // TICKS_S):
            values = {"vib_rms": 2.1, "bearing_temp": 55.0, "discharge_pressure": 0.62, "running": True}
            client.publish(topic, json.dumps({"ts": int(time.time() * 1000), "values": values}), qos=1)
        if stop.wait(max(began + burst / TICKS_S - time.monotonic(), 0)):
            return
