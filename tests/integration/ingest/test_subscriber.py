"""The session with a real broker: what is acknowledged, what comes again, and over what it runs."""

import logging
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from iot_maint.clock import ReplayClock
from iot_maint.ingest.broker_url import parse_broker_url
from iot_maint.ingest.inbox import QOS_1, Arrivals, Inbox
from iot_maint.ingest.mqtt import Subscriber
from iot_maint.ingest.subscriptions import Subscriptions
from iot_maint.metering import PrometheusMeter
from iot_maint.storage.spool import SqliteSpool
from tests.builders import T0
from tests.ingest_worker import CLIENT_ID, eventually
from tests.servers.mosquitto import MosquittoServer

TOPIC = "iot/v1/S1/P-01/telemetry"


class Session:
    """One connected subscriber and what it received."""

    subscriptions: Subscriptions

    def __init__(self, subscriber: Subscriber, inbox: Inbox) -> None:
        self.subscriber = subscriber
        self._inbox = inbox

    def receive(self) -> Arrivals:
        (one,) = self._inbox.collect(1, 20)
        assert len(one.packets) == 1
        return one

    def receive_packets(self, count: int) -> list[Arrivals]:
        """So many, however many came at a time."""
        received: list[Arrivals] = []
        while sum(len(one.packets) for one in received) < count:
            received += self._inbox.collect(1, 20)
        return received

    def receives_nothing(self) -> bool:
        return self._inbox.collect(1, 0.2) == []


def payload_of(one: Arrivals) -> bytes:
    return one.packets[0][1]


@contextmanager
def session(url: str) -> Iterator[Session]:
    inbox = Inbox()
    subscriber = Subscriber(
        address=parse_broker_url(url), client_id=CLIENT_ID, inbox=inbox, clock=ReplayClock(T0), meter=PrometheusMeter()
    )
    with subscriber:
        eventually(lambda: subscriber.connected)
        yield Session(subscriber, inbox)


@contextmanager
def remembered(url: str, folder: Path, *wanted: str) -> Iterator[Session]:
    """As `session`, subscribed to these, and remembering what its session has."""
    inbox = Inbox()
    with SqliteSpool(folder, "1") as spool:
        subscriptions = Subscriptions(wanted, spool)
        subscriber = Subscriber(
            address=parse_broker_url(url),
            client_id=CLIENT_ID,
            inbox=inbox,
            clock=ReplayClock(T0),
            meter=PrometheusMeter(),
            subscriptions=subscriptions,
        )
        with subscriber:
            eventually(lambda: subscriber.connected and subscriptions.had == set(wanted))
            opened = Session(subscriber, inbox)
            opened.subscriptions = subscriptions
            yield opened


def subscribe_once(url: str) -> None:
    """The broker keeps messages for this client from now on."""
    with session(url):
        pass


def test_a_message_comes_again_until_it_is_acknowledged(mosquitto: MosquittoServer) -> None:
    with session(mosquitto.url) as first:
        mosquitto.publish(TOPIC, "once")
        assert payload_of(first.receive()) == b"once"
    with session(mosquitto.url) as second:
        message = second.receive()
        assert payload_of(message) == b"once"
        second.subscriber.acknowledge([message])
    with session(mosquitto.url) as third:
        assert third.receives_nothing()


def test_an_acknowledgement_of_an_earlier_connection_is_not_sent(mosquitto: MosquittoServer) -> None:
    with session(mosquitto.url) as first:
        mosquitto.publish(TOPIC, "once")
        message = first.receive()
        first.subscriber.acknowledge([message._replace(connection=message.connection - 1)])
    with session(mosquitto.url) as second:
        assert payload_of(second.receive()) == b"once"


