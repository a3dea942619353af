"""One function over many things: here, or in as many processes as there are cores."""

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Protocol, TypeVar

Given = TypeVar("Given")
Made = TypeVar("Made")


class MapOver(Protocol):
    """Calls a function for each thing, wherever, and gives what it made in their order; all of it can be pickled."""

    def __call__(self, function: Callable[[Given], Made], things: Sequence[Given], /) -> Iterable[Made]: ...


def map_here(function: Callable[[Given], Made], things: Sequence[Given], /) -> Iterable[Made]:
    """One after the other, in this process."""
    return map(function, things)


def map_in_processes(function: Callable[[Given], Made], things: Sequence[Given], /) -> Iterable[Made]:
    """In as many processes as there are cores, or things."""
    workers = min(len(things), os.cpu_count() or 1)
    if workers <= 1:
        return map_here(function, things)
    # Spawned: a fork would take threads and connections of this process along.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        return list(pool.map(function, things))
