import os
import sys
import threading

from benchmarks.observed import Stage, book
from benchmarks.profile import tell
from benchmarks.threads import cpu_ns_of_threads, parse_schedstat


def _recursive(stage: Stage, depth: int) -> None:
    if depth:
        _recursive(stage, depth - 1)
    else:
        book(stage, sys._getframe(), 100)


def test_cpu_is_booked_to_the_innermost_function_and_once_to_each_on_the_stack() -> None:
    stage = Stage()

    _recursive(stage, 3)

    name = f"{__name__}:_recursive"
    assert stage.cpu_ns == 100
    assert stage.own == {name: 100}
    assert stage.total[name] == 100
    assert len(stage.total) > 1


def test_the_cpu_of_each_thread_is_read_from_the_system() -> None:
    used = cpu_ns_of_threads(os.getpid())

    assert used[threading.get_native_id()] > 0
    assert parse_schedstat("123 4 5\n") == 123


def test_the_busiest_thread_comes_first_with_its_functions_in_us_a_message() -> None:
    drain = Stage(cpu_ns=3_000_000, own={"m:inner": 2_000_000, "m:run": 1_000_000})
    drain.total = {"m:run": 3_000_000, "m:inner": 2_000_000}
    stages = {"receiver": Stage(cpu_ns=1_000_000), "drain": drain}

    lines = list(tell(stages, 1000))

    assert [line.split() for line in lines[1:]] == [
        ["3.00", "thread", "drain"],
        ["3.00", "1.00", "m:run"],
        ["2.00", "2.00", "m:inner"],
        ["1.00", "thread", "receiver"],
    ]
