"""One real round trip to the broker, beside the service's own session: connect, subscribe, publish nothing."""

import ssl
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


def probe_broker(address: BrokerAddress, client_id: str, topic_filters: Sequence[str] = (TELEMETRY,)) -> None:
    """`StoreUnavailable` when no broker answers there, `StoreRefused` when it refuses us or a subscription."""
    client = paho.Client(
        CallbackAPIVersion.VERSION2, client_id=client_id, clean_session=True, protocol=MQTTProtocolVersion.MQTTv311
    )
    if address.username is not None:
        client.username_pw_set(address.username, address.password)
    if address.tls:
        client.tls_set_context(ssl.create_default_context())
    done = Event()
    refusals: list[str] = []

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

    client.on_connect = on_connect
    client.on_subscribe = on_subscribe
    try:
        client.connect(address.host, address.port, keepalive=10)
    except (OSError, ValueError) as error:
        raise StoreUnavailable(
            f"no broker answers at {address} ({error}): start it, or mend IOT_MAINT_MQTT_URL"
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
