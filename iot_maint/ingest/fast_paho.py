"""paho's client with a faster way in: 64 KiB at a time from the socket, packets cut out of that.

paho itself asks the system three times for each packet and waits with `select` in between, which is most of what a
message costs.  Everything else stays paho's: its API, its reconnects, keepalive, TLS and callbacks; the packets go to
its own handlers, one by one and in order.  Whoever sets `on_publishes` hears of all plain messages of a chunk (MQTT 3.1
and 3.1.1, QoS 0 and 1, no per-topic callbacks, no logging) at once, instead of of each by `on_message`.  This leans on
paho's inner names, so `make_client` gives paho's own client where the installed version is not one that was looked at.
"""

import ssl
import struct
from collections.abc import Callable, Sequence
from importlib.metadata import version

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion

from iot_maint.ingest.inbox import Packet

KNOWN_VERSIONS = ("2.1", "2.2")
CHUNK = 64 * 1024
_CHUNK_OF_TLS = 16 * 1024  # one record: what is left of it is waiting in `pending`, where paho looks for it
_PUBLISH, _PUBACK = 0x30, 0x40
_QOS_1, _QOS_2 = 0x02, 0x04
_LONGEST_LENGTH = 4  # bytes
_SHORTEST = 4  # bytes of a packet that has a topic at all: nothing shorter is looked at
_puback = struct.Struct("!BBH").pack
# paho 2.2 has renamed the time at which something was last heard, …
_HEARD_AT = "_last_msg_in" if version("paho-mqtt").startswith("2.1.") else "_last_bytes_received"
# … and raises an error of its own for packets that say nothing.
_MALFORMED: type[Exception] = getattr(paho, "MalformedPacket", struct.error)


class FastClient(paho.Client):
    """`paho.Client`, reading in chunks.

    `on_publishes`, if set, is called with the plain messages of each chunk, each as (topic, payload, the packet's first
    byte, id), and the bytes that these took; an exception of it is handled as one of `on_message`.
    """

    on_publishes: Callable[[list[Packet], int], None] | None = None

    def __init__(self, client_id: str, *, clean_session: bool, manual_ack: bool, protocol: MQTTProtocolVersion) -> None:
        super().__init__(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            clean_session=clean_session,
            manual_ack=manual_ack,
            protocol=protocol,
        )
        # The beginning of a packet whose end has not come yet, and how long it must grow before another look at it.
        self._rest = bytearray()
        self._needed = 0
        self._rest_of: paho.SocketLike | None = None
        self._has_topic_callbacks = False

    def message_callback_add(self, sub: str, callback: paho.CallbackOnMessage) -> None:
        """As paho; from here on every message goes paho's way."""
        self._has_topic_callbacks = True
        super().message_callback_add(sub, callback)

    def ack_all(self, mids: Sequence[int]) -> None:
        """`ack` for messages of QoS 1, in one write."""
        if mids and self._manual_ack:
            self._packet_queue(_PUBACK, b"".join([_puback(_PUBACK, 2, mid) for mid in mids]), mids[-1], 1)

    def _packet_read(self) -> MQTTErrorCode:
        sock = self._sock
        if sock is not self._rest_of:  # a new connection begins with a new packet
            self._rest_of, self._needed = sock, 0
            self._rest.clear()
        try:
            data = self._sock_recv(_CHUNK_OF_TLS if isinstance(sock, ssl.SSLSocket) else CHUNK)
        except BlockingIOError:
            return MQTTErrorCode.MQTT_ERR_AGAIN
        except OSError as error:
            self._easy_log(paho.MQTT_LOG_ERR, "failed to receive on socket: %s", error)
            return MQTTErrorCode.MQTT_ERR_CONN_LOST
        if not data:
            return MQTTErrorCode.MQTT_ERR_CONN_LOST
        with self._msgtime_mutex:
            setattr(self, _HEARD_AT, paho.time_func())
        if self._rest:
            self._rest += data
            if len(self._rest) < self._needed:
                return MQTTErrorCode.MQTT_ERR_SUCCESS
            data = bytes(self._rest)
            self._rest.clear()
        try:
            return self._take_packets(data)
        finally:
            with self._msgtime_mutex:
                setattr(self, _HEARD_AT, paho.time_func())

    def _take_packets(self, data: bytes) -> MQTTErrorCode:
        """Handle all whole packets, and keep what begins another; an error ends it, as it ends the connection."""
        start, end = 0, len(data)
        rc = MQTTErrorCode.MQTT_ERR_SUCCESS
        at_once = self._takes_at_once()
        try:
            while start < end:
                if at_once:
                    publishes, after = _cut_publishes(data, start)
                    if publishes:
                        taken, start = after - start, after
                        self._hand_on(publishes, taken)
                        if self._sock is not self._rest_of:
                            return rc
                        continue
                body, size = _read_length(data, start)
                if body == 0:
                    if end - start > _LONGEST_LENGTH + 1:
                        return MQTTErrorCode.MQTT_ERR_PROTOCOL
                    self._needed = end - start + 1
                    break
                if body + size > end:
                    self._needed = body + size - start
                    break
                rc = self._take_packet(data[start], data[body : body + size])
                at_once = self._takes_at_once()
                start = body + size
                # A callback may have closed the connection: what it sent is nobody's then.
                if rc > 0 or self._sock is not self._rest_of:
                    return rc
        finally:
            self._rest += data[start:]
        return rc

    def _hand_on(self, publishes: list[Packet], size: int) -> None:
        with self._in_callback_mutex:
            try:
                if self.on_publishes is not None:
                    self.on_publishes(publishes, size)
            except Exception as error:
                self._easy_log(paho.MQTT_LOG_ERR, "Caught exception in on_publishes: %s", error)
                if not self.suppress_exceptions:
                    raise
        if not self._manual_ack:
            for _, _, header, mid in publishes:
                if header & _QOS_1:
                    self._send_puback(mid)

    def _take_packet(self, header: int, packet: bytes) -> MQTTErrorCode:
        """Any packet, paho's own way, from the dictionary in which it would have gathered it."""
        self._in_packet = {
            "command": header,
            "have_remaining": 1,
            "remaining_count": [],
            "remaining_mult": 1,
            "remaining_length": len(packet),
            "packet": bytearray(packet),
            "to_process": 0,
            "pos": 0,
        }
        try:
            return self._packet_handle()
        except _MALFORMED as error:
            self._easy_log(paho.MQTT_LOG_DEBUG, "Received malformed packet: %s", error)
            return MQTTErrorCode.MQTT_ERR_PROTOCOL

    def _takes_at_once(self) -> bool:
        """Whether paho would do nothing with a plain message but hand it to one callback."""
        return (
            self.on_publishes is not None
            and self._protocol != MQTTProtocolVersion.MQTTv5
            and not self._has_topic_callbacks
            and self._on_log is None
            and self._logger is None
        )


