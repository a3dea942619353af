"""The connection to the broker: a persistent session whose messages are acknowledged only when somebody says so.

MQTT 3.1.1, QoS 1, clean session off, manual acknowledgement: what is not acknowledged is delivered again.
"""

import sys
import threading
import time
from collections.abc import Callable, Iterable
from typing import Self

import paho.mqtt.client as paho
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from iot_maint.domain.instants import epoch_ms
from iot_maint.domain.ports import Clock, Meter
from iot_maint.ingest.broker_url import BrokerAddress
from iot_maint.ingest.fast_paho import FastClient, make_client
from iot_maint.ingest.inbox import QOS_1, RETAIN, Arrivals, Inbox, Packet
from iot_maint.ingest.quiet_log import quiet_logger
from iot_maint.ingest.subscriptions import SessionWatcher, Subscriptions

TELEMETRY = "iot/v1/+/+/telemetry"
_KEEPALIVE_S = 30
_RECONNECT_FIRST_S = 1
_RECONNECT_MOST_S = 10
_CLOSE_WITHIN_S = 5.0
# A connection that lasts no longer, so many times in a row, is most likely taken from us by somebody of our name.
_SHORT_S = 60.0
_SHORT_LIVES = 3
_UNREADABLE_TOPIC = b"\xff"  # as little UTF-8 as it was

logger = quiet_logger(__name__)


