from collections.abc import Sequence
from threading import Event
from zoneinfo import ZoneInfo

import pytest

from iot_maint.clock import ReplayClock
from iot_maint.domain.errors import StoreUnavailable
from iot_maint.domain.telemetry import Telemetry
from iot_maint.ingest.decoders import canonical
from iot_maint.ingest.door import Door
from iot_maint.ingest.inbox import Arrivals, Inbox
from iot_maint.ingest.progress import Progress
from iot_maint.ingest.receiver import Receiver
from iot_maint.metering import PrometheusMeter
from tests.builders import T0
from tests.fakes import FaultySpool
from tests.ingest_builders import T0_MS, a_short_way, an_arrival, no_waiting


class Acknowledged(list[int]):
    """What was acknowledged, and how far the spool was at that moment."""

    def __init__(self, spool: FaultySpool) -> None:
        super().__init__()
        self._spool = spool
        self.spooled: list[int] = []

    def __call__(self, arrivals: Sequence[Arrivals]) -> None:
        self.extend(mid for one in arrivals for _, _, _, mid in one.packets)
        self.spooled.append(self._spool.last_number())


@pytest.fixture
def acknowledged(spool: FaultySpool) -> Acknowledged:
    return Acknowledged(spool)


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def progress() -> Progress:
    return Progress()


def reject_crashes(telemetry: Telemetry) -> None:
    if "crash" in telemetry.values:
        raise ZeroDivisionError("a fault of ours")


@pytest.fixture
def receiver(
    inbox: Inbox, spool: FaultySpool, acknowledged: Acknowledged, progress: Progress, meter: PrometheusMeter
) -> Receiver:
    return Receiver(
        inbox=inbox,
        short_way=a_short_way("vib_rms"),
        door=Door(canonical.decode, ZoneInfo("Asia/Shanghai"), reject_crashes),
        spool=spool,
        acknowledge=acknowledged,
        progress=progress,
        clock=ReplayClock(T0),
        meter=meter,
        backoff=no_waiting(),
    )


def spooled_codes(spool: FaultySpool) -> list[str]:
    return [item.equipment for batch in spool.read_after(0, 100) for item in batch.telemetry]


def counted(meter: PrometheusMeter, name: str, **labels: str) -> float:
    return meter.registry.get_sample_value(f"iot_maint_{name}_total", labels) or 0.0


def test_a_batch_is_one_commit_and_acknowledged_after_it(
    receiver: Receiver, spool: FaultySpool, acknowledged: Acknowledged, progress: Progress
) -> None:
    messages = [an_arrival(topic=f"iot/v1/S1/P-{n}/telemetry", mid=n) for n in range(3)]

    assert receiver.take_in(messages, Event())

    (batch,) = spool.read_after(0, 100)
    assert [item.equipment for item in batch.telemetry] == ["P-0", "P-1", "P-2"]
    assert acknowledged == [0, 1, 2]
    assert acknowledged.spooled == [1]
    assert progress.spooled == 1


def test_nothing_is_acknowledged_while_the_spool_fails(
    receiver: Receiver, spool: FaultySpool, acknowledged: Acknowledged, meter: PrometheusMeter
) -> None:
    faults = [StoreUnavailable("disk is full"), StoreUnavailable("disk is full")]
    seen: list[int] = []

    def fail_twice(_telemetry: Sequence[Telemetry]) -> Exception | None:
        seen.append(len(acknowledged))
        return faults.pop() if faults else None

    spool.fault = fail_twice
    assert receiver.take_in([an_arrival(mid=1)], Event())
    assert seen == [0, 0, 0]
    assert acknowledged == [1]
    assert counted(meter, "store_failures", store="spool") == 2


def test_a_failing_spool_does_not_hold_up_the_end(
    receiver: Receiver, spool: FaultySpool, inbox: Inbox, acknowledged: Acknowledged
) -> None:
    spool.fault = lambda _telemetry: StoreUnavailable("disk is full")
    stop = Event()
    stop.set()
    inbox.put(an_arrival())
    inbox.close()
    receiver.run(stop)
    assert acknowledged == []


