"""Publishing a story to an MQTT broker at QoS 1, paced by its clock."""

import logging
import ssl
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from types import TracebackType
from typing import Self
from urllib.parse import unquote, urlsplit

from paho.mqtt.client import Client, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from firmware_sim.clock import StoryClock
from firmware_sim.errors import SimulatorError
from firmware_sim.simulate import Message
from firmware_sim.stopping import Stop

log = logging.getLogger("firmware_sim")

# Enough to fill a slow link, few enough that a dead broker holds the story instead of the memory.
_IN_FLIGHT = 200
_FAREWELL_S = 5.0
_REPORT_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerAddress:
    """`mqtt://user:pass@host:1883` or `mqtts://…:8883`."""

    host: str
    port: int
    tls: bool
    username: str | None
    password: str | None


def parse_broker(url: str) -> BrokerAddress:
    """The parts of a broker's URL; raises SimulatorError for another scheme or no host."""
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError as error:
        raise SimulatorError(f"--mqtt: {error}") from error
    if parts.scheme not in ("mqtt", "mqtts") or not parts.hostname:
        raise SimulatorError("--mqtt: write mqtt://host:1883 or mqtts://user:password@host:8883")
    tls = parts.scheme == "mqtts"
    return BrokerAddress(
        host=parts.hostname,
        port=port or (8883 if tls else 1883),
        tls=tls,
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
    )


class Publisher:
    """Connected within `with`; paho's thread reconnects, and what was in flight is sent again."""

    def __init__(self, address: BrokerAddress, client_id: str) -> None:
        self._address = address
        self._room = threading.BoundedSemaphore(_IN_FLIGHT)
        self._client = Client(CallbackAPIVersion.VERSION2, client_id=client_id, protocol=MQTTv311)
        self._client.on_connect = self._connected
        self._client.on_disconnect = self._disconnected
        self._client.on_publish = self._published
        self._client.reconnect_delay_set(1, 15)
        self._client.max_inflight_messages_set(_IN_FLIGHT)

    def __enter__(self) -> Self:
        address = self._address
        if address.username is not None:
            self._client.username_pw_set(address.username, address.password)
        if address.tls:
            self._client.tls_set_context(ssl.create_default_context())
        self._client.connect_async(address.host, address.port)
        self._client.loop_start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        deadline = time.monotonic() + _FAREWELL_S
        for _ in range(_IN_FLIGHT):
            if not self._room.acquire(timeout=max(0.0, deadline - time.monotonic())):
                break
        self._client.disconnect()
        self._client.loop_stop()

    def run(self, messages: Iterable[Message], clock: StoryClock, stop: Stop) -> int:
        """Publish each message when the clock reaches it, until it is time to `stop`; returns how many.

        What lies before the clock's present at the start is skipped: devices do not send their past.
        """
        begun_ms = clock.now_ms(time.time() * 1000.0)
        count, reported = 0, time.monotonic()
        for message in messages:
            if stop.is_due:
                break
            if message.at_ms < begun_ms:
                continue
            ahead = clock.real_ms(message.at_ms) / 1000.0 - time.time()
            if ahead > 0 and stop.wait(ahead):
                break
            if not self._wait_for_room(stop):
                break
            self._client.publish(message.topic, message.payload, qos=1)
            count += 1
            if time.monotonic() - reported >= _REPORT_S:
                reported = time.monotonic()
                log.info("published %d messages, %.1f s behind", count, max(0.0, -ahead))
        return count

    def _wait_for_room(self, stop: Stop) -> bool:
        while not self._room.acquire(timeout=0.5):
            if stop.is_due:
                return False
        return True

    def _published(self, *_: object) -> None:
        self._room.release()

    def _connected(self, _client: Client, _userdata: object, _flags: object, reason: ReasonCode, *_: object) -> None:
        if reason.is_failure:
            log.warning("the broker at %s:%d refuses: %s", self._address.host, self._address.port, reason)
        else:
            log.info("connected to %s:%d", self._address.host, self._address.port)

    def _disconnected(self, _client: Client, _userdata: object, _flags: object, reason: ReasonCode, *_: object) -> None:
        if reason.is_failure:
            log.warning("lost the broker at %s:%d: %s", self._address.host, self._address.port, reason)
