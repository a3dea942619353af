"""The newest batches of a spool, as they were handed in: who follows closely need not read them back from the file."""

from collections import deque
from itertools import islice
from threading import Lock

from iot_maint.domain.telemetry import Batch


class RecentBatches:
    """Bounded by the size that the batches have in the file; a few times that in memory.

    Holds batches without a gap.  Another process may append to the same file (replayed dead letters), so that finding
    nothing here means only: look in the file.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._lock = Lock()
        self._batches: deque[tuple[Batch, int]] = deque()
        self._bytes = 0

    def add(self, batch: Batch, size: int) -> None:
        """The next batch, once it is durable; the oldest go when there is no room."""
        with self._lock:
            if self._batches and batch.number != self._batches[-1][0].number + 1:
                self._clear()
            self._batches.append((batch, size))
            self._bytes += size
            while self._bytes > self._max_bytes:
                self._drop_oldest()

    def after(self, number: int, limit: int, max_bytes: int) -> list[Batch]:
        """What follows `number`, in order, at most `limit` and `max_bytes`; none when the next one is not here."""
        found: list[Batch] = []
        with self._lock:
            skipped = number + 1 - self._batches[0][0].number if self._batches else 0
            if skipped < 0:
                return found
            for batch, size in islice(self._batches, skipped, skipped + limit):
                found.append(batch)
                max_bytes -= size
                if max_bytes <= 0:
                    break
        return found

    def drop_through(self, number: int) -> None:
        """Forget batches up to and with that number: they are deleted."""
        with self._lock:
            while self._batches and self._batches[0][0].number <= number:
                self._drop_oldest()

    def _drop_oldest(self) -> None:
        _, size = self._batches.popleft()
        self._bytes -= size

    def _clear(self) -> None:
        self._batches.clear()
        self._bytes = 0
