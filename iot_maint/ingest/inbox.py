"""Between the network thread and the receiver: messages as they came, bounded in number and in bytes."""

import threading
from collections import deque
from collections.abc import Iterable
from typing import NamedTuple

MAX_PAYLOAD = 256 * 1024  # bytes; of a longer one only the beginning is kept, for the dead letter
_MAX_MESSAGES = 10_000
_MAX_BYTES = 32 * 1024 * 1024
# Dense JSON becomes fifty times its size in memory, so that one batch must not be many of the largest messages.
_BATCH_BYTES = 1024 * 1024


class Message(NamedTuple):
    """One MQTT message.  `size` is the length of the payload on the wire; `connection` and `mid` name what to
    acknowledge, and mean nothing on any other connection."""

    topic: str
    payload: bytes
    size: int
    qos: int
    retained: bool
    mid: int
    connection: int
    received_at_ms: int


class Inbox:
    """A bounded queue.  While it is full `put` waits: the socket is not read, and the broker keeps the rest."""

    def __init__(self, max_messages: int = _MAX_MESSAGES, max_bytes: int = _MAX_BYTES) -> None:
        self._max_messages = max_messages
        self._max_bytes = max_bytes
        self._messages: deque[Message] = deque()
        self._bytes = 0
        self._closed = False
        self._lock = threading.Lock()
        self._arrived = threading.Condition(self._lock)
        self._room = threading.Condition(self._lock)

    def put(self, message: Message) -> bool:
        """Append, waiting for room; false when the inbox is closed, and the message then is not taken."""
        return self.put_all((message,))

    def put_all(self, messages: Iterable[Message]) -> bool:
        """Append one after the other, waiting for room before each; false when the inbox was closed before the end."""
        with self._lock:
            for message in messages:
                while self._full() and not self._closed:
                    self._arrived.notify()
                    self._room.wait()
                if self._closed:
                    return False
                self._messages.append(message)
                self._bytes += len(message.payload)
            self._arrived.notify()
            return True

    def collect(self, limit: int, timeout_s: float) -> list[Message]:
        """What waits, oldest first, at most `limit` messages and 1 MiB; empty after `timeout_s` without any.

        Does not linger for more: while one batch is being committed, the next one gathers, so batches grow by
        themselves as messages come faster.
        """
        batch: list[Message] = []
        size = 0
        with self._lock:
            if not self._messages and not self._closed:
                self._arrived.wait(timeout_s)
            while self._messages and len(batch) < limit and size < _BATCH_BYTES:
                message = self._messages.popleft()
                batch.append(message)
                size += len(message.payload)
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
            return self._closed and not self._messages

    def _full(self) -> bool:
        return len(self._messages) >= self._max_messages or self._bytes >= self._max_bytes
