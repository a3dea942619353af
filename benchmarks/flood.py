"""A publisher that is no bottleneck: MQTT 3.1.1 packets built ahead, QoS 1, written to the socket in one stream."""

import json
import socket
from collections.abc import Iterator

import numpy as np

from benchmarks.traffic import STEP_MS

SITE = "bench"
WINDOW = 20_000  # packets on their way, below the 65,535 identifiers that MQTT has
_CONNECT_ACCEPTED = b"\x20\x02\x00\x00"


def equipment_codes(count: int) -> list[str]:
    """The codes of the benchmark's equipment."""
    return [f"BP-{number:04}" for number in range(1, count + 1)]


def backlog(messages: int, equipment: int, t0_ms: int, seed: int = 1) -> Iterator[tuple[str, bytes]]:
    """(topic, payload) of messages of five fields, healthy, in turn over all equipment, each a step after its last."""
    chance = np.random.default_rng(seed)
    topics = [f"iot/v1/{SITE}/{code}/telemetry" for code in equipment_codes(equipment)]
    values = chance.normal((2.1, 55.0, 0.62, 0.8), (0.1, 0.5, 0.004, 0.02), size=(messages, 4)).round(4)
    for number, (vibration, temperature, pressure, current) in enumerate(values.tolist()):
        fields = {
            "running": True,
            "vib_rms": vibration,
            "bearing_temp": temperature,
            "discharge_pressure": pressure,
            "motor_current_ratio": current,
        }
        document = {"ts": t0_ms + number // equipment * STEP_MS, "values": fields}
        yield topics[number % equipment], json.dumps(document, separators=(",", ":")).encode()


def publish_all(host: str, port: int, messages: Iterator[tuple[str, bytes]]) -> int:
    """Publish with QoS 1 and wait for every acknowledgement; how many."""
    with socket.create_connection((host, port), timeout=60) as connection:
        connect(connection, "iot-maint-benchmark")
        sent = acknowledged = 0
        packets: list[bytes] = []
        for sent, (topic, payload) in enumerate(messages, 1):
            packets.append(publish_packet(topic, payload, sent % 65_535 + 1))
            if len(packets) == WINDOW:
                acknowledged += _send(connection, packets)
        acknowledged += _send(connection, packets)
    if acknowledged != sent:
        raise ConnectionError(f"the broker acknowledged {acknowledged} of {sent} messages")
    return sent


def connect(connection: socket.socket, client_id: str) -> None:
    """A clean session under that name."""
    connection.sendall(_connect_packet(client_id))
    if receive(connection, 4) != _CONNECT_ACCEPTED:
        raise ConnectionError("the broker refuses the benchmark's publisher")


def _send(connection: socket.socket, packets: list[bytes]) -> int:
    """Write the packets and read as many acknowledgements of four bytes each."""
    count = len(packets)
    connection.sendall(b"".join(packets))
    packets.clear()
    receive(connection, 4 * count)
    return count


def receive(connection: socket.socket, size: int) -> bytes:
    """Exactly that many bytes."""
    received = bytearray()
    while len(received) < size:
        chunk = connection.recv(size - len(received))
        if not chunk:
            raise ConnectionError("the broker closed the connection")
        received += chunk
    return bytes(received)


def _connect_packet(client_id: str) -> bytes:
    name = client_id.encode()
    # Protocol "MQTT" level 4, clean session, no keepalive.
    body = b"\x00\x04MQTT\x04\x02\x00\x00" + len(name).to_bytes(2, "big") + name
    return b"\x10" + _length(len(body)) + body


def publish_packet(topic: str, payload: bytes, identifier: int) -> bytes:
    """A PUBLISH of QoS 1."""
    name = topic.encode()
    body = len(name).to_bytes(2, "big") + name + identifier.to_bytes(2, "big") + payload
    return b"\x32" + _length(len(body)) + body


def _length(size: int) -> bytes:
    """MQTT's remaining length: seven bits a byte, the lowest first."""
    encoded = bytearray()
    while True:
        size, low = divmod(size, 128)
        encoded.append(low | (0x80 if size else 0))
        if not size:
            return bytes(encoded)
