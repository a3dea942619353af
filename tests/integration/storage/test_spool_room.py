"""A spool keeps within its limit by refusing, never by dropping; and what it no longer needs goes back to the disk."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from iot_maint.clock import ReplayClock
from iot_maint.domain.errors import StoreUnavailable
from iot_maint.domain.platform_alarms import PlatformAlarmKind
from iot_maint.domain.telemetry import DeadLetter, Telemetry
from iot_maint.metering import PrometheusMeter
from iot_maint.services.platform_alarms import PlatformBoard
from iot_maint.storage.dead_letters import MAX_BYTES, MAX_LETTERS, letter_box
from iot_maint.storage.spool import SqliteSpool
from iot_maint.storage.spool_room import MIB, SpoolRoom, used_bytes
from tests.builders import T0

LIMIT = 32 * MIB
NEARLY, FULL = PlatformAlarmKind.SPOOL_NEARLY_FULL, PlatformAlarmKind.SPOOL_FULL


def a_batch(number: int) -> list[Telemetry]:
    """About a quarter of a MiB in the spool."""
    return [
        Telemetry(
            site="S1",
            equipment=f"P-{number}",
            at_ms=n,
            received_at_ms=n,
            values={"seq": float(number)},
            texts={f"t{part}": f"{number} {n} {part}".ljust(250, "x") for part in range(4)},
        )
        for n in range(256)
    ]


def a_letter(received_at_ms: int, size: int = 100) -> DeadLetter:
    return DeadLetter(topic="a/b", payload=b"?" * size, reason="not_json", detail="", received_at_ms=received_at_ms)


class Bench:
    """A spool of 32 MiB, and what the platform was told of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "spool-1.db"
        self.board = PlatformBoard(worker="1", clock=ReplayClock(T0), meter=PrometheusMeter())
        self.spool = self.open()

    def open(self, kept_free: int = 64 * MIB) -> SqliteSpool:
        room = SpoolRoom(LIMIT, self.board, kept_free)
        self.spool = SqliteSpool(self.folder, "1", letter_box(LIMIT), room).__enter__()
        return self.spool

    def fill(self) -> int:
        """Append until it refuses; the number of the last batch that it took."""
        taken = 0
        for _ in range(1000):
            try:
                taken = self.spool.append(a_batch(taken), [], 0)
            except StoreUnavailable:
                return taken
        raise AssertionError("it never was full")

    def used(self) -> int:
        with self.spool._write() as connection:
            return used_bytes(connection, self.path)

    def on_disk(self) -> int:
        return sum(path.stat().st_size for path in self.folder.glob("spool-1.db*"))

    def standing(self) -> set[PlatformAlarmKind]:
        return {alarm.kind for alarm in self.board.standing()}

    def waiting(self) -> list[int]:
        numbers: list[int] = []
        while batches := self.spool.read_after(numbers[-1] if numbers else 0, 100):
            numbers += [batch.number for batch in batches]
        return numbers


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.spool.close()


def test_at_its_limit_it_refuses_with_words_and_keeps_all_that_it_took(bench: Bench) -> None:
    taken = bench.fill()

    with pytest.raises(StoreUnavailable, match=r"spool-1\.db holds 32 of 32 MiB, it is full and waits"):
        bench.spool.append(a_batch(0), [a_letter(0)], 0)

    assert bench.standing() == {NEARLY, FULL}
    assert bench.waiting() == list(range(1, taken + 1))
    assert bench.spool.dead_letters(0, 10) == []
    assert LIMIT <= bench.used() < LIMIT + MIB
    assert bench.on_disk() < LIMIT + MIB


def test_nearly_full_is_said_at_four_fifths_and_until_it_is_well_below(bench: Bench) -> None:
    taken = 0
    while bench.used() < LIMIT * 0.75:
        taken = bench.spool.append(a_batch(taken), [], 0)
    assert bench.standing() == set()
    while bench.used() < LIMIT * 0.85:
        taken = bench.spool.append(a_batch(taken), [], 0)
    assert bench.standing() == {NEARLY}

    gone = 0
    while bench.used() > LIMIT * 0.75:
        gone += 1
        bench.spool.delete_through(gone)
    assert bench.standing() == {NEARLY}
    while bench.used() > LIMIT * 0.65:
        gone += 1
        bench.spool.delete_through(gone)
    assert bench.standing() == set()


