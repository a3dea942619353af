"""A device that keeps its word: what the broker has not acknowledged is sent again on the next connection."""

import select
import socket
import threading
import time
from collections.abc import Iterable
from typing import Self

from tests.faults.traffic import Message
from tests.paho_stories import CONNACK, publish_packet, remaining_length
from tests.servers.processes import HOST

WINDOW = 5_000  # messages on their way
_AT_ONCE = 500
_DUPLICATE = 0x08
_SUBACK = b"\x90\x03\x00\x01\x01"
_PATIENCE_S = 5.0
_LOOK_S = 0.02
_STOP_WITHIN_S = 60.0


def open_session(port: int, client_id: str, topic_filter: str) -> None:
    """Have the broker keep all that comes for that client, before it was ever there itself."""
    name = topic_filter.encode()
    body = b"\x00\x01" + len(name).to_bytes(2, "big") + name + b"\x01"
    with socket.create_connection((HOST, port), timeout=_PATIENCE_S) as connection:
        connection.sendall(connect_packet(client_id, clean_session=False))
        connection.sendall(b"\x82" + remaining_length(len(body)) + body)
        received = b""
        while len(received) < len(CONNACK) + len(_SUBACK):
            received += _read(connection)
        assert received == CONNACK + _SUBACK
        connection.sendall(b"\xe0\x00")


def connect_packet(client_id: str, *, clean_session: bool = True) -> bytes:
    name = client_id.encode()
    flags = b"\x02" if clean_session else b"\x00"
    body = b"\x00\x04MQTT\x04" + flags + b"\x00\x00" + len(name).to_bytes(2, "big") + name
    return b"\x10" + remaining_length(len(body)) + body


class Publisher:
    """Sends within `with`, in a thread of its own, at most `per_s` messages a second.

    Leaving it asks for no more messages and waits until the broker has acknowledged all that were taken.
    """

    def __init__(self, port: int, messages: Iterable[Message], per_s: float | None = None) -> None:
        self._port = port
        self._messages = iter(messages)
        self._per_s = per_s
        self._unacknowledged: dict[int, Message] = {}
        self._mid = 0
        self._sent = 0
        self._exhausted = threading.Event()
        self._finished = threading.Event()
        self._thread = threading.Thread(target=self._run, name="publisher", daemon=True)
        self.acknowledged = 0

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._exhausted.set()
        self.wait_sent(_STOP_WITHIN_S)

    def start(self) -> None:
        self._began = time.monotonic()
        self._thread.start()

    def wait_sent(self, within_s: float) -> None:
        """Wait until the messages are at an end and acknowledged."""
        self._thread.join(within_s)
        assert self._finished.is_set(), f"the broker has not acknowledged {len(self._unacknowledged)} messages"

    def _run(self) -> None:
        while not self._done():
            try:
                with socket.create_connection((HOST, self._port), timeout=_PATIENCE_S) as connection:
                    self._publish(connection)
            except OSError:
                self._exhausted.wait(_LOOK_S)  # the broker is away; it will be back
        self._finished.set()

    def _publish(self, connection: socket.socket) -> None:
        connection.sendall(connect_packet("device"))
        received = b""
        while len(received) < len(CONNACK):
            received += _read(connection)
        for mid, (topic, payload) in self._unacknowledged.items():
            connection.sendall(publish_packet(topic, payload, mid=mid, flags=_DUPLICATE))
        received = received[len(CONNACK) :]
        while not self._done():
            connection.sendall(self._next_packets())
            readable, _, _ = select.select([connection], [], [], _LOOK_S if self._waits() else 0)
            if readable:
                received = self._take_acknowledgements(received + _read(connection))

    def _next_packets(self) -> bytes:
        packets: list[bytes] = []
        for _ in range(min(self._due(), WINDOW - len(self._unacknowledged), _AT_ONCE)):
            message = next(self._messages, None)
            if message is None:
                self._exhausted.set()
                break
            self._mid = self._mid % 65_535 + 1
            self._sent += 1
            self._unacknowledged[self._mid] = message
            packets.append(publish_packet(*message, mid=self._mid))
        return b"".join(packets)

    def _due(self) -> int:
        if self._exhausted.is_set():
            return 0
        if self._per_s is None:
            return _AT_ONCE
        return int((time.monotonic() - self._began) * self._per_s) - self._sent

    def _waits(self) -> bool:
        return self._due() <= 0 or len(self._unacknowledged) >= WINDOW

    def _take_acknowledgements(self, received: bytes) -> bytes:
        whole = len(received) - len(received) % 4
        for start in range(0, whole, 4):
            if self._unacknowledged.pop(int.from_bytes(received[start + 2 : start + 4], "big"), None):
                self.acknowledged += 1
        return received[whole:]

    def _done(self) -> bool:
        return self._exhausted.is_set() and not self._unacknowledged


def _read(connection: socket.socket) -> bytes:
    received = connection.recv(64 * 1024)
    if not received:
        raise ConnectionError("the broker closed the connection")
    return received


def publish_all(port: int, messages: Iterable[Message], within_s: float = 60) -> None:
    """All of them, as fast as the broker takes them, each acknowledged by it."""
    publisher = Publisher(port, messages)
    publisher.start()
    publisher.wait_sent(within_s)
