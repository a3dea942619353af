"""The same bytes through paho's own client and through the fast one: what each callback was told, and what was sent."""

import select
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress

import paho.mqtt.client as paho

from iot_maint.ingest.fast_paho import FastClient, make_client

CONNACK = b"\x20\x02\x00\x00"
Told = list[tuple[object, ...]]


def publish_packet(topic: str | bytes, payload: bytes, *, qos: int = 1, mid: int = 1, flags: int = 0) -> bytes:
    """A PUBLISH of MQTT 3.1.1; `flags` are the duplicate (8) and retain (1) bits."""
    name = topic.encode() if isinstance(topic, str) else topic
    body = len(name).to_bytes(2, "big") + name + (mid.to_bytes(2, "big") if qos else b"") + payload
    return bytes([0x30 | qos << 1 | flags]) + remaining_length(len(body)) + body


def remaining_length(size: int) -> bytes:
    encoded = bytearray()
    while True:
        size, low = divmod(size, 128)
        encoded.append(low | (0x80 if size else 0))
        if not size:
            return bytes(encoded)


def tell(
    chunks: Sequence[bytes],
    paho_version: str,
    *,
    manual_ack: bool = True,
    prepare: Callable[[paho.Client], object] = id,
    at_once: bool = False,
) -> tuple[Told, bytes]:
    """Each chunk reaches the client as one reading of its socket; (the callbacks' arguments, the bytes it sent)."""
    client = make_client("c", clean_session=False, manual_ack=manual_ack, paho_version=paho_version)
    told: Told = []
    client.on_connect = lambda _c, _u, flags, reason, _p: told.append(("connect", flags.session_present, str(reason)))
    client.on_subscribe = lambda _c, _u, mid, reasons, _p: told.append(("subscribe", mid, [str(r) for r in reasons]))
    client.on_publish = lambda _c, _u, mid, reason, _p: told.append(("publish", mid, str(reason)))
    client.on_unsubscribe = lambda _c, _u, mid, _reasons, _p: told.append(("unsubscribe", mid))
    client.on_disconnect = lambda _c, _u, _flags, reason, _p: told.append(("disconnect", str(reason)))
    client.on_message = lambda _c, _u, message: told.append(("message", *describe(message)))
    prepare(client)
    if at_once:
        assert isinstance(client, FastClient)
        client.on_publishes = lambda packets, _size: told.extend(("packet", *packet) for packet in packets)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client.connect("127.0.0.1", listener.getsockname()[1], keepalive=60)
        broker, _ = listener.accept()
    sent = bytearray()
    # Either side may be the one that ends it.
    with broker, suppress(ConnectionError):
        for chunk in chunks:
            broker.sendall(chunk)
            _read_all(client)
        _collect(broker, sent)
        broker.shutdown(socket.SHUT_WR)
        _read_all(client)
        _collect(broker, sent)
    client.disconnect()
    return told, bytes(sent)


def describe(message: paho.MQTTMessage) -> tuple[object, ...]:
    """All that a callback can see of a message."""
    try:
        topic = message.topic
    except UnicodeDecodeError:
        topic = "(no UTF-8)"
    return (
        topic,
        bytes(message.payload),
        type(message.payload),
        message.mid,
        message.qos,
        message.retain,
        message.dup,
        message.properties,
        int(message.state),
        message.timestamp > 0,
        message.info.mid,
        message.info.is_published(),
    )


def as_packets(told: Told) -> Told:
    """What stock paho's callbacks were told, its messages of QoS 0 and 1 as the packets that they came in."""
    return [_as_packet(one) for one in told]


def _as_packet(one: tuple[object, ...]) -> tuple[object, ...]:
    if one[0] != "message" or one[5] == 2:
        return one
    _, topic, payload, _, mid, qos, retain, dup, *_ = one
    name = b"\xff\xfe" if topic == "(no UTF-8)" else str(topic).encode()
    return ("packet", name, payload, 0x30 | int(bool(qos)) << 1 | int(bool(retain)) | int(bool(dup)) << 3, mid)


def _read_all(client: paho.Client) -> None:
    """As paho's own loop: as long as the socket has something to read."""
    while (sock := client.socket()) is not None and select.select([sock], [], [], 0.002)[0]:
        client.loop_read()
        client.loop_write()


def _collect(broker: socket.socket, sent: bytearray) -> None:
    while select.select([broker], [], [], 0.002)[0]:
        data = broker.recv(65_536)
        if not data:
            return
        sent += data
