"""The present, the service's own counters, and whoever is told of an order."""

from datetime import datetime, timedelta
from typing import Protocol

from iot_maint.domain.outbox import Delivery


class Clock(Protocol):
    """The one source of the present; may be accelerated."""

    def now(self) -> datetime:
        """The present, aware, in UTC."""
        ...


class Meter(Protocol):
    """The service's own counters; a name is declared once, in the adapter."""

    def count(self, name: str, amount: float = 1, **labels: str) -> None:
        """Add to a counter."""
        ...

    def set(self, name: str, value: float, **labels: str) -> None:
        """Set a gauge."""
        ...


class OrderNotifier(Protocol):
    """Takes one event somewhere; raises `StoreUnavailable` to be asked again, `StoreRefused` when it never will."""

    def deliver(self, delivery: Delivery) -> timedelta | None:
        """`None` when it arrived; a span when the receiver asked to wait that long."""
        ...