@pytest.mark.slow
def test_an_acknowledgement_that_comes_after_a_reconnect_is_not_sent(mosquitto: MosquittoServer) -> None:
    with session(mosquitto.url) as first:
        mosquitto.publish(TOPIC, "once")
        early = first.receive()
        mosquitto.stop()
        mosquitto.start()
        late = first.receive()
        # The broker gives the same number again: only the connection tells the two apart.
        assert late.packets[0][1] == early.packets[0][1]
        assert late.packets[0][3] == early.packets[0][3]
        first.subscriber.acknowledge([early])
    with session(mosquitto.url) as second:
        message = second.receive()
        second.subscriber.acknowledge([message])
    with session(mosquitto.url) as third:
        assert third.receives_nothing()


def test_only_telemetry_topics_are_received(mosquitto: MosquittoServer) -> None:
    with session(mosquitto.url) as opened:
        mosquitto.publish("iot/v1/S1/P-01/command", "no")
        mosquitto.publish("other", "no")
        mosquitto.publish(TOPIC, "yes")
        assert payload_of(opened.receive()) == b"yes"


def test_messages_of_qos_0_need_no_acknowledgement(mosquitto: MosquittoServer) -> None:
    with session(mosquitto.url) as opened:
        mosquitto.publish(TOPIC, "loose", qos=0)
        message = opened.receive()
        assert message.packets[0][2] & QOS_1 == 0
        opened.subscriber.acknowledge([message])
        mosquitto.publish(TOPIC, "next")
        assert payload_of(opened.receive()) == b"next"


