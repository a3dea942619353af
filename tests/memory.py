"""How much memory something leaves behind."""

import gc
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def growth() -> Iterator[Callable[[], int]]:
    """Bytes that Python holds more than at the beginning, whenever asked within the block or after it."""
    gc.collect()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        measured = [0]

        def grown() -> int:
            if tracemalloc.is_tracing():
                gc.collect()
                measured[0] = tracemalloc.get_traced_memory()[0] - before
            return measured[0]

        yield grown
        grown()
    finally:
        tracemalloc.stop()