class Subscriber:
    """Puts what the broker sends into an inbox; connected, and connecting again, within `with`.

    Its thread only queues: a full inbox stops the reading of the socket, and so the broker.  `on_session_begun` is
    called there when the broker knew no session of ours, so that messages may have been lost.
    """

    def __init__(
        self,
        *,
        address: BrokerAddress,
        client_id: str,
        inbox: Inbox,
        clock: Clock,
        meter: Meter,
        subscriptions: Subscriptions | None = None,
        watcher: SessionWatcher | None = None,
        on_session_begun: Callable[[], None] = lambda: None,
    ) -> None:
        """Subscribes to `subscriptions`, or to telemetry of all sites; `watcher` hears when a connection begins."""
        self._address = address
        self._inbox = inbox
        self._clock = clock
        self._meter = meter
        self._subscriptions = subscriptions or Subscriptions((TELEMETRY,))
        self._watcher = watcher
        self._on_session_begun = on_session_begun
        # The number of the present connection. The broker uses a message's id again on the next one, so that an
        # acknowledgement that comes late would there acknowledge another message, one that nobody stored.
        self._connection = 0
        self._acknowledging = threading.Lock()
        self._connected = False
        self._trouble = "no answer yet"
        self._client_id = client_id
        self._accepted_at: float | None = None
        self._short_lives = 0
        self._thread: threading.Thread | None = None
        self._client = self._make_client(client_id)

    def __enter__(self) -> Self:
        self._client.connect_async(self._address.host, self._address.port, keepalive=_KEEPALIVE_S)
        self._client.loop_start()
        return self

    def __exit__(self, *_: object) -> None:
        # The inbox first: the network thread may be waiting for room in it.
        self._inbox.close()
        self._client.disconnect()
        # A broker that no longer answers must not hold up the end of the process.
        closer = threading.Thread(target=self._client.loop_stop, name="mqtt-close", daemon=True)
        closer.start()
        closer.join(_CLOSE_WITHIN_S)

    @property
    def connected(self) -> bool:
        """Whether the broker has accepted us and our subscriptions."""
        return self._connected

    @property
    def trouble(self) -> str:
        """Why we are not connected, as far as is known; one line."""
        return f"broker {self._address}: {self._trouble}"

    @property
    def alive(self) -> bool:
        """Whether the network thread runs, or has not begun yet."""
        return self._thread is None or self._thread.is_alive()

    def acknowledge(self, arrivals: Iterable[Arrivals]) -> None:
        """Tell the broker that these are safe; those of an earlier connection it will send again, so not them."""
        with self._acknowledging:
            mids = [
                mid
                for one in arrivals
                if one.connection == self._connection
                for _, _, header, mid in one.packets
                if header & QOS_1
            ]
            if isinstance(self._client, FastClient):
                self._client.ack_all(mids)
            else:
                for mid in mids:
                    self._client.ack(mid, 1)

    def publish(self, topic: str, payload: bytes) -> None:
        """Send it once to whoever listens now; without a connection it is lost."""
        self._client.publish(topic, payload, qos=0)

    def _make_client(self, client_id: str) -> paho.Client:
        client = make_client(client_id, clean_session=False, manual_ack=True)
        if isinstance(client, FastClient):
            client.on_publishes = self._on_publishes
        if self._address.username is not None:
            client.username_pw_set(self._address.username, self._address.password)
        if (context := self._address.tls_context()) is not None:
            client.tls_set_context(context)
        client.reconnect_delay_set(_RECONNECT_FIRST_S, _RECONNECT_MOST_S)
        client.on_pre_connect = self._on_pre_connect
        client.on_connect = self._on_connect
        client.on_connect_fail = self._on_connect_fail
        client.on_subscribe = self._on_subscribe
        client.on_unsubscribe = self._on_unsubscribe
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        return client

    def _on_pre_connect(self, _client: paho.Client, _userdata: object) -> None:
        self._thread = threading.current_thread()
        self._begin_connection()

    def _on_connect(
        self,
        client: paho.Client,
        _userdata: object,
        flags: paho.ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            self._trouble = f"refuses the connection: {reason}"
            logger.error("broker %s refuses the connection: %s", self._address, reason)
            return
        self._accepted_at = time.monotonic()
        # Before anything that the new connection brings is looked at.
        if self._watcher is not None:
            self._watcher.note_connected(kept=flags.session_present, at_ms=epoch_ms(self._clock.now()))
        if not flags.session_present:
            self._on_session_begun()
        # Subscribe here: a reconnect may find a broker that has lost the session.
        self._subscriptions.begin(client, kept=flags.session_present)
        self._set_connected(self._subscriptions.complete)
        session = "kept its session" if flags.session_present else "began a session"
        logger.info("connected to broker %s, which %s", self._address, session)

    def _on_connect_fail(self, _client: paho.Client, _userdata: object) -> None:
        self._short_lives = 0  # it was away: no namesake explains that
        # paho calls this where it has caught the reason, and keeps that to itself.
        why = self._address.explain(sys.exception())
        logger.warning("broker %s cannot be reached: %s; trying on", self._address, why)
        self._trouble = f"cannot be reached: {why}"

    def _on_subscribe(
        self,
        _client: paho.Client,
        _userdata: object,
        mid: int,
        reasons: list[ReasonCode],
        _properties: Properties | None,
    ) -> None:
        for topic in self._subscriptions.note_answer(mid, [not reason.is_failure for reason in reasons]):
            self._trouble = f"refuses the subscription to {topic}: check its ACL"
            logger.error("broker %s refuses the subscription to %s: check its ACL", self._address, topic)
        self._set_connected(self._subscriptions.complete)

    def _on_unsubscribe(
        self,
        _client: paho.Client,
        _userdata: object,
        mid: int,
        _reasons: list[ReasonCode],
        _properties: Properties | None,
    ) -> None:
        self._subscriptions.note_left(mid)

    def _on_disconnect(
        self,
        _client: paho.Client,
        _userdata: object,
        _flags: paho.DisconnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        self._begin_connection()
        self._subscriptions.end()
        if self._watcher is not None:
            self._watcher.note_disconnected()
        if self._connected and reason.is_failure:
            self._trouble = f"connection lost: {reason}"
            logger.warning("connection to broker %s lost: %s", self._address, reason)
        elif reason.is_failure:
            self._trouble = self._address.explain_refusal()
            logger.warning("broker %s %s; trying on", self._address, self._trouble)
        if reason.is_failure:
            self._suspect_namesake()
        self._set_connected(False)

    def _suspect_namesake(self) -> None:
        """MQTT 3.1.1 does not say why a broker closes a connection; that it does so again and again, says something."""
        accepted_at, self._accepted_at = self._accepted_at, None
        if accepted_at is None:
            return
        self._short_lives = self._short_lives + 1 if time.monotonic() - accepted_at < _SHORT_S else 0
        if self._short_lives >= _SHORT_LIVES:
            logger.warning(
                "broker %s ends every connection soon after it began: is there another client with the id %s? "
                "It takes our messages from us; stop it, or give it another name",
                self._address,
                self._client_id,
            )

    def _on_message(self, _client: paho.Client, _userdata: object, message: paho.MQTTMessage) -> None:
        """What comes one by one: from paho's own client."""
        try:
            topic = message.topic.encode()
        except UnicodeDecodeError:
            topic = _UNREADABLE_TOPIC
        header = (QOS_1 if message.qos else 0) | (RETAIN if message.retain else 0)
        self._on_publishes([(topic, bytes(message.payload), header, message.mid)], len(topic) + len(message.payload))

    def _on_publishes(self, publishes: list[Packet], size: int) -> None:
        """Here is where the network thread waits while the inbox is full."""
        self._inbox.put(Arrivals(publishes, self._connection, epoch_ms(self._clock.now()), size))

    def _begin_connection(self) -> None:
        """From here on, acknowledgements of earlier messages go nowhere."""
        with self._acknowledging:
            self._connection += 1

    def _set_connected(self, connected: bool) -> None:
        self._connected = connected
        self._meter.set("broker_connected", 1.0 if connected else 0.0)