def test_messages_carry_the_time_of_the_clock_and_their_size(mosquitto: MosquittoServer) -> None:
    with session(mosquitto.url) as opened:
        mosquitto.publish(TOPIC, b"x" * 300_000)
        message = opened.receive()
    assert message.received_at_ms == int(T0.timestamp() * 1000)
    assert len(payload_of(message)) == 300_000
    assert message.size > 300_000


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """(certificate, key) of 127.0.0.1, signed by itself."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl here")
    certificate, key = folder / "broker.crt", folder / "broker.key"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=broker"
    subprocess.run(
        [*command.split(), "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)],
        check=True,
        capture_output=True,
    )
    return certificate, key


def test_tls_and_a_password_are_used_and_the_certificate_is_verified(
    tmp_path: Path, mosquitto: MosquittoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, key = make_certificate(tmp_path)
    passwords = tmp_path / "passwords"
    passwords.touch(0o600)
    subprocess.run(["mosquitto_passwd", "-b", str(passwords), "site", "p@ss"], check=True, capture_output=True)
    mosquitto.stop()
    mosquitto.extra_configuration = f"certfile {certificate}\nkeyfile {key}\npassword_file {passwords}\n"
    mosquitto.extra_configuration += "allow_anonymous false\n"
    mosquitto.start()
    url = f"mqtts://site:p%40ss@127.0.0.1:{mosquitto.port}"

    stranger = Subscriber(
        address=parse_broker_url(url), client_id="x", inbox=Inbox(), clock=ReplayClock(T0), meter=PrometheusMeter()
    )
    with stranger:
        with pytest.raises(AssertionError):
            eventually(lambda: stranger.connected, within_s=0.3)
        assert stranger.alive
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with session(url) as opened:
        assert opened.subscriber.connected


def refuse_subscriptions(listener: socket.socket) -> None:
    """A broker that accepts one client and refuses what it subscribes to, as an ACL elsewhere may."""
    client, _ = listener.accept()
    with client:
        client.recv(4096)
        client.sendall(b"\x20\x02\x00\x00")  # CONNACK: accepted
        subscribe = client.recv(4096)
        client.sendall(b"\x90\x03" + subscribe[2:4] + b"\x80")  # SUBACK: failure
        while client.recv(4096):
            pass


def test_a_refused_subscription_is_no_connection_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, caplog.at_level(logging.ERROR):
        broker = threading.Thread(target=refuse_subscriptions, args=(listener,))
        broker.start()
        address = parse_broker_url(f"mqtt://127.0.0.1:{listener.getsockname()[1]}")
        subscriber = Subscriber(
            address=address, client_id=CLIENT_ID, inbox=Inbox(), clock=ReplayClock(T0), meter=PrometheusMeter()
        )
        with subscriber:
            eventually(lambda: "refuses the subscription to iot/v1/+/+/telemetry" in caplog.text)
            assert subscriber.alive
            assert not subscriber.connected
        broker.join(10)


def test_a_filter_that_is_wanted_no_more_is_unsubscribed_on_the_session_that_was_kept(
    mosquitto: MosquittoServer, tmp_path: Path
) -> None:
    with remembered(mosquitto.url, tmp_path, "a/#", "b/#"):
        pass
    with remembered(mosquitto.url, tmp_path, "b/#", "c/#") as opened:
        for topic in ("a/1", "b/1", "c/1"):
            mosquitto.publish(topic, topic)
        received = opened.receive_packets(2)
        opened.subscriber.acknowledge(received)
        assert sorted(topic for one in received for topic, _, _, _ in one.packets) == [b"b/1", b"c/1"]
        assert opened.receives_nothing()


def test_what_came_by_a_filter_before_it_was_taken_out_still_arrives(
    mosquitto: MosquittoServer, tmp_path: Path
) -> None:
    with remembered(mosquitto.url, tmp_path, "a/#"):
        pass
    mosquitto.publish("a/1", "waits")
    with remembered(mosquitto.url, tmp_path, "b/#") as opened:
        assert payload_of(opened.receive()) == b"waits"


def test_filters_change_on_the_live_connection(mosquitto: MosquittoServer, tmp_path: Path) -> None:
    with remembered(mosquitto.url, tmp_path, "a/#") as opened:
        opened.subscriptions.want({"b/#"})
        eventually(lambda: opened.subscriptions.had == opened.subscriptions.granted == {"b/#"})
        mosquitto.publish("a/1", "no")
        mosquitto.publish("b/1", "yes")
        assert payload_of(opened.receive()) == b"yes"
        assert opened.subscriptions.complete


def test_while_nobody_can_say_what_is_wanted_the_session_stays_as_it_was(
    mosquitto: MosquittoServer, tmp_path: Path
) -> None:
    with remembered(mosquitto.url, tmp_path, "a/#"):
        pass
    with SqliteSpool(tmp_path, "1") as spool:
        inbox, subscriptions = Inbox(), Subscriptions(None, spool)
        subscriber = Subscriber(
            address=parse_broker_url(mosquitto.url),
            client_id=CLIENT_ID,
            inbox=inbox,
            clock=ReplayClock(T0),
            meter=PrometheusMeter(),
            subscriptions=subscriptions,
        )
        with subscriber:
            eventually(lambda: subscriptions.granted == {"a/#"})
            mosquitto.publish("a/1", "yes")
            assert [payload_of(message) for message in inbox.collect(1, 20)] == [b"yes"]


def test_many_filters_go_in_several_packets(mosquitto: MosquittoServer, tmp_path: Path) -> None:
    sites = [f"iot/v1/s{number}/+/telemetry" for number in range(501)]
    with remembered(mosquitto.url, tmp_path, *sites) as opened:
        mosquitto.publish("iot/v1/s500/P-1/telemetry", "yes")
        assert payload_of(opened.receive()) == b"yes"
        assert opened.subscriptions.granted == set(sites)


def test_a_broker_that_has_forgotten_us_is_asked_for_all_again(mosquitto: MosquittoServer, tmp_path: Path) -> None:
    with remembered(mosquitto.url, tmp_path, "a/#"):
        pass
    mosquitto.stop()
    (mosquitto.folder / "mosquitto.db").unlink()
    mosquitto.start()
    with remembered(mosquitto.url, tmp_path, "a/#") as opened:
        assert opened.subscriptions.sessions_begun == 1
        mosquitto.publish("a/1", "yes")
        assert payload_of(opened.receive()) == b"yes"
