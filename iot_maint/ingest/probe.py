"""One real round trip to the broker, beside the service's own session: connect, subscribe, publish nothing."""

import re
from collections.abc import Sequence
from threading import Event

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from iot_maint.domain.errors import StoreRefused, StoreUnavailable
from iot_maint.ingest.broker_url import BrokerAddress
from iot_maint.ingest.mqtt import TELEMETRY

WITHIN_S = 5.0
NOT_AUTHORISED = 401
_ALERT = re.compile(r"\[SSL: (\w+)\]")


def probe_broker(address: BrokerAddress, client_id: str, topic_filters: Sequence[str] = (TELEMETRY,)) -> None:
    """`StoreUnavailable` when no broker answers there, `StoreRefused` when it refuses us or a subscription."""
    client = paho.Client(
        CallbackAPIVersion.VERSION2, client_id=client_id, clean_session=True, protocol=MQTTProtocolVersion.MQTTv311
    )
    if address.username is not None:
        client.username_pw_set(address.username, address.password)
    if (context := address.tls_context()) is not None:
        client.tls_set_context(context)
    done = Event()
    refusals: list[str] = []
    alerts = [""]

    def on_connect(
        connected: paho.Client,
        _userdata: object,
        _flags: paho.ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            refusals.append(f"the broker refuses the connection: {reason}")
            done.set()
        elif not topic_filters:
            done.set()
        else:
            connected.subscribe([(topic, 1) for topic in topic_filters])

    def on_subscribe(
        _client: paho.Client,
        _userdata: object,
        _mid: int,
        reasons: list[ReasonCode],
        _properties: Properties | None,
    ) -> None:
        refusals.extend(
            f"no right to subscribe to {topic}: {reason}"
            for topic, reason in zip(topic_filters, reasons, strict=False)
            if reason.is_failure
        )
        done.set()

    def on_disconnect(
        _client: paho.Client,
        _userdata: object,
        _flags: paho.DisconnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            refusals.append(f"the broker {address.explain_refusal(alerts[-1])}")
            done.set()

    def on_log(_client: paho.Client, _userdata: object, _level: int, text: str) -> None:
        # What TLS 1.3 says against a client certificate comes only here: the handshake was over long before.
        alerts.extend(_ALERT.findall(text))

    client.on_connect = on_connect
    client.on_subscribe = on_subscribe
    client.on_disconnect = on_disconnect
    client.on_log = on_log
    try:
        client.connect(address.host, address.port, keepalive=10)
    except (OSError, ValueError) as error:
        raise StoreUnavailable(
            f"no broker answers at {address} ({address.explain(error)}): start it, or mend IOT_MAINT_MQTT_URL"
        ) from None
    if client.loop_start() is not MQTTErrorCode.MQTT_ERR_SUCCESS:
        raise StoreUnavailable(f"cannot watch the connection to {address}")
    try:
        answered = done.wait(WITHIN_S)
    finally:
        client.disconnect()
        client.loop_stop()
    if refusals:
        raise StoreRefused(NOT_AUTHORISED, refusals[0])
    if not answered:
        raise StoreUnavailable(f"{address} accepts connections but does not answer as a broker within {WITHIN_S:g} s")
