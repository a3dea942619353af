"""The outbox over a real database to a real HTTP server: at least once, in order, and never for ever."""

import logging
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from iot_maint.clock import ReplayClock
from iot_maint.domain.errors import StoreUnavailable
from iot_maint.domain.outbox import Channel, Delivery, OrderEvent
from iot_maint.domain.ports import Database, OrderNotifier
from iot_maint.metering import PrometheusMeter
from iot_maint.notify.webhook import WebhookNotifier
from iot_maint.services.delivery import AT_A_STRETCH, ATTEMPTS, FIRST_WAIT, LEASE, deliver_due
from iot_maint.storage.relational.database import open_database
from tests.migrated import a_database
from tests.receivers import Answer, Receiver, receiving

NOW = datetime(2026, 1, 2, 3, 0, tzinfo=UTC)


class Desk:
    """One outbox, one webhook, and a clock that only the test moves."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = ReplayClock(NOW)
        self.meter = PrometheusMeter()

    def announce(self, *events: tuple[str, str], channels: tuple[Channel, ...] = (Channel.WEBHOOK,)) -> None:
        with self.database.transaction() as repositories:
            for number, event_id in events:
                event = OrderEvent(id=event_id, event="opened", order=number, at=NOW, details={})
                repositories.outbox.add(event, channels)

    def deliver(self, notifier: OrderNotifier, channel: Channel = Channel.WEBHOOK) -> int:
        return deliver_due(self.database, {channel: notifier}, self.clock, random.SystemRandom(), self.meter)

    def deliver_to(self, receiver: Receiver) -> int:
        with WebhookNotifier(receiver.url, "s", lambda event: {"number": event.order}, self.clock) as notifier:
            return self.deliver(notifier)

    def wait(self, span: timedelta) -> None:
        self.clock.advance(self.clock.now() + span)

    def dead(self) -> list[Delivery]:
        with self.database.reading() as repositories:
            return repositories.outbox.dead(10)

    def counted(self, outcome: str, channel: Channel = Channel.WEBHOOK) -> float:
        labels = {"channel": channel.value, "outcome": outcome}
        return self.meter.registry.get_sample_value("iot_maint_deliveries_total", labels) or 0

    def depth(self) -> float | None:
        return self.meter.registry.get_sample_value("iot_maint_outbox_depth")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_database(a_database(tmp_path)) as database:
        yield Desk(database)


def ids_at(receiver: Receiver) -> list[str]:
    return [request.headers["X-Iot-Maint-Delivery"] for request in receiver.requests]


def test_every_event_arrives_once_and_the_outbox_is_empty(desk: Desk) -> None:
    desk.announce(("WO-1", "a"), ("WO-2", "b"), ("WO-1", "c"))
    with receiving() as receiver:
        assert desk.deliver_to(receiver) == 3
        assert desk.deliver_to(receiver) == 0

    assert ids_at(receiver) == ["a", "b", "c"]
    assert desk.counted("delivered") == 3
    assert desk.depth() == 0


def test_after_a_500_the_same_delivery_comes_again_later_and_succeeds(desk: Desk) -> None:
    desk.announce(("WO-1", "a"))
    with receiving(Answer(status=500), Answer()) as receiver:
        assert desk.deliver_to(receiver) == 0
        assert (desk.counted("delayed"), desk.depth()) == (1, 1)
        desk.wait(FIRST_WAIT)
        assert desk.deliver_to(receiver) == 1

    assert ids_at(receiver) == ["a", "a"]


def test_a_refusal_ends_the_delivery_at_once_and_lets_the_next_event_pass(desk: Desk) -> None:
    desk.announce(("WO-1", "a"), ("WO-1", "b"))
    with receiving(Answer(status=400), Answer()) as receiver:
        assert desk.deliver_to(receiver) == 1
        desk.wait(timedelta(days=30))
        assert desk.deliver_to(receiver) == 0

    assert ids_at(receiver) == ["a", "b"]
    [dead] = desk.dead()
    assert (dead.event.id, dead.attempts, dead.dead_at) == ("a", 1, NOW)
    assert "400" in (dead.last_error or "")
    assert desk.counted("dead") == 1


def test_a_wait_that_the_receiver_names_is_kept(desk: Desk) -> None:
    desk.announce(("WO-1", "a"))
    with receiving(Answer(status=429, headers={"Retry-After": "600"}), Answer()) as receiver:
        desk.deliver_to(receiver)
        desk.wait(timedelta(seconds=599))
        assert desk.deliver_to(receiver) == 0
        desk.wait(timedelta(seconds=1))
        assert desk.deliver_to(receiver) == 1


def test_a_receiver_that_stays_broken_is_given_up_after_about_a_day(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.announce(("WO-1", "a"))
    hours = 0
    with receiving(Answer(status=503)) as receiver:
        while not desk.dead():
            desk.deliver_to(receiver)
            desk.wait(timedelta(hours=1))
            hours += 1

    assert len(receiver.requests) == ATTEMPTS
    assert hours <= 48
    assert desk.dead()[0].last_error is not None
    [given_up] = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert "WO-1" in given_up.getMessage()


def test_a_later_event_of_an_order_waits_for_the_earlier_one_and_other_orders_do_not(desk: Desk) -> None:
    desk.announce(("WO-1", "a"), ("WO-1", "b"), ("WO-2", "c"))
    with receiving(Answer(status=500), Answer()) as receiver:
        desk.deliver_to(receiver)
        # The same instant: "a" waits, so "b" does too.
        assert desk.deliver_to(receiver) in {1, 3}
        desk.wait(timedelta(hours=1))
        desk.deliver_to(receiver)

    arrived = ids_at(receiver)[1:]
    assert sorted(arrived) == ["a", "b", "c"]
    assert arrived.index("a") < arrived.index("b")


def test_a_receiver_that_is_away_is_asked_once_a_call_not_once_an_event(desk: Desk) -> None:
    desk.announce(*((f"WO-{number}", f"e{number}") for number in range(20)))
    with receiving(Answer(status=503)) as receiver:
        desk.deliver_to(receiver)

    assert len(receiver.requests) == 1


class Shelf:
    """Takes everything; `break_at` ends the process, as far as the outbox can tell, in the middle of that event."""

    def __init__(self, break_at: str = "") -> None:
        self.taken: list[str] = []
        self.break_at = break_at

    def deliver(self, delivery: Delivery) -> timedelta | None:
        if delivery.event.id == self.break_at:
            raise KeyboardInterrupt
        self.taken.append(delivery.event.id)
        return None


def test_a_channel_whose_receiver_hangs_delays_no_other(desk: Desk) -> None:
    class Hanging:
        def deliver(self, delivery: Delivery) -> timedelta | None:
            # While this one is under way, the other channel's job does its round.
            assert desk.deliver(shelf, Channel.TELEMETRY) == 2
            raise StoreUnavailable(f"no answer to {delivery.event.id}")

    shelf = Shelf()
    desk.announce(("WO-1", "a"), ("WO-2", "b"), channels=(Channel.WEBHOOK, Channel.TELEMETRY))
    desk.deliver(Hanging())

    assert shelf.taken == ["a", "b"]


def test_two_processes_do_not_deliver_the_same_event(desk: Desk) -> None:
    class Slow(Shelf):
        def deliver(self, delivery: Delivery) -> timedelta | None:
            desk.deliver(other)
            return super().deliver(delivery)

    slow, other = Slow(), Shelf()
    desk.announce(("WO-1", "a"), ("WO-2", "b"))
    desk.deliver(slow)

    assert (slow.taken, other.taken) == (["a"], ["b"])


def test_an_event_whose_process_died_is_delivered_again_after_its_lease(desk: Desk) -> None:
    desk.announce(("WO-1", "a"), ("WO-1", "b"))
    with pytest.raises(KeyboardInterrupt):
        desk.deliver(Shelf(break_at="a"))

    shelf = Shelf()
    assert desk.deliver(shelf) == 0
    desk.wait(LEASE)
    assert desk.deliver(shelf) == 2
    assert shelf.taken == ["a", "b"]


def test_an_event_that_ends_every_process_is_given_up_in_the_end(desk: Desk) -> None:
    desk.announce(("WO-1", "a"), ("WO-1", "b"))
    for _ in range(ATTEMPTS):
        with pytest.raises(KeyboardInterrupt):
            desk.deliver(Shelf(break_at="a"))
        desk.wait(LEASE)

    shelf = Shelf(break_at="a")
    assert desk.deliver(shelf) == 1
    assert shelf.taken == ["b"]
    assert [delivery.event.id for delivery in desk.dead()] == ["a"]


def test_an_event_is_due_at_once_though_its_device_is_ahead_of_us(desk: Desk) -> None:
    desk.announce(("WO-1", "a"))
    desk.clock = ReplayClock(NOW - timedelta(hours=1))

    assert desk.deliver(Shelf()) == 1


def test_a_long_backlog_is_delivered_a_stretch_at_a_time(desk: Desk) -> None:
    """So that a process which is asked to end need not deliver all of it first."""

    class Slow:
        def deliver(self, _delivery: Delivery) -> None:
            desk.wait(AT_A_STRETCH / 2)

    desk.announce(("WO-1", "a"), ("WO-2", "b"), ("WO-3", "c"))
    assert [desk.deliver(Slow()), desk.deliver(Slow())] == [2, 1]
