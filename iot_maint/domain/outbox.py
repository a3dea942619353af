"""Order events on their way out: written with the order, delivered later, at least once, each by its own id."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Channel(StrEnum):
    """Where an event goes."""

    TELEMETRY = "telemetry"
    WEBHOOK = "webhook"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderEvent:
    """One event of one order.  `id` is unique and the same over retries; `details` are codes and values."""

    id: str
    event: str
    order: str
    at: datetime
    details: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """An event for one channel, with what was tried so far."""

    id: int
    channel: Channel
    event: OrderEvent
    attempts: int
    due_at: datetime
    last_error: str | None = None
    delivered_at: datetime | None = None
    dead_at: datetime | None = None