def test_it_takes_again_once_there_is_room_and_not_at_the_first_batch_that_left(bench: Bench) -> None:
    taken = bench.fill()
    bench.spool.delete_through(1)
    with pytest.raises(StoreUnavailable):
        bench.spool.append(a_batch(0), [], 0)
    assert FULL in bench.standing()

    bench.spool.delete_through(taken // 2)

    assert FULL not in bench.standing()
    assert bench.spool.append(a_batch(0), [], 0) == taken + 1


def test_pages_that_will_be_used_again_do_not_count(bench: Bench) -> None:
    first = bench.fill()
    bench.spool.delete_through(first)
    second = bench.fill()
    assert second - first > first * 0.8
    assert bench.on_disk() < LIMIT * 1.2


def test_a_full_spool_still_lets_the_drain_go_on(bench: Bench) -> None:
    taken = bench.fill()
    bench.spool.add_dead_letters([a_letter(0)])
    bench.spool.delete_through(taken)
    assert len(bench.spool.dead_letters(0, 10)) == 1


def test_it_is_full_after_a_restart_too(bench: Bench) -> None:
    bench.fill()
    bench.spool.close()
    bench.board.clear(NEARLY)
    bench.board.clear(FULL)
    bench.open()
    # Closed, the log was written into the file and is gone: what counts is what lies on the disk.
    assert NEARLY in bench.standing()
    bench.fill()
    assert FULL in bench.standing()


def test_what_is_free_goes_back_to_the_disk_in_steps_while_batches_come_and_go(bench: Bench) -> None:
    taken = bench.fill()
    bench.spool.close()
    bench.open(kept_free=MIB)
    bench.spool.delete_through(taken - 2)
    bench.spool.append(a_batch(7), [], 0)
    for _ in range(10):
        bench.spool.give_back_room()
    bench.spool.append(a_batch(8), [], 0)
    bench.spool.close()

    assert bench.on_disk() < 5 * MIB
    bench.open()
    assert bench.waiting() == [taken - 1, taken, taken + 1, taken + 2]
    (batch,) = bench.spool.read_after(taken, 1)
    assert batch.telemetry == tuple(a_batch(7))


def test_one_step_back_is_short(bench: Bench) -> None:
    taken = bench.fill()
    bench.spool.close()
    bench.open(kept_free=MIB)
    bench.spool.delete_through(taken)
    with bench.spool._write() as connection:
        (before,) = connection.execute("PRAGMA freelist_count").fetchone()
    bench.spool.give_back_room()
    with bench.spool._write() as connection:
        (after,) = connection.execute("PRAGMA freelist_count").fetchone()
    assert 1000 <= before - after <= 4 * 500 + 10


def test_few_free_pages_stay_for_the_next_batches(bench: Bench) -> None:
    bench.spool.append(a_batch(0), [], 0)
    size = bench.path.stat().st_size
    bench.spool.delete_through(1)
    bench.spool.give_back_room()
    assert bench.path.stat().st_size == size


def test_a_disk_that_is_full_first_is_the_same_alarm_until_a_batch_is_kept(bench: Bench) -> None:
    with bench.spool._write() as connection:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count={pages}")
    for _ in range(2):
        with pytest.raises(StoreUnavailable, match="disk is full"):
            bench.spool.append(a_batch(0), [], 0)
        bench.spool.delete_through(1)
        (alarm,) = bench.board.standing()
        assert alarm.kind is FULL
        assert "disk is full" in alarm.detail
    with bench.spool._write() as connection:
        connection.execute("PRAGMA max_page_count=100000")
    bench.spool.append(a_batch(0), [], 0)
    assert bench.standing() == set()


def test_letters_beyond_a_quarter_of_a_small_spool_go_so_that_telemetry_has_room(bench: Bench) -> None:
    for n in range(60):
        bench.spool.append([], [a_letter(n, size=256 * 1024)], 0)
    kept = [letter.received_at_ms for letter in bench.spool.dead_letters(0, 1000)]
    assert kept == list(range(60 - len(kept), 60))
    assert len(kept) * 256 * 1024 <= LIMIT // 8
    assert bench.spool.append(a_batch(0), [], 0) == 1


def test_a_large_spool_keeps_as_many_letters_as_ever() -> None:
    box = letter_box(4096 * MIB)
    assert (box._max_letters, box._max_bytes) == (MAX_LETTERS, MAX_BYTES)


def test_letters_older_than_asked_for_go_and_no_others(bench: Bench) -> None:
    ages = [5, 900, 10, 1000, 20, *range(1001, 1500), 30]
    bench.spool.add_dead_letters([a_letter(age) for age in ages])
    assert bench.spool.drop_dead_letters_before(1000) == 5
    assert [letter.received_at_ms for letter in bench.spool.dead_letters(0, 1000)] == [1000, *range(1001, 1500)]
    assert bench.spool.drop_dead_letters_before(1000) == 0


def test_the_room_of_letters_that_aged_is_counted_anew(bench: Bench) -> None:
    bench.spool.add_dead_letters([a_letter(0, size=256 * 1024) for _ in range(15)])
    bench.spool.drop_dead_letters_before(1)
    bench.spool.add_dead_letters([a_letter(1, size=256 * 1024) for _ in range(15)])
    assert len(bench.spool.dead_letters(0, 100)) == 15
