"""Equipment that goes from one worker to another takes its rule state along, and nobody saves an older one over it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field

import pytest

from iot_maint.domain.errors import StoreUnavailable
from iot_maint.rules.state import EquipmentState, Series
from iot_maint.services.rule_states import LATELY_S, LOOK_EVERY_S, SILENT_S, WAIT_S, RuleStates, own_all
from iot_maint.storage.relational.database import RelationalDatabase, open_database
from tests.migrated import a_database

OpenAgain = Callable[[], RelationalDatabase]
SITES = {"P-1": "s1"}


@pytest.fixture(params=["sqlite", "postgresql"])
def open_again(request: pytest.FixtureRequest) -> Iterator[OpenAgain]:
    """Opens the same database as another process would."""
    if request.param == "postgresql":
        url = request.getfixturevalue("migrated_postgresql").url
    else:
        url = a_database(request.getfixturevalue("tmp_path"))
    with ExitStack() as opened:
        yield lambda: opened.enter_context(open_database(url))


@dataclass(slots=True)
class Time:
    """Seconds that pass only while somebody sleeps, or a test says so; `during` is what happens in a sleep."""

    now: float = 0.0
    slept: float = 0.0
    during: Callable[[], None] = lambda: None

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept += seconds
        self.during()


@dataclass(slots=True)
class Worker:
    """One worker's states of P-1, in which the newest reading alone tells how far it has come."""

    states: RuleStates
    numbers: int = 0
    seen: list[int] = field(default_factory=list)

    def meet(self) -> int:
        """How far the state of P-1 has come; 0 without one."""
        self.states.meet(SITES)
        state = self.states.get("P-1")
        return 0 if state is None or not state.series else state.series["vib_rms"].last_at_ms

    def decide(self, at_ms: int) -> None:
        self.meet()
        self.states.keep({"P-1": EquipmentState(series={"vib_rms": Series(((at_ms, 1.0),), 0)})})

    def save(self) -> None:
        self.numbers += 1
        self.states.save(self.numbers)


@dataclass(slots=True)
class Pair:
    """Two workers on one database."""

    time: Time
    first: Worker
    second: Worker


@pytest.fixture
def start(open_again: OpenAgain) -> Callable[..., Worker]:
    time = Time()

    def start_one(name: str, owns: Callable[[str], bool] = own_all, time: Time = time) -> Worker:
        states = RuleStates(open_again(), name, f"spool-{name}", owns, time.monotonic, time.sleep)
        states.start()
        return Worker(states)

    return start_one


@pytest.fixture
def pair(start: Callable[..., Worker]) -> Pair:
    time = Time()
    return Pair(time, start("1", time=time), start("2", time=time))


def test_a_worker_loads_the_state_of_now_and_not_of_its_start(pair: Pair) -> None:
    pair.first.decide(1)
    pair.first.save()
    assert pair.second.meet() == 1


def test_equipment_that_comes_back_brings_what_the_other_worker_decided(pair: Pair) -> None:
    pair.first.decide(1)
    pair.first.save()
    pair.second.decide(2)
    pair.second.save()
    # The first one, which still has its own in memory, has not met it for a while.
    pair.time.now += LATELY_S
    assert pair.first.states.get("P-1") is not None
    pair.first.meet()
    pair.time.now += LATELY_S + 1
    assert pair.first.meet() == 2


def test_the_former_holder_saves_nothing_over_the_new_one(pair: Pair, start: Callable[..., Worker]) -> None:
    pair.first.decide(1)
    pair.first.save()
    pair.second.decide(5)
    pair.second.save()
    pair.first.states.keep({"P-1": EquipmentState(series={"vib_rms": Series(((2, 1.0),), 0)})})
    pair.first.save()
    assert start("3").meet() == 5


