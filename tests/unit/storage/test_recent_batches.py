from iot_maint.domain.telemetry import Batch
from iot_maint.storage.recent_batches import RecentBatches

ROOM = 10_000


def batch(number: int) -> Batch:
    return Batch(number=number, received_at_ms=0, telemetry=())


def a_memory(*numbers: int, max_bytes: int = 1000, size: int = 10) -> RecentBatches:
    recent = RecentBatches(max_bytes)
    for number in numbers:
        recent.add(batch(number), size)
    return recent


def after(recent: RecentBatches, number: int, limit: int = 10) -> list[int]:
    return [one.number for one in recent.after(number, limit, ROOM)]


def test_what_follows_a_number_comes_in_order_and_no_more_than_asked_for() -> None:
    recent = a_memory(5, 6, 7)

    assert after(recent, 4) == [5, 6, 7]
    assert after(recent, 5) == [6, 7]
    assert after(recent, 4, limit=2) == [5, 6]
    assert after(recent, 7) == []
    assert after(recent, 9) == []


def test_one_reading_is_bounded_in_bytes_but_never_empty() -> None:
    recent = a_memory(1, 2, 3, size=100)

    assert [one.number for one in recent.after(0, 10, 150)] == [1, 2]
    assert [one.number for one in recent.after(0, 10, 1)] == [1]


def test_who_lags_behind_finds_nothing_rather_than_a_gap() -> None:
    recent = a_memory(1, 2, 3, 4, max_bytes=20)

    assert after(recent, 1) == []
    assert after(recent, 2) == [3, 4]


def test_a_number_that_another_process_took_is_not_jumped_over() -> None:
    recent = a_memory(1, 2, 4)

    assert after(recent, 2) == []
    assert after(recent, 3) == [4]


def test_what_was_deleted_is_forgotten() -> None:
    recent = a_memory(1, 2, 3)
    recent.drop_through(2)

    assert after(recent, 0) == []
    assert after(recent, 2) == [3]


def test_a_batch_larger_than_the_bound_is_not_kept() -> None:
    assert after(a_memory(1, max_bytes=5), 0) == []
