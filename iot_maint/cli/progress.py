"""How far long work has come: a line that counts up on a terminal, a line a minute elsewhere; always on stderr."""

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TextIO, TypeVar

T = TypeVar("T")

ON_TERMINAL_S = 0.2
ELSEWHERE_S = 60.0


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
        out.write("\r\033[K")
        out.flush()
