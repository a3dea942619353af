"""The outbox: every event to every channel, in each order's own order."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from iot_maint.domain.outbox import Channel, Delivery, OrderEvent
from iot_maint.storage.relational.database import RelationalDatabase
from tests.builders import T0

MINUTE = timedelta(minutes=1)
BOTH = tuple(Channel)


def an_event(event_id: str, order: str = "WO-1") -> OrderEvent:
    return OrderEvent(id=event_id, event="opened", order=order, at=T0, details={"site": "s1", "urgency": "2"})


def add(database: RelationalDatabase, *events: OrderEvent, channels: Sequence[Channel] = (Channel.WEBHOOK,)) -> None:
    with database.transaction() as repositories:
        for event in events:
            repositories.outbox.add(event, channels)


def due(database: RelationalDatabase, after: timedelta = timedelta(), limit: int = 10) -> list[Delivery]:
    with database.transaction() as repositories:
        return repositories.outbox.due(T0 + after, limit)


def update(database: RelationalDatabase, delivery: Delivery) -> None:
    with database.transaction() as repositories:
        repositories.outbox.update(delivery)


def ids(deliveries: Sequence[Delivery]) -> list[str]:
    return [one.event.id for one in deliveries]


def test_an_event_is_due_once_on_each_channel(database: RelationalDatabase) -> None:
    add(database, an_event("e1"), channels=BOTH)
    add(database, an_event("e1"), channels=BOTH)

    waiting = due(database)

    assert [(one.channel, one.event, one.attempts, one.due_at) for one in waiting] == [
        (channel, an_event("e1"), 0, T0) for channel in BOTH
    ]
    assert due(database, limit=1) == waiting[:1]
    with database.reading() as repositories:
        assert repositories.outbox.depth() == 2


def test_a_first_attempt_waits_for_no_clock_and_a_second_one_does(database: RelationalDatabase) -> None:
    add(database, an_event("e1"))
    [first] = due(database, -MINUTE)

    update(database, replace(first, attempts=1))

    assert due(database, -MINUTE) == []
    assert ids(due(database)) == ["e1"]


def test_one_channel_can_be_asked_for_alone(database: RelationalDatabase) -> None:
    add(database, an_event("e1"), channels=BOTH)

    with database.transaction() as repositories:
        assert [one.channel for one in repositories.outbox.due(T0, 10, Channel.WEBHOOK)] == [Channel.WEBHOOK]


def test_an_event_without_channels_goes_nowhere(database: RelationalDatabase) -> None:
    add(database, an_event("e1"), channels=())

    assert due(database) == []


def test_a_delivered_event_is_due_no_more(database: RelationalDatabase) -> None:
    add(database, an_event("e1"), an_event("e2", order="WO-2"))
    first, second = due(database)

    update(database, replace(first, attempts=1, delivered_at=T0))

    assert due(database) == [second]
    with database.reading() as repositories:
        assert repositories.outbox.depth() == 1


def test_a_failed_event_waits_and_holds_back_the_later_ones_of_its_order_alone(database: RelationalDatabase) -> None:
    add(database, an_event("e1"), an_event("e2"), an_event("e3", order="WO-2"))
    first = due(database)[0]
    failed = replace(first, attempts=1, due_at=T0 + 5 * MINUTE, last_error="503")
    update(database, failed)

    assert ids(due(database, MINUTE)) == ["e3"]
    assert due(database, 5 * MINUTE)[0] == failed

    update(database, replace(failed, delivered_at=T0))
    assert ids(due(database, 5 * MINUTE)) == ["e2", "e3"]


def test_a_channel_that_fails_holds_back_no_other(database: RelationalDatabase) -> None:
    add(database, an_event("e1"), an_event("e2"), channels=BOTH)
    telemetry, webhook = due(database)
    update(database, replace(webhook, attempts=1, due_at=T0 + MINUTE))
    update(database, replace(telemetry, delivered_at=T0))

    assert [(one.event.id, one.channel) for one in due(database)] == [("e2", Channel.TELEMETRY)]


def test_a_dead_letter_is_visible_and_lets_the_next_one_pass(database: RelationalDatabase) -> None:
    add(database, an_event("e1"), an_event("e2"))
    dead = replace(due(database)[0], attempts=9, last_error="410 gone", dead_at=T0)
    update(database, dead)

    assert ids(due(database)) == ["e2"]
    with database.reading() as repositories:
        assert repositories.outbox.dead(10) == [dead]
        assert repositories.outbox.depth() == 1


def test_an_event_of_a_transaction_that_failed_never_goes_out(database: RelationalDatabase) -> None:
    def add_and_fail() -> None:
        with database.transaction() as repositories:
            repositories.outbox.add(an_event("e1"), BOTH)
            raise RuntimeError("crash")

    with pytest.raises(RuntimeError, match="crash"):
        add_and_fail()

    assert due(database) == []
