"""The webhook against a real HTTP server, with the receiver's own reading of the contract."""

import hashlib
import hmac
import json
import logging
import secrets
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from iot_maint.clock import ReplayClock
from iot_maint.domain.errors import BrokenSetting, StoreRefused, StoreUnavailable
from iot_maint.domain.json_value import JsonObject
from iot_maint.domain.outbox import Channel, Delivery, OrderEvent
from iot_maint.notify.webhook import WebhookNotifier
from tests.receivers import Answer, Receiver, receiving
from tests.servers.processes import free_port

NOW = datetime(2026, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC)
SECRET = secrets.token_hex(16)
EVENT = OrderEvent(
    id="0f" * 16, event="opened", order="WO-20260102-0001", at=NOW - timedelta(minutes=1), details={"urgency": "2"}
)
DELIVERY = Delivery(id=7, channel=Channel.WEBHOOK, event=EVENT, attempts=1, due_at=NOW)


def render(event: OrderEvent) -> JsonObject:
    return {"number": event.order, "title": "1号泵：轴承过热 😀", "evidence": [{"value": 84.25}]}


def notifier_to(url: str, secret: str | None = SECRET) -> WebhookNotifier:
    return WebhookNotifier(url, secret, render, ReplayClock(NOW), timeout=timedelta(seconds=2))


def deliver_to(receiver: Receiver) -> timedelta | None:
    with notifier_to(receiver.url) as notifier:
        return notifier.deliver(DELIVERY)


def test_an_order_event_arrives_as_the_contract_says() -> None:
    with receiving() as receiver:
        assert deliver_to(receiver) is None

    [request] = receiver.requests
    assert request.path == "/orders"
    assert request.headers["Content-Type"].startswith("application/json")
    assert request.headers["X-Iot-Maint-Event"] == "opened"
    assert request.headers["X-Iot-Maint-Delivery"] == EVENT.id
    assert request.headers["X-Iot-Maint-Timestamp"] == str(int(NOW.timestamp()))
    assert json.loads(request.body) == {
        "id": EVENT.id,
        "event": "opened",
        "at": "2026-01-02T03:03:05.678000+00:00",
        "work_order": {"number": EVENT.order, "title": "1号泵：轴承过热 😀", "evidence": [{"value": 84.25}]},
    }


def test_a_receiver_can_verify_the_signature_over_timestamp_and_body() -> None:
    with receiving() as receiver:
        deliver_to(receiver)

    [request] = receiver.requests
    version, _, given = request.headers["X-Iot-Maint-Signature"].partition("=")
    signed = request.headers["X-Iot-Maint-Timestamp"].encode("ascii") + b"." + request.body
    assert version == "v1"
    assert given == hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()


def test_without_a_secret_nothing_is_signed() -> None:
    with receiving() as receiver, notifier_to(receiver.url, secret=None) as notifier:
        notifier.deliver(DELIVERY)

    assert "X-Iot-Maint-Signature" not in receiver.requests[0].headers


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_every_2xx_is_a_receipt(status: int) -> None:
    with receiving(Answer(status=status)) as receiver:
        assert deliver_to(receiver) is None


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503])
def test_a_busy_or_broken_receiver_is_asked_again(status: int) -> None:
    with receiving(Answer(status=status)) as receiver, pytest.raises(StoreUnavailable, match=str(status)):
        deliver_to(receiver)


@pytest.mark.parametrize("status", [429, 503])
def test_a_wait_that_the_receiver_names_is_handed_on(status: int) -> None:
    with receiving(Answer(status=status, headers={"Retry-After": "90"})) as receiver:
        assert deliver_to(receiver) == timedelta(seconds=90)


@pytest.mark.parametrize("status", [400, 401, 404, 410, 422])
def test_a_refusal_is_for_ever(status: int) -> None:
    with receiving(Answer(status=status)) as receiver, pytest.raises(StoreRefused) as refusal:
        deliver_to(receiver)
    assert refusal.value.status == status


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_signed_order_follows_no_redirect(status: int) -> None:
    with receiving() as elsewhere, receiving(Answer(status=status, headers={"Location": elsewhere.url})) as receiver:
        with pytest.raises(StoreRefused, match="redirect"):
            deliver_to(receiver)
        assert elsewhere.requests == []


def test_a_receiver_that_is_away_is_asked_again() -> None:
    with notifier_to(f"http://127.0.0.1:{free_port()}/") as notifier, pytest.raises(StoreUnavailable):
        notifier.deliver(DELIVERY)


def test_a_receiver_that_hangs_is_given_up_after_the_timeout() -> None:
    with receiving() as receiver:
        receiver.gate.clear()
        notifier = WebhookNotifier(receiver.url, SECRET, render, ReplayClock(NOW), timeout=timedelta(milliseconds=100))
        with notifier, pytest.raises(StoreUnavailable, match="Timeout"):
            notifier.deliver(DELIVERY)


def test_the_delivery_id_is_the_same_over_retries_and_the_signature_fresh() -> None:
    clock = ReplayClock(NOW)
    with (
        receiving(Answer(status=500), Answer()) as receiver,
        WebhookNotifier(receiver.url, SECRET, render, clock) as notifier,
    ):
        with pytest.raises(StoreUnavailable):
            notifier.deliver(DELIVERY)
        clock.advance(NOW + timedelta(minutes=1))
        notifier.deliver(replace(DELIVERY, attempts=2))

    first, second = receiver.requests
    assert first.headers["X-Iot-Maint-Delivery"] == second.headers["X-Iot-Maint-Delivery"]
    assert first.body == second.body
    assert first.headers["X-Iot-Maint-Timestamp"] != second.headers["X-Iot-Maint-Timestamp"]
    assert first.headers["X-Iot-Maint-Signature"] != second.headers["X-Iot-Maint-Signature"]


def test_neither_secret_nor_address_is_logged_or_told(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with (
        receiving(Answer(), Answer(status=400)) as receiver,
        notifier_to(f"{receiver.url}?key=hook-key") as notifier,
    ):
        notifier.deliver(DELIVERY)
        with pytest.raises(StoreRefused) as refusal:
            notifier.deliver(DELIVERY)

    told = f"{caplog.text} {refusal.value}"
    assert SECRET not in told
    assert "hook-key" not in told


@pytest.mark.parametrize("url", ["", "example.com/hook", "ftp://example.com", "https://", "http://[::1", "http://a:b/"])
def test_an_address_that_is_none_names_its_setting(url: str) -> None:
    with pytest.raises(BrokenSetting, match="IOT_MAINT_WEBHOOK_URL"):
        notifier_to(url)
