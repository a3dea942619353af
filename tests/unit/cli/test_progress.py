"""Long work says how far it has come."""

import io
import itertools

from iot_maint.cli.progress import show_progress


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
