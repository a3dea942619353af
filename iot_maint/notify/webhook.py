"""Order events by webhook: one signed POST each, to whatever system the site already has."""

import hashlib
import hmac
import logging
from collections.abc import Callable, Mapping
from datetime import timedelta
from types import TracebackType
from typing import Self

import httpx
import msgspec

from iot_maint.domain.errors import BrokenSetting, StoreRefused, StoreUnavailable
from iot_maint.domain.json_value import JsonObject
from iot_maint.domain.outbox import Delivery, OrderEvent
from iot_maint.domain.ports import Clock
from iot_maint.domain.retry_after import retry_after

CONNECT_TIMEOUT = timedelta(seconds=5)
TIMEOUT = timedelta(seconds=10)
_ASK_AGAIN = frozenset({408, 425, 429})


class WebhookNotifier:
    """An `OrderNotifier` over HTTP.  Any 2xx answer is a receipt; the answer's body is never read.

    The `Delivery` header stays the same over retries, so a receiver can drop what it has seen.  `timestamp` and
    signature are of the moment of sending, by `clock` (real time).  `render` gives the work order as it stands then.
    """

    def __init__(
        self,
        url: str,
        secret: str | None,
        render: Callable[[OrderEvent], JsonObject],
        clock: Clock,
        *,
        connect_timeout: timedelta = CONNECT_TIMEOUT,
        timeout: timedelta = TIMEOUT,
    ) -> None:
        self._url = _parse(url)
        self._secret = secret.encode() if secret else None
        self._render = render
        self._clock = clock
        self._client = httpx.Client(
            timeout=httpx.Timeout(timeout.total_seconds(), connect=connect_timeout.total_seconds()),
            # A signed order goes where the setting says and nowhere else.
            follow_redirects=False,
        )
        # httpx logs the whole address of every request, and a webhook's address often is its key.
        logging.getLogger("httpx").setLevel(logging.WARNING)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def deliver(self, delivery: Delivery) -> timedelta | None:
        """`None` when it arrived; the wait when the receiver is busy and names one."""
        event = delivery.event
        body = msgspec.json.encode(
            {"id": event.id, "event": event.event, "at": event.at.isoformat(), "work_order": self._render(event)}
        )
        headers = self._headers(event, body)
        try:
            # The very bytes that were signed; the receiver's answer may be endless, so only its head is waited for.
            with self._client.stream("POST", self._url, content=body, headers=headers) as answer:
                return _meaning(answer.status_code, answer.headers, self._url.host)
        except httpx.HTTPError as error:
            raise StoreUnavailable(f"webhook {self._url.host}: {type(error).__name__}: {error}") from error

    def _headers(self, event: OrderEvent, body: bytes) -> dict[str, str]:
        timestamp = str(int(self._clock.now().timestamp()))
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "X-Iot-Maint-Event": event.event,
            "X-Iot-Maint-Delivery": event.id,
            "X-Iot-Maint-Timestamp": timestamp,
        }
        if self._secret is not None:
            signed = timestamp.encode() + b"." + body
            headers["X-Iot-Maint-Signature"] = f"v1={hmac.new(self._secret, signed, hashlib.sha256).hexdigest()}"
        return headers


def _meaning(status: int, headers: Mapping[str, str], host: str) -> timedelta | None:
    if 200 <= status < 300:
        return None
    answer = f"webhook {host} answered {status}"
    if status < 500 and status not in _ASK_AGAIN:
        raise StoreRefused(status, f"{answer}; redirects are not followed" if status < 400 else answer)
    wait = retry_after(headers)
    if wait is None:
        raise StoreUnavailable(answer)
    return wait


def _parse(url: str) -> httpx.URL:
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        parsed = httpx.URL()
    if parsed.scheme not in {"http", "https"} or not parsed.host:
        raise BrokenSetting("IOT_MAINT_WEBHOOK_URL: not an address of the form https://host/path")
    return parsed
