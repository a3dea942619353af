"""How far each of the three loops of one worker has come in the spool, and the bell that wakes those that follow."""

import threading


class Progress:
    """Numbers of batches, and instants of reception, shared by the receiver, the decider and the drain.

    `spooled`, `decided` and `stored` only grow; `covered` is what the relational checkpoint covers, so that batches
    through `min(stored, covered)` are needed no longer.  All that was received up to `received_through_ms` is in the
    spool (or refused), all up to `stored_through_ms` in the telemetry store.
    """

    def __init__(self) -> None:
        self._bell = threading.Condition()
        self.spooled = 0
        self.decided = 0
        self.covered = 0
        self.stored = 0
        self.received_through_ms = 0
        self.stored_through_ms = 0

    @property
    def disposable(self) -> int:
        """The last batch that nobody needs any more."""
        return min(self.stored, self.covered)

    def note_spooled(self, number: int) -> None:
        """A batch is durable: wake whoever waits for it."""
        with self._bell:
            self.spooled = max(self.spooled, number)
            self._bell.notify_all()

    def wait_beyond(self, number: int, timeout_s: float) -> None:
        """Wait until a batch beyond `number` is there, the bell is rung, or the time is over."""
        with self._bell:
            if self.spooled <= number:
                self._bell.wait(timeout_s)

    def ring(self) -> None:
        """Wake all who wait, for another reason than a new batch: the service stops."""
        with self._bell:
            self._bell.notify_all()