def test_what_waits_in_the_inbox_is_taken_in_before_the_end(
    receiver: Receiver, spool: FaultySpool, inbox: Inbox, acknowledged: Acknowledged
) -> None:
    for mid in range(2500):
        inbox.put(an_arrival(mid=mid))
    inbox.close()
    stop = Event()
    stop.set()
    receiver.run(stop)
    assert acknowledged == list(range(2500))
    assert [len(batch.telemetry) for batch in spool.read_after(0, 100)] == [1000, 1000, 500]


def test_dead_letters_are_durable_before_the_acknowledgement_too(
    receiver: Receiver, spool: FaultySpool, acknowledged: Acknowledged, progress: Progress
) -> None:
    assert receiver.take_in([an_arrival(b"\xff", mid=7)], Event())
    assert [letter.reason for letter in spool.dead_letters(0, 10)] == ["not_utf8"]
    assert acknowledged == [7]
    assert progress.spooled == 0


def test_a_message_that_says_nothing_is_acknowledged_without_a_batch(
    receiver: Receiver, spool: FaultySpool, acknowledged: Acknowledged, meter: PrometheusMeter
) -> None:
    assert receiver.take_in([an_arrival(b'{"a": null}', mid=7)], Event())
    assert acknowledged == [7]
    assert spool.last_number() == 0
    assert counted(meter, "values_dropped", reason="null") == 1


def test_a_fault_of_ours_costs_one_message_and_keeps_it(
    receiver: Receiver, spool: FaultySpool, acknowledged: Acknowledged
) -> None:
    messages = [an_arrival(mid=1), an_arrival(b'{"crash": 1}', mid=2), an_arrival(mid=3)]
    assert receiver.take_in(messages, Event())
    assert spooled_codes(spool) == ["P-01", "P-01"]
    (letter,) = spool.dead_letters(0, 10)
    assert (letter.reason, letter.payload) == ("internal_error", b'{"crash": 1}')
    assert acknowledged == [1, 2, 3]


def test_a_message_that_no_commit_can_hold_is_cornered(
    receiver: Receiver, spool: FaultySpool, acknowledged: Acknowledged, meter: PrometheusMeter
) -> None:
    spool.fault = lambda telemetry: TypeError("no") if any(item.equipment == "P-5" for item in telemetry) else None
    messages = [an_arrival(topic=f"iot/v1/S1/P-{n}/telemetry", mid=n) for n in range(9)]
    assert receiver.take_in(messages, Event())
    assert spooled_codes(spool) == [f"P-{n}" for n in range(9) if n != 5]
    assert acknowledged == list(range(9))
    assert counted(meter, "messages_rejected", reason="unkeepable") == 1


def test_everything_is_counted_once(receiver: Receiver, meter: PrometheusMeter) -> None:
    receiver.take_in([an_arrival(b'{"a": 1, "b": 2, "c": null}'), an_arrival(b"{"), an_arrival(b"[")], Event())
    assert counted(meter, "messages_received") == 3
    assert counted(meter, "readings_decoded") == 2
    assert counted(meter, "values_dropped", reason="null") == 1
    assert counted(meter, "messages_rejected", reason="not_json") == 2
    assert counted(meter, "batches_spooled") == 1


def test_the_longest_wait_of_a_batch_for_its_acknowledgement_is_added_up(
    receiver: Receiver, meter: PrometheusMeter
) -> None:
    receiver.take_in([an_arrival(received_at_ms=T0_MS - 250), an_arrival(received_at_ms=T0_MS - 100)], Event())
    receiver.take_in([an_arrival(b"{", received_at_ms=T0_MS - 500)], Event())
    receiver.take_in([an_arrival(received_at_ms=T0_MS + 9000)], Event())  # the clock was set back since

    assert counted(meter, "acknowledgement_s") == 0.75
    assert counted(meter, "batches_acknowledged") == 3


def test_how_far_reception_has_come_is_known(receiver: Receiver, inbox: Inbox, progress: Progress) -> None:
    inbox.put(an_arrival(received_at_ms=T0_MS + 500))
    inbox.close()
    receiver.run(Event())
    assert progress.received_through_ms == T0_MS + 499
