"""One function over many items: in this process, in one process a core, or on the workers of a cluster."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import TypeVar

from joblib.externals.loky import get_reusable_executor
from joblib.externals.loky.process_executor import TerminatedWorkerError
from threadpoolctl import threadpool_limits

from iot_maint.domain.errors import MaintError
from iot_maint.fan_out.addresses import Cluster
from iot_maint.fan_out.cluster import connected
from iot_maint.fan_out.pending import Pending, Submit

T = TypeVar("T")
R = TypeVar("R")

_ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS", "NUMEXPR_NUM_THREADS"), "1"
)
# While one is worked on, the next one waits at hand; more would only take memory.
_AT_HAND = 2


def fan_out(
    function: Callable[[T], R], items: Iterable[T], *, over: Cluster | None = None, processes: int | None = None
) -> Iterator[R]:
    """The results in the order of the items, which are taken as they are needed and not held.

    `processes`: on this machine, as many as there are cores by default; 1 is this process itself.  An exception of
    `function` comes out where its result would.  `MaintError` where a worker died or the cluster is away.
    """
    if over is not None:
        with connected(over) as (submit, workers):
            yield from _in_order(submit, function, items, _AT_HAND * workers)
        return
    processes = processes or len(os.sched_getaffinity(0))
    if processes == 1:
        for item in items:
            yield _alone(function, item)
        return
    executor = get_reusable_executor(max_workers=processes, env=_ONE_THREAD)
    with _dead_workers_named():
        yield from _in_order(executor.submit, function, items, _AT_HAND * processes)


def _in_order(submit: Submit, function: Callable[[T], R], items: Iterable[T], at_once: int) -> Iterator[R]:
    waiting = iter(items)
    running: deque[Pending[R]] = deque(submit(_alone, function, item) for item in islice(waiting, at_once))
    try:
        while running:
            result = running.popleft().result()
            running.extend(submit(_alone, function, item) for item in islice(waiting, 1))
            yield result
    finally:
        for pending in running:
            pending.cancel()


def _alone(function: Callable[[T], R], item: T) -> R:
    """With one thread: sums come in one order, so that every machine comes to the same last bit."""
    with threadpool_limits(1):
        return function(item)


@contextmanager
def _dead_workers_named() -> Iterator[None]:
    try:
        yield
    except TerminatedWorkerError as error:
        first = str(error).partition("\n")[0]
        raise MaintError(f"a process of the fan-out died, most likely for want of memory: {first}") from error
