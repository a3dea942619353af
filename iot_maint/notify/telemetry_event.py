"""Order events as points of `work_order_event`, for the annotations of dashboards."""

from collections.abc import Callable
from datetime import timedelta

from iot_maint.domain.errors import StoreRefused, StoreUnavailable
from iot_maint.domain.instants import epoch_ms
from iot_maint.domain.json_value import JsonObject
from iot_maint.domain.outbox import Delivery, OrderEvent
from iot_maint.domain.ports import TelemetryStore
from iot_maint.domain.telemetry import Point

MEASUREMENT = "work_order_event"
_VERDICT = "verdict"  # of an order that has ended
_TAGS = ("site", "equipment", "fault_mode", "urgency")
# The store says no to the installation, not to this event: a token or a bucket that somebody will mend.
_SETUP_REFUSALS = frozenset({401, 403, 404})


def event_point(event: OrderEvent, title: str) -> Point:
    """The event as a point, at the event's own time in ms.

    Two events share a point only when site, equipment, fault mode, urgency, event and millisecond are all the same:
    two rules that add evidence to one order at one reading.  Number and title are then the same too, so the one
    mark that is drawn is true of both; the order's timeline, not this point, is the record.
    """
    tags = {name: event.details.get(name, "") for name in _TAGS}
    verdict = {_VERDICT: event.details[_VERDICT]} if _VERDICT in event.details else {}
    return Point(
        measurement=MEASUREMENT,
        tags={**tags, "event": event.event},
        at_ms=epoch_ms(event.at),
        fields={"number": event.order, "title": title, **verdict},
    )


class TelemetryEventNotifier:
    """An `OrderNotifier` into the telemetry store.  Writing the same event again is harmless."""

    def __init__(self, store: TelemetryStore, render: Callable[[OrderEvent], JsonObject]) -> None:
        self._store = store
        self._render = render

    def deliver(self, delivery: Delivery) -> timedelta | None:
        """`None` when it is stored; the wait when the store names one."""
        event = delivery.event
        title = self._render(event).get("title")
        point = event_point(event, title if isinstance(title, str) and title else event.order)
        try:
            self._store.write([point])
        except StoreUnavailable as error:
            if error.retry_after is None:
                raise
            return error.retry_after
        except StoreRefused as error:
            if error.status in _SETUP_REFUSALS:
                raise StoreUnavailable(str(error)) from error
            raise
        return None
