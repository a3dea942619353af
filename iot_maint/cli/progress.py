"""How far long work has come: a line that counts up on a terminal, a line a minute elsewhere; always on stderr."""

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from threading import Event, Lock, Thread
from typing import TextIO, TypeVar

T = TypeVar("T")

ON_TERMINAL_S = 0.2
ELSEWHERE_S = 60.0
_CLEARED = "\r\033[K"


def show_progress(
    items: Iterable[T],
    what: str,
    *,
    stream: TextIO | None = None,
    monotonic: Callable[[], float] = time.monotonic,
) -> Iterator[T]:
    """The items themselves; while they pass, how many have."""
    out = sys.stderr if stream is None else stream
    terminal = out.isatty()
    every_s = ON_TERMINAL_S if terminal else ELSEWHERE_S
    due = monotonic() + every_s
    shown = False
    for number, item in enumerate(items, start=1):
        yield item
        if monotonic() >= due:
            due = monotonic() + every_s
            shown = True
            out.write(f"\r  {number} {what}" if terminal else f"  {number} {what}\n")
            out.flush()
    if shown and terminal:
        out.write(_CLEARED)
        out.flush()


@contextmanager
def watched(
    far: Callable[[], str], *, stream: TextIO | None = None, every_s: float | None = None
) -> Iterator[Callable[[], None]]:
    """While the work within goes on, what `far` says of it, and for how long it has gone on.

    It is told from a thread of its own, since such work comes back only at its end.  Yields what clears the line of a
    terminal, for whoever prints something there meanwhile.
    """
    out = sys.stderr if stream is None else stream
    terminal = out.isatty()
    wait_s = every_s if every_s is not None else ON_TERMINAL_S if terminal else ELSEWHERE_S
    began, over, writing = time.monotonic(), Event(), Lock()

    def clear() -> None:
        if terminal:
            with writing:
                out.write(_CLEARED)
                out.flush()

    def tell() -> None:
        while not over.wait(wait_s):
            said = f"  {far()} · {say_elapsed(time.monotonic() - began)}"
            with writing:
                out.write(f"{_CLEARED}{said}" if terminal else f"{said}\n")
                out.flush()

    thread = Thread(target=tell, name="progress", daemon=True)
    thread.start()
    try:
        yield clear
    finally:
        over.set()
        thread.join()
        clear()


def say_elapsed(seconds: float) -> str:
    """`0:07`, `12:30`, `1:02:03`."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
