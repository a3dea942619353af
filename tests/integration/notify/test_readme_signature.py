"""The README's check of a webhook's signature against what the service really sends."""

import runpy
import secrets
from datetime import UTC, datetime
from pathlib import Path

from iot_maint.clock import ReplayClock
from iot_maint.domain.json_value import JsonObject
from iot_maint.domain.outbox import Channel, Delivery, OrderEvent
from iot_maint.notify.webhook import WebhookNotifier
from tests.documents import READMES, blocks
from tests.receivers import receiving

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
EVENT = OrderEvent(id="0f" * 16, event="opened", order="WO-20260102-0001", at=NOW, details={"urgency": "2"})


def render(event: OrderEvent) -> JsonObject:
    return {"number": event.order, "title": "1号泵：轴承劣化"}


def test_the_documented_check_accepts_the_service_and_nobody_else(tmp_path: Path) -> None:
    (example,) = blocks(READMES[0], "python")
    program = tmp_path / "example.py"
    program.write_text(example, "utf-8")
    is_genuine = runpy.run_path(str(program))["is_genuine"]
    secret = secrets.token_hex(16)
    delivery = Delivery(id=7, channel=Channel.WEBHOOK, event=EVENT, attempts=1, due_at=NOW)
    with receiving() as receiver:
        url, clock = receiver.url, ReplayClock(NOW)
        with WebhookNotifier(url, secret, render, clock) as notifier:
            notifier.deliver(delivery)

    [request] = receiver.requests
    assert is_genuine(secret, request.headers, request.body)
    assert not is_genuine(secrets.token_hex(16), request.headers, request.body)
    assert not is_genuine(secret, request.headers, request.body + b" ")
