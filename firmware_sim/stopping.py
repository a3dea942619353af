"""When to stop: after so many seconds, or when a signal asks."""

import time
from dataclasses import dataclass


@dataclass(slots=True)
class Stop:
    """A flag a signal handler may set. No lock: a handler that met its own thread's lock would hang."""

    deadline: float | None = None
    requested: bool = False

    def request(self) -> None:
        self.requested = True

    @property
    def is_due(self) -> bool:
        """`deadline` is on the monotonic clock."""
        return self.requested or (self.deadline is not None and time.monotonic() >= self.deadline)

    def wait(self, seconds: float) -> bool:
        """Sleeps `seconds`, or until it is time to stop; True in that case."""
        until = time.monotonic() + seconds
        while not self.is_due:
            left = until - time.monotonic()
            if left <= 0:
                return False
            time.sleep(min(left, 0.1))
        return True
