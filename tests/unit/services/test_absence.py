"""Away is an alarm after ten seconds of it, and never after less."""

import pytest

from iot_maint.clock import ReplayClock
from iot_maint.domain.errors import Conflict, MaintError, StoreRefused, StoreUnavailable
from iot_maint.domain.platform_alarms import PlatformAlarmKind
from iot_maint.metering import PrometheusMeter
from iot_maint.services.absence import Absence
from iot_maint.services.platform_alarms import PlatformBoard
from tests.builders import T0


class Bench:
    """An absence that tells a real board, at a time that the test sets."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.board = PlatformBoard(worker="1", clock=ReplayClock(T0), meter=PrometheusMeter())
        self.absence = Absence(self.board, PlatformAlarmKind.BROKER_AWAY, monotonic=lambda: self.now_s)

    def away_at(self, second: float, detail: str = "refused") -> None:
        self.now_s = 100.0 + second
        self.absence.away(detail)

    def try_at(self, second: float, fault: MaintError | None = None, takes_s: float = 0.0) -> None:
        """One watched try."""
        self.now_s = 100.0 + second
        with self.absence.watching():
            self.now_s += takes_s
            if fault is not None:
                raise fault

    def fails_at(self, second: float, fault: MaintError, takes_s: float = 0.0) -> None:
        with pytest.raises(type(fault)):
            self.try_at(second, fault, takes_s)

    def said(self) -> list[str]:
        return [alarm.detail for alarm in self.board.standing()]


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_a_short_absence_is_no_alarm(bench: Bench) -> None:
    for second in (0, 5, 9.9):
        bench.away_at(second)
    assert bench.said() == []


def test_ten_seconds_are_one_and_it_says_what_was_said_last(bench: Bench) -> None:
    bench.away_at(0, "reset")
    bench.away_at(10, "refused")
    assert bench.said() == ["refused"]
    bench.away_at(11, "no route")
    assert bench.said() == ["no route"]


def test_the_first_success_clears_it(bench: Bench) -> None:
    bench.away_at(0)
    bench.away_at(20)
    bench.absence.back()
    assert bench.said() == []


def test_short_absences_do_not_add_up(bench: Bench) -> None:
    for second in range(0, 100, 9):
        bench.away_at(second)
        bench.absence.back()
    assert bench.said() == []


def test_a_try_that_hung_for_long_counts_from_its_beginning(bench: Bench) -> None:
    bench.fails_at(0, StoreUnavailable("timed out"), takes_s=9)
    assert bench.said() == []
    bench.try_at(10)
    bench.fails_at(20, StoreUnavailable("timed out"), takes_s=20)
    assert bench.said() == ["timed out"]
    bench.try_at(41)
    assert bench.said() == []


def test_who_refuses_has_answered(bench: Bench) -> None:
    bench.fails_at(0, StoreUnavailable("away"))
    bench.fails_at(20, StoreUnavailable("away"))
    bench.fails_at(21, StoreRefused(401, "unauthorized"))
    assert bench.said() == []


def test_a_fault_of_another_kind_says_nothing_of_the_other_side(bench: Bench) -> None:
    bench.fails_at(0, StoreUnavailable("away"))
    bench.fails_at(5, Conflict("somebody was faster"))
    bench.fails_at(10, StoreUnavailable("away"))
    assert bench.said() == ["away"]
