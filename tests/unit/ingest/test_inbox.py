import threading

from iot_maint.ingest.inbox import Arrivals, Inbox
from tests.ingest_builders import an_arrival


def mids(arrivals: list[Arrivals]) -> list[int]:
    return [mid for one in arrivals for _, _, _, mid in one.packets]


def test_messages_are_collected_in_order_up_to_the_limit() -> None:
    inbox = Inbox()
    for mid in range(5):
        assert inbox.put(an_arrival(mid=mid))
    assert mids(inbox.collect(3, 0)) == [0, 1, 2]
    assert mids(inbox.collect(3, 0)) == [3, 4]
    assert inbox.collect(3, 0) == []


def test_a_batch_is_bounded_in_bytes() -> None:
    inbox = Inbox()
    for mid in range(10):
        inbox.put(an_arrival(b"x" * 256 * 1024, mid=mid))
    assert len(inbox.collect(1000, 0)) == 4


def test_a_full_inbox_waits_for_room() -> None:
    for inbox in (Inbox(max_messages=1), Inbox(max_bytes=30)):
        inbox.put(an_arrival(mid=1))
        taken = threading.Event()

        def put_another(inbox: Inbox = inbox, taken: threading.Event = taken) -> None:
            inbox.put(an_arrival(mid=2))
            taken.set()

        waiting = threading.Thread(target=put_another)
        waiting.start()
        assert not taken.wait(0.02)
        assert mids(inbox.collect(10, 0)) == [1]
        assert taken.wait(5)
        waiting.join()
        assert mids(inbox.collect(10, 0)) == [2]


def test_closing_turns_away_those_who_wait_and_leaves_what_was_taken() -> None:
    inbox = Inbox(max_messages=1)
    inbox.put(an_arrival(mid=1))
    answers: list[bool] = []
    waiting = threading.Thread(target=lambda: answers.append(inbox.put(an_arrival(mid=2))))
    waiting.start()
    inbox.close()
    waiting.join(5)
    assert answers == [False]
    assert not inbox.exhausted
    assert mids(inbox.collect(10, 60)) == [1]
    assert inbox.exhausted
    assert inbox.collect(10, 60) == []
