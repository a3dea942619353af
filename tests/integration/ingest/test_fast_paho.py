"""Whatever a broker sends, however the network cuts it: the fast client's callbacks hear what paho's own do."""

import logging
from collections.abc import Callable
from itertools import pairwise

import paho.mqtt.client as paho
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iot_maint.ingest.fast_paho import CHUNK, FastClient, is_known, make_client
from tests.ingest_worker import eventually
from tests.paho_stories import CONNACK, Told, as_packets, publish_packet, remaining_length, tell
from tests.servers.mosquitto import MosquittoServer

FAST, STOCK = "2.2.0", "3.0.0"
TOPIC = "iot/v1/S1/水泵-01/telemetry"
SUBACK, PINGRESP, UNSUBACK = b"\x90\x03\x00\x01\x01", b"\xd0\x00", b"\xb0\x02\x00\x03"
TRAFFIC = [
    CONNACK,
    SUBACK,
    publish_packet(TOPIC, b'{"a": 1}', mid=1),
    publish_packet(TOPIC, b"", mid=2),
    publish_packet("loose", b"qos 0", qos=0),
    publish_packet(TOPIC, b"again", mid=3, flags=8),
    PINGRESP,
    publish_packet("kept", b"retained", mid=65_535, flags=1),
    publish_packet(b"\xff\xfe", b"no topic", mid=4),
    publish_packet("exact", b"q2", qos=2, mid=5),
    b"\x62\x02\x00\x05",  # PUBREL: the message of QoS 2 comes now
    UNSUBACK,
    publish_packet(TOPIC, b"x" * 200, mid=6),
]
STREAM = b"".join(TRAFFIC)


def both(chunks: list[bytes], *, manual_ack: bool = True, prepare: Callable[[paho.Client], object] = id) -> Told:
    """What both were told, once it is clear that it is the same, and that both answered the same."""
    fast, stock = (tell(chunks, version, manual_ack=manual_ack, prepare=prepare) for version in (FAST, STOCK))
    assert fast == stock
    return fast[0]


@pytest.mark.parametrize("manual_ack", [True, False])
def test_several_packets_in_one_chunk(manual_ack: bool) -> None:
    told = both([STREAM], manual_ack=manual_ack)

    assert [one[0] for one in told] == [
        "connect",
        "subscribe",
        *["message"] * 7,
        "unsubscribe",
        "message",
        "disconnect",
    ]


def test_one_packet_a_chunk() -> None:
    assert both(TRAFFIC) == both([STREAM])


def test_split_at_every_byte_boundary() -> None:
    told = tell([STREAM], STOCK)

    for cut in range(1, len(STREAM)):
        assert tell([STREAM[:cut], STREAM[cut:]], FAST) == told


@pytest.mark.parametrize("manual_ack", [True, False])
def test_messages_of_a_chunk_at_once_are_the_same_messages(manual_ack: bool) -> None:
    told, sent = tell([STREAM], STOCK, manual_ack=manual_ack)

    assert tell([STREAM], FAST, manual_ack=manual_ack, at_once=True) == (as_packets(told), sent)


def test_messages_at_once_are_the_same_however_the_stream_is_split() -> None:
    told = as_packets(tell([STREAM], STOCK)[0])

    for cut in range(1, len(STREAM)):
        assert tell([STREAM[:cut], STREAM[cut:]], FAST, at_once=True)[0] == told


@pytest.mark.parametrize("broken", [publish_packet("", b"no topic at all"), publish_packet("t", b"qos 3", qos=3)])
def test_a_broken_packet_behind_messages_at_once_ends_the_connection(broken: bytes) -> None:
    stream = CONNACK + publish_packet(TOPIC, b"before") + broken + publish_packet(TOPIC, b"after", mid=2)

    told, _ = tell([stream], FAST, at_once=True)

    assert told == as_packets(tell([stream], STOCK)[0])
    assert [one[0] for one in told] == ["connect", "packet", "disconnect"]


def test_byte_by_byte() -> None:
    short = b"".join(TRAFFIC[:4])

    assert both([short[n : n + 1] for n in range(len(short))]) == both([short])


@settings(max_examples=40, deadline=None)
@given(
    payloads=st.lists(st.binary(max_size=300), max_size=12),
    cuts=st.lists(st.integers(0, 4000), max_size=8),
    qos=st.integers(0, 2),
)
def test_any_payloads_cut_anywhere(payloads: list[bytes], cuts: list[int], qos: int) -> None:
    packets = (publish_packet(f"t/{n}", payload, qos=qos, mid=n + 1) for n, payload in enumerate(payloads))
    stream = CONNACK + b"".join(packets)
    edges = sorted({0, len(stream), *(cut % len(stream) for cut in cuts)})

    both([stream[start:end] for start, end in pairwise(edges)])


