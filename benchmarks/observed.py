"""`python -m benchmarks.observed ingest`: the product, with a thread beside it that looks where its time goes.

Every few milliseconds it reads each thread's CPU and stack, and books the CPU used since the last look to the function
that the thread is in.  What it has booked goes to the file named by `IOT_MAINT_OBSERVED`, as JSON, every half second:
thread → CPU in ns, and thread → function → CPU in ns of itself and of all it called.  Who looks takes the interpreter
from those it looks at, so a run that is observed tells shares, not rates.
"""

import os
import sys
import threading
import time
from collections import defaultdict
from pathlib import Path
from types import FrameType

import msgspec

from benchmarks.threads import cpu_ns_of_threads
from iot_maint.cli import main as run_product

LOOK_S, WRITE_S = 0.01, 0.5
OUTPUT = "IOT_MAINT_OBSERVED"


class Stage(msgspec.Struct):
    """One thread's CPU; `own` and `total` by function, in ns."""

    cpu_ns: int = 0
    own: dict[str, int] = {}
    total: dict[str, int] = {}


class Observer:
    """Books CPU to the functions of the threads of this process."""

    def __init__(self) -> None:
        self.stages: dict[str, Stage] = defaultdict(Stage)
        self._last = cpu_ns_of_threads(os.getpid())

    def look(self) -> None:
        """Once."""
        now = cpu_ns_of_threads(os.getpid())
        frames = sys._current_frames()
        for thread in threading.enumerate():
            if thread is threading.current_thread() or thread.native_id not in now or thread.ident not in frames:
                continue
            spent = now[thread.native_id] - self._last.get(thread.native_id, 0)
            if spent > 0:
                book(self.stages[thread.name], frames[thread.ident], spent)
        self._last = now


def book(stage: Stage, frame: FrameType, spent: int) -> None:
    """To the innermost function itself, and to each on the stack once."""
    stage.cpu_ns += spent
    names = []
    inner: FrameType | None = frame
    while inner is not None:
        names.append(f"{inner.f_globals.get('__name__')}:{inner.f_code.co_name}")
        inner = inner.f_back
    stage.own[names[0]] = stage.own.get(names[0], 0) + spent
    for name in set(names):
        stage.total[name] = stage.total.get(name, 0) + spent


def _observe(output: Path) -> None:
    observer = Observer()
    written = time.monotonic()
    while True:
        time.sleep(LOOK_S)
        observer.look()
        if time.monotonic() - written >= WRITE_S:
            written = time.monotonic()
            aside = output.with_suffix(".new")
            aside.write_bytes(msgspec.json.encode(dict(observer.stages)))
            aside.replace(output)


def main() -> None:
    threading.Thread(target=_observe, args=(Path(os.environ[OUTPUT]),), name="observer", daemon=True).start()
    run_product()


if __name__ == "__main__":
    main()