def test_the_former_holder_hears_of_it_within_a_second_and_decides_on_as_a_guest(
    pair: Pair, start: Callable[..., Worker]
) -> None:
    pair.first.decide(1)
    pair.first.save()
    pair.second.decide(5)
    pair.second.save()
    pair.time.now += LOOK_EVERY_S
    pair.first.decide(6)
    pair.first.save()
    assert pair.first.meet() == 6
    assert start("3").meet() == 5


def test_a_new_holder_waits_until_the_former_one_has_saved_what_it_knew(pair: Pair) -> None:
    pair.first.decide(1)
    pair.first.save()
    pair.first.decide(3)

    def checkpoint() -> None:
        pair.first.save()

    pair.time.during = checkpoint
    assert pair.second.meet() == 3
    assert pair.time.slept < WAIT_S


def test_a_holder_that_saves_nothing_is_not_waited_for_long_nor_again(pair: Pair) -> None:
    pair.first.decide(1)
    pair.first.save()
    assert pair.second.meet() == 1
    assert SILENT_S <= pair.time.slept <= SILENT_S + 0.5
    slept = pair.time.slept
    pair.second.states.start()
    pair.second.meet()
    assert pair.time.slept == slept


def test_a_guest_takes_over_from_a_holder_that_no_longer_saves(pair: Pair, start: Callable[..., Worker]) -> None:
    pair.first.decide(1)
    pair.first.save()
    pair.second.decide(2)
    pair.second.save()
    for at_ms in range(3, 10):
        pair.time.now += LATELY_S / 2
        pair.first.decide(at_ms)
        pair.first.save()
    assert start("3").meet() == 9


def test_who_does_not_own_a_site_stays_a_guest_while_its_holder_saves(start: Callable[..., Worker]) -> None:
    time = Time()
    owner = start("1", time=time)
    other = start("2", owns=lambda _site: False, time=time)
    owner.decide(1)
    owner.save()
    for at_ms in range(2, 12):
        time.now += LATELY_S / 2
        owner.decide(at_ms)
        owner.save()
        other.decide(at_ms + 100)
        other.save()
    assert time.slept == 0
    assert start("3").meet() == 11


def test_who_reads_a_guest_s_copy_anew_says_so(open_again: OpenAgain, start: Callable[..., Worker]) -> None:
    time, told = Time(), list[str]()
    owner = start("1", time=time)
    owner.decide(1)
    owner.save()
    states = RuleStates(
        open_again(), "2", "spool-2", lambda _site: False, time.monotonic, time.sleep, on_loss=told.append
    )
    states.start()
    guest = Worker(states)
    assert (guest.meet(), told) == (1, [])
    owner.decide(2)
    owner.save()
    assert (guest.meet(), told) == (1, [])
    time.now += LATELY_S + 1
    assert (guest.meet(), told) == (2, ["P-1"])


def test_states_of_a_release_without_holders_are_anybody_s(open_again: OpenAgain, start: Callable[..., Worker]) -> None:
    first = start("1")
    first.decide(1)
    first.save()
    with open_again().transaction() as repositories:
        stored = repositories.checkpoints.held_states(["P-1"])["P-1"].state
        repositories.checkpoints.save_states({"P-1": stored})
    assert start("2", time=(time := Time())).meet() == 1
    assert time.slept == 0


def test_a_state_that_cannot_be_read_is_waited_for(open_again: OpenAgain, start: Callable[..., Worker]) -> None:
    worker = start("1")
    with open_again().transaction() as repositories:
        repositories.checkpoints.save_states({"P-1": b'{"format": 99, "state": {}}'}, "2")
    with pytest.raises(StoreUnavailable, match=r"P-1, saved by worker 2: .*format 99"):
        worker.meet()


def test_each_of_two_that_take_from_each_other_at_once_comes_to_an_end(pair: Pair) -> None:
    for _ in range(3):
        for worker in (pair.first, pair.second):
            worker.decide(1)
            worker.save()
            pair.time.now += LATELY_S + 1
    assert pair.first.meet() == 1