def test_a_packet_larger_than_a_chunk() -> None:
    large = publish_packet(TOPIC, bytes(range(256)) * 1000)

    told = both([CONNACK, large[:5], large[5 : CHUNK + 9], large[CHUNK + 9 :] + publish_packet("next", b"1", mid=2)])

    assert [len(bytes(one[2])) for one in told if one[0] == "message" and isinstance(one[2], bytes)] == [256_000, 1]


@pytest.mark.parametrize(
    "broken",
    [
        b"\x30\xff\xff\xff\xff\xff\x01",  # a length of more than four bytes
        publish_packet("", b"no topic at all"),
        publish_packet("t", b"qos 3", qos=3),
        b"\xf0\x00",  # AUTH, which MQTT 3.1.1 does not have
    ],
)
def test_what_breaks_the_protocol_ends_the_connection_of_both(broken: bytes) -> None:
    told = both([CONNACK, publish_packet(TOPIC, b"before"), broken + publish_packet(TOPIC, b"after", mid=2)])

    assert [one[0] for one in told] == ["connect", "message", "disconnect"]


def test_callbacks_by_topic_and_a_log_are_served_as_paho_serves_them() -> None:
    heard: Told = []

    def prepare(client: paho.Client) -> None:
        client.message_callback_add("iot/#", lambda _c, _u, message: heard.append(("by topic", message.topic)))

    told = both([STREAM], prepare=prepare)

    assert [one[1] for one in told if one[0] == "message"] == ["loose", "kept", "(no UTF-8)", "exact"]
    assert heard == [("by topic", TOPIC)] * 8


def test_a_logger_sees_every_packet(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        both([STREAM], prepare=lambda client: client.enable_logger(logging.getLogger("paho-test")))
    received = [record.message for record in caplog.records if record.message.startswith("Received PUBLISH")]
    assert len(received) == 16
    assert received[:8] == received[8:]


def test_a_callback_that_disconnects_hears_no_more_than_with_paho() -> None:
    def prepare(client: paho.Client) -> None:
        def stop(_client: paho.Client, _userdata: object, _message: paho.MQTTMessage) -> None:
            client.disconnect()

        client.message_callback_add("stop", stop)

    both([CONNACK, publish_packet(TOPIC, b"1"), publish_packet("stop", b"")], prepare=prepare)


@pytest.mark.parametrize(("version", "known"), [("2.1.0", True), ("2.2.0", True), ("2.10.0", False), ("3.0.0", False)])
def test_only_versions_that_were_looked_at_are_made_faster(version: str, known: bool) -> None:
    client = make_client("c", clean_session=True, manual_ack=True, paho_version=version)

    assert is_known(version) is known
    assert isinstance(client, FastClient) is known


def test_acknowledgements_go_out_together_and_a_half_packet_dies_with_its_connection(
    mosquitto: MosquittoServer,
) -> None:
    client = make_client("fast", clean_session=False, manual_ack=True)
    assert isinstance(client, FastClient)
    received: list[paho.MQTTMessage] = []
    subscribed: list[int] = []
    client.on_message = lambda _c, _u, message: received.append(message)
    client.on_subscribe = lambda _c, _u, mid, _reasons, _p: subscribed.append(mid)
    client.on_connect = lambda connected, _u, _flags, _reason, _p: connected.subscribe("t/#", 1)
    client.reconnect_delay_set(1, 1)
    client.connect(mosquitto.host, mosquitto.port)
    client.loop_start()
    try:
        eventually(lambda: len(subscribed) == 1)
        for number in range(3):
            mosquitto.publish(f"t/{number}", remaining_length(number))
        eventually(lambda: len(received) == 3)
        client.ack_all([message.mid for message in received[:2]])
        client.publish("other", qos=1).wait_for_publish(10)  # behind the acknowledgements: they have arrived too
        client._rest += b"\x32\x7f half of a packet"
        client._needed = 127
        mosquitto.stop()
        mosquitto.start()
        eventually(lambda: len(received) == 4)
    finally:
        client.disconnect()
        client.loop_stop()
    assert [message.topic for message in received] == ["t/0", "t/1", "t/2", "t/2"]
