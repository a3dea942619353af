"""Order events in the telemetry store, as the dashboards' annotations read them."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from iot_maint.domain.errors import StoreUnavailable
from iot_maint.domain.json_value import JsonObject
from iot_maint.domain.outbox import Channel, Delivery, OrderEvent
from iot_maint.domain.telemetry import Point
from iot_maint.notify.telemetry_event import TelemetryEventNotifier
from iot_maint.storage.telemetry import SqliteTelemetryStore, open_telemetry_store
from tests.receivers import Answer, receiving
from tests.servers.influxdb import InfluxdbBucket

AT = datetime(2026, 1, 2, 3, 4, 5, 123_000, tzinfo=UTC)
AT_MS = 1_767_323_045_123
EVENT = OrderEvent(
    id="0f" * 16,
    event="opened",
    order="WO-20260102-0001",
    at=AT,
    details={"site": "北区", "equipment": "P-01", "fault_mode": "bearing_wear", "urgency": "2", "status": "open"},
)
DELIVERY = Delivery(id=7, channel=Channel.TELEMETRY, event=EVENT, attempts=1, due_at=AT)


def render(event: OrderEvent) -> JsonObject:
    return {"number": event.order, "title": "一号泵：轴承磨损"}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteTelemetryStore]:
    opened = SqliteTelemetryStore(tmp_path / "telemetry.db")
    yield opened
    opened.close()


def test_an_event_is_a_point_at_its_own_millisecond(store: SqliteTelemetryStore) -> None:
    assert TelemetryEventNotifier(store, render).deliver(DELIVERY) is None

    assert store.read_events("work_order_event", AT_MS, AT_MS + 1) == [
        Point(
            measurement="work_order_event",
            tags={"site": "北区", "equipment": "P-01", "fault_mode": "bearing_wear", "urgency": "2", "event": "opened"},
            at_ms=AT_MS,
            fields={"number": "WO-20260102-0001", "title": "一号泵：轴承磨损"},
        )
    ]


def test_the_end_of_an_order_carries_its_verdict_and_a_mended_one_takes_its_place(store: SqliteTelemetryStore) -> None:
    notifier = TelemetryEventNotifier(store, render)
    for number, verdict in enumerate(("unjudged", "real_fault")):
        details = {**EVENT.details, "verdict": verdict}
        notifier.deliver(replace(DELIVERY, event=replace(EVENT, id=f"{number}f" * 16, event="close", details=details)))

    (end,) = store.read_events("work_order_event", AT_MS, AT_MS + 1)
    assert end.fields["verdict"] == "real_fault"


def test_a_retry_is_no_second_point_and_another_event_of_that_instant_is(store: SqliteTelemetryStore) -> None:
    notifier = TelemetryEventNotifier(store, render)
    for _ in range(2):
        notifier.deliver(DELIVERY)
    notifier.deliver(replace(DELIVERY, event=replace(EVENT, id="1f" * 16, event="urgency_raised")))

    found = store.read_events("work_order_event", AT_MS, AT_MS + 1)
    assert sorted(point.tags["event"] for point in found) == ["opened", "urgency_raised"]


def test_an_order_without_texts_is_called_by_its_number(store: SqliteTelemetryStore) -> None:
    TelemetryEventNotifier(store, lambda event: dict(event.details)).deliver(DELIVERY)

    [point] = store.read_events("work_order_event", AT_MS, AT_MS + 1)
    assert point.fields["title"] == "WO-20260102-0001"


def test_the_query_of_an_annotation_finds_it(influxdb: InfluxdbBucket) -> None:
    TelemetryEventNotifier(open_telemetry_store(influxdb.telemetry_url), render).deliver(DELIVERY)

    assert influxdb.query(
        'SELECT "title","number","equipment","urgency" FROM "work_order_event" WHERE "equipment" =~ /^P-01$/'
    ) == [
        {
            "measurement": "work_order_event",
            "time": AT_MS,
            "title": "一号泵：轴承磨损",
            "number": "WO-20260102-0001",
            "equipment": "P-01",
            "urgency": "2",
        }
    ]


def test_a_store_that_asks_for_time_is_given_it() -> None:
    with receiving(Answer(status=503, headers={"Retry-After": "9"})) as receiver:
        store = open_telemetry_store(f"influxdb://:t@{receiver.host}:{receiver.port}/o/b")
        assert TelemetryEventNotifier(store, render).deliver(DELIVERY) == timedelta(seconds=9)


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_token_that_expired_is_mended_by_somebody_so_the_event_waits(status: int) -> None:
    with receiving(Answer(status=status)) as receiver:
        store = open_telemetry_store(f"influxdb://:t@{receiver.host}:{receiver.port}/o/b")
        with pytest.raises(StoreUnavailable):
            TelemetryEventNotifier(store, render).deliver(DELIVERY)
