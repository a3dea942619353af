"""Long work says how far it has come."""

import io
import itertools
import time
from collections.abc import Callable

import pytest

from iot_maint.cli.progress import say_elapsed, show_progress, watched


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def ticking(step_s: float) -> "itertools.count[float]":
    return itertools.count(0.0, step_s)


def test_elsewhere_it_is_a_line_a_minute() -> None:
    out, clock = io.StringIO(), ticking(25.0)
    assert list(show_progress(range(6), "rows", stream=out, monotonic=lambda: next(clock))) == list(range(6))
    assert out.getvalue() == "  3 rows\n  6 rows\n"


def test_on_a_terminal_one_line_counts_up_and_goes_away() -> None:
    out, clock = Terminal(), ticking(0.15)
    list(show_progress(range(4), "rows", stream=out, monotonic=lambda: next(clock)))
    assert out.getvalue().startswith("\r  2 rows")
    assert out.getvalue().endswith("\r\033[K")


def test_quick_work_says_nothing() -> None:
    out = Terminal()
    list(show_progress(range(4), "rows", stream=out, monotonic=lambda: 0.0))
    assert out.getvalue() == ""


def wait_for(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.005)


def test_work_that_comes_back_only_at_its_end_is_told_of_meanwhile() -> None:
    out, share = io.StringIO(), itertools.count(10, 10)
    with watched(lambda: f"{next(share)} %", stream=out, every_s=0.01):
        wait_for(lambda: out.getvalue().count("\n") >= 2)
    told = out.getvalue()
    assert told.splitlines()[:2] == ["  10 % · 0:00", "  20 % · 0:00"]
    time.sleep(0.05)
    assert out.getvalue() == told  # and it ends with the work


def test_on_a_terminal_it_is_one_line_that_goes_away_also_when_the_work_fails() -> None:
    out = Terminal()

    def fail() -> None:
        with watched(lambda: "half", stream=out, every_s=0.01):
            wait_for(lambda: "half" in out.getvalue())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert "\n" not in out.getvalue()
    assert out.getvalue().startswith("\r\033[K  half · 0:00")
    assert out.getvalue().endswith("\r\033[K")


def test_who_prints_beside_it_clears_the_line_first() -> None:
    out = Terminal()
    with watched(lambda: "half", stream=out, every_s=60) as clear:
        clear()
        out.write("P-01: trained\n")
    assert out.getvalue().startswith("\r\033[KP-01: trained\n")


@pytest.mark.parametrize(("seconds", "said"), [(7.9, "0:07"), (750, "12:30"), (3723, "1:02:03")])
def test_elapsed_time_is_read_at_a_glance(seconds: float, said: str) -> None:
    assert say_elapsed(seconds) == said
