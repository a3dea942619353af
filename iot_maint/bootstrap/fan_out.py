"""One function over many things: here, or in as many processes as there are cores."""

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from typing import Generic, Protocol, TypeVar

from iot_maint.domain.errors import MaintError

Given = TypeVar("Given")
Made = TypeVar("Made")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told(Generic[Made]):
    """What another process came to: something, or the line that says why not.

    Errors travel as their line: not every one of them can be pickled.
    """

    thing: Made | None = None
    error: str | None = None

    def made(self) -> Made:
        """The thing; `MaintError` where it came to nothing."""
        if self.error is not None or self.thing is None:
            raise MaintError(self.error or "the other process made nothing")
        return self.thing


def tell(function: Callable[[Given], Made], thing: Given) -> Told[Made]:
    """For the way between processes."""
    try:
        return Told(thing=function(thing))
    except MaintError as error:
        return Told(error=str(error))


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
        return [told.made() for told in pool.map(partial(tell, function), things)]
