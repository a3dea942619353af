"""`iot-maint` as it ships, but for what the options say: killed at a named call, or with a shorter time somewhere.

Places are written `module:Class.method` or `module:NAME`.  What follows `--` are the arguments of `iot-maint`.
"""

import argparse
import importlib
import os
import signal
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any, NoReturn

from iot_maint.cli import main


def find(place: str) -> tuple[Any, str]:
    """(what holds the name, the name)."""
    module, _, path = place.partition(":")
    *owners, name = path.split(".")
    owner: Any = importlib.import_module(module)
    for part in owners:
        owner = getattr(owner, part)
    assert hasattr(owner, name), f"nothing is called {place}"
    return owner, name


def set_seconds(assignment: str) -> None:
    """`PLACE=SECONDS`, as a number or as a time span, whatever stands there now."""
    place, _, value = assignment.partition("=")
    owner, name = find(place)
    seconds = float(value)
    present = getattr(owner, name)
    setattr(owner, name, timedelta(seconds=seconds) if isinstance(present, timedelta) else type(present)(seconds))


def wrap(place: str, before: Callable[[], object], after: Callable[[], object]) -> None:
    owner, name = find(place)
    original = getattr(owner, name)

    def wrapped(*arguments: Any, **options: Any) -> Any:
        before()
        outcome = original(*arguments, **options)
        after()
        return outcome

    setattr(owner, name, wrapped)


def nothing() -> None:
    """For the side of a call where nothing happens."""


def die() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("nobody survives that")


def kill_at(place: str, *, after: bool, thread: str | None, armed_by: str | None) -> None:
    """End the process there, at the first call of that thread once `armed_by` has returned."""
    armed = threading.Event()
    if armed_by is None:
        armed.set()
    else:
        wrap(armed_by, nothing, armed.set)

    def strike() -> None:
        if armed.is_set() and thread in {None, threading.current_thread().name}:
            die()

    wrap(place, *((nothing, strike) if after else (strike, nothing)))


def run() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--set", action="append", default=[], metavar="PLACE=SECONDS")
    options.add_argument("--kill-before", metavar="PLACE")
    options.add_argument("--kill-after", metavar="PLACE")
    options.add_argument("--thread", metavar="NAME")
    options.add_argument("--armed-by", metavar="PLACE")
    options.add_argument("arguments", nargs="+")
    chosen = options.parse_args()
    for assignment in chosen.set:
        set_seconds(assignment)
    if chosen.kill_before:
        kill_at(chosen.kill_before, after=False, thread=chosen.thread, armed_by=chosen.armed_by)
    if chosen.kill_after:
        kill_at(chosen.kill_after, after=True, thread=chosen.thread, armed_by=chosen.armed_by)
    sys.argv = ["iot-maint", *chosen.arguments]
    main()


if __name__ == "__main__":
    run()
