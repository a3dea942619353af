"""Between the network thread and the receiver: messages as they came, bounded in number and in bytes."""

import threading
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

_MAX_MESSAGES = 10_000
_MAX_BYTES = 32 * 1024 * 1024
# Dense JSON becomes fifty times its size in memory, so that one batch must not be many of the largest messages.
_BATCH_BYTES = 1024 * 1024

QOS_1, RETAIN = 0x02, 0x01

# A PUBLISH packet: topic, payload, its first byte (QoS_1, RETAIN), and the id by which it is acknowledged.
Packet = tuple[bytes, bytes, int, int]


class Arrivals(NamedTuple):
    """What one reading of the socket brought, in its order.  The ids mean nothing on any other `connection`; `size` is
    that of all topics and payloads, in bytes."""

    packets: Sequence[Packet]
    connection: int
    received_at_ms: int
    size: int


class Inbox:
    """A bounded queue.  While it is full `put` waits: the socket is not read, and the broker keeps the rest."""

    def __init__(self, max_messages: int = _MAX_MESSAGES, max_bytes: int = _MAX_BYTES) -> None:
        self._max_messages = max_messages
        self._max_bytes = max_bytes
        self._arrivals: deque[Arrivals] = deque()
        self._messages = 0
        self._bytes = 0
        self._closed = False
        self._lock = threading.Lock()
        self._arrived = threading.Condition(self._lock)
        self._room = threading.Condition(self._lock)

    def put(self, arrivals: Arrivals) -> bool:
        """Append, waiting for room; false when the inbox is closed, and nothing of it then is taken."""
        with self._lock:
            while self._full() and not self._closed:
                self._room.wait()
            if self._closed:
                return False
            self._arrivals.append(arrivals)
            self._messages += len(arrivals.packets)
            self._bytes += arrivals.size
            self._arrived.notify()
            return True

    def collect(self, limit: int, timeout_s: float) -> list[Arrivals]:
        """What waits, oldest first, until it is `limit` messages or 1 MiB; empty after `timeout_s` without any.

        Does not linger for more: while one batch is being committed, the next one gathers, so batches grow by
        themselves as messages come faster.
        """
        batch: list[Arrivals] = []
        count = size = 0
        with self._lock:
            if not self._arrivals and not self._closed:
                self._arrived.wait(timeout_s)
            while self._arrivals and count < limit and size < _BATCH_BYTES:
                arrivals = self._arrivals.popleft()
                batch.append(arrivals)
                count += len(arrivals.packets)
                size += arrivals.size
            self._messages -= count
            self._bytes -= size
            if batch:
                self._room.notify_all()
        return batch

    def close(self) -> None:
        """Take nothing more; what waits can still be collected."""
        with self._lock:
            self._closed = True
            self._arrived.notify_all()
            self._room.notify_all()

    @property
    def exhausted(self) -> bool:
        """Closed, and nothing waits."""
        with self._lock:
            return self._closed and not self._arrivals

    def _full(self) -> bool:
        return self._messages >= self._max_messages or self._bytes >= self._max_bytes
