"""The publisher against a real broker: paced, bounded, patient, and gone when asked."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from tests.servers.mosquitto import MosquittoServer


class Listener:
    """Everything published below iot/, with the time of its arrival."""

    def __init__(self, broker: MosquittoServer) -> None:
        self.heard: list[tuple[float, str, bytes]] = []
        self._subscribed = threading.Event()
        self._client = Client(CallbackAPIVersion.VERSION2)
        self._client.on_connect = self._subscribe
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_message = self._hear
        self._client.connect(broker.host, broker.port)
        self._client.loop_start()
        assert self._subscribed.wait(10)

    def _subscribe(self, *_: object) -> None:
        self._client.subscribe("iot/#", qos=1)

    def _hear(self, _client: Client, _userdata: object, message: MQTTMessage) -> None:
        self.heard.append((time.time(), message.topic, bytes(message.payload)))

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


pytestmark = pytest.mark.slow


@pytest.fixture
def listener(mosquitto: MosquittoServer) -> Iterator[Listener]:
    found = Listener(mosquitto)
    yield found
    found.close()


def _start(broker: MosquittoServer, *options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "firmware_sim", "--site", "demo", "--mqtt", broker.url, *options]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)


def _accelerated(r0: datetime, speed: int) -> str:
    return f"accelerated:2026-06-01T08:00:00+08:00/{r0.isoformat()}/{speed}"


def test_it_waits_for_r0_keeps_the_pace_and_stops_after_its_seconds(
    mosquitto: MosquittoServer, listener: Listener
) -> None:
    r0 = datetime.now(UTC) + timedelta(seconds=2)
    process = _start(mosquitto, "--clock", _accelerated(r0, 60), "--seconds", "5")
    assert process.wait(20) == 0
    arrivals = [at for at, _, _ in listener.heard]
    assert min(arrivals) >= r0.timestamp()
    # Six pumps tick every 5 s and fourteen devices every 60 s: 86 messages a real second at speed 60.
    assert len(arrivals) > 60
    lags = []
    for at, _, payload in listener.heard:
        story_s = (at - r0.timestamp()) * 60
        stamp_s = json.loads(payload)["ts"] / 1000 - datetime(2026, 6, 1, tzinfo=UTC).timestamp()
        lags.append(story_s - stamp_s)
    # Within a real second of the clock, give or take the devices' own clocks.
    assert sorted(lags)[len(lags) // 2] < 60


def test_what_lies_before_the_present_is_not_sent(mosquitto: MosquittoServer, listener: Listener) -> None:
    r0 = datetime.now(UTC) - timedelta(seconds=60)
    process = _start(mosquitto, "--clock", _accelerated(r0, 10), "--seconds", "3")
    assert process.wait(20) == 0
    first_s = min(json.loads(payload)["ts"] for _, _, payload in listener.heard) / 1000
    assert first_s > datetime(2026, 6, 1, tzinfo=UTC).timestamp() + 590


def test_sigterm_ends_it_cleanly(mosquitto: MosquittoServer, listener: Listener) -> None:
    process = _start(mosquitto, "--speed", "60")
    deadline = time.monotonic() + 15
    while not listener.heard and time.monotonic() < deadline:
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGTERM)
    assert process.wait(10) == 0
    assert process.stderr is not None
    assert "published" in process.stderr.read()


def test_it_outlives_a_restart_of_the_broker(mosquitto: MosquittoServer) -> None:
    process = _start(mosquitto, "--speed", "60", "--seconds", "8")
    time.sleep(2)
    mosquitto.stop()
    time.sleep(1)
    mosquitto.start()
    listener = Listener(mosquitto)
    assert process.wait(30) == 0
    listener.close()
    assert len(listener.heard) > 50
