"""Chores are done when they are due, and none keeps the others from being done."""

import threading

from iot_maint.domain.errors import StoreUnavailable
from iot_maint.ingest.upkeep import Chore, Upkeep


class Bench:
    """An upkeep whose time the test sets; `done` names what was done."""

    def __init__(self, **every_s: float) -> None:
        self.now_s = 0.0
        self.done: list[str] = []
        self.failing: dict[str, Exception] = {}
        self.upkeep = Upkeep([self._chore(name, span) for name, span in every_s.items()], monotonic=lambda: self.now_s)

    def _chore(self, name: str, every_s: float) -> Chore:
        def run() -> None:
            if name in self.failing:
                raise self.failing[name]
            self.done.append(name)

        return Chore(name=name, every_s=every_s, run=run)

    def at(self, second: float) -> list[str]:
        self.now_s = second
        self.done.clear()
        self.upkeep.tick()
        return list(self.done)


def test_each_is_done_at_the_start_and_then_as_often_as_it_says() -> None:
    bench = Bench(often=1, rarely=3600)
    assert bench.at(0) == ["often", "rarely"]
    assert bench.at(0.5) == []
    assert bench.at(1) == ["often"]
    assert bench.at(3600) == ["often", "rarely"]


def test_one_that_fails_holds_up_no_other_and_is_done_at_the_next_tick() -> None:
    for fault in (StoreUnavailable("away"), ZeroDivisionError()):
        bench = Bench(first=3600, second=1)
        bench.failing["first"] = fault
        assert bench.at(0) == ["second"]
        bench.failing.clear()
        assert bench.at(1) == ["first", "second"]
        assert bench.at(2) == ["second"]


def test_it_ends_when_it_is_told_to() -> None:
    stop = threading.Event()
    chore = Chore(name="stop", every_s=0, run=stop.set)
    Upkeep([chore], tick_s=0).run(stop)
    assert stop.is_set()