def is_known(paho_version: str) -> bool:
    """Whether that version of paho is one whose inner names were looked at."""
    return ".".join(paho_version.split(".")[:2]) in KNOWN_VERSIONS


def make_client(
    client_id: str,
    *,
    clean_session: bool,
    manual_ack: bool,
    protocol: MQTTProtocolVersion = MQTTProtocolVersion.MQTTv311,
    paho_version: str | None = None,
) -> paho.Client:
    """The fast client where paho's version is known, paho's own elsewhere; `VERSION2` callbacks."""
    if is_known(paho_version or version("paho-mqtt")):
        return FastClient(client_id, clean_session=clean_session, manual_ack=manual_ack, protocol=protocol)
    return paho.Client(
        CallbackAPIVersion.VERSION2,
        client_id=client_id,
        clean_session=clean_session,
        manual_ack=manual_ack,
        protocol=protocol,
    )


def _cut_publishes(data: bytes, start: int) -> tuple[list[Packet], int]:
    """The whole and plain PUBLISH packets from there on, up to any other packet; and where that begins."""
    publishes: list[Packet] = []
    end = len(data)
    take = publishes.append
    while end - start > _SHORTEST:
        header = data[start]
        if header & (0xF0 | _QOS_2) != _PUBLISH:
            break
        body, size = start + 2, data[start + 1]
        if size >= 0x80:  # most are: a length of two bytes, without a call
            more = data[start + 2]
            body, size = (start + 3, size & 0x7F | more << 7) if more < 0x80 else _read_length(data, start)
        after = body + size
        if body == 0 or size < 2 or after > end:
            break
        topic_end = body + 2 + (data[body] << 8 | data[body + 1])
        payload_start = topic_end + (header & _QOS_1)
        if payload_start > after or topic_end == body + 2:  # broken: paho says how
            break
        mid = data[topic_end] << 8 | data[topic_end + 1] if header & _QOS_1 else 0
        take((data[body + 2 : topic_end], data[payload_start:after], header, mid))
        start = after
    return publishes, start


def _read_length(data: bytes, start: int) -> tuple[int, int]:
    """(where the packet's body begins, its length); (0, 0) while the length is not whole or is no length."""
    size, shift = 0, 0
    for position in range(start + 1, min(start + 1 + _LONGEST_LENGTH, len(data))):
        byte = data[position]
        size |= (byte & 0x7F) << shift
        if byte < 0x80:
            return position + 1, size
        shift += 7
    return 0, 0
