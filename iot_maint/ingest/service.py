"""The ingest path of one worker as threads: started together, stopped in the order in which data flows."""

import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Self

from iot_maint.domain.ports import Spool
from iot_maint.ingest.decider import Decider
from iot_maint.ingest.drain import Drain
from iot_maint.ingest.inbox import Inbox
from iot_maint.ingest.mqtt import Subscriber
from iot_maint.ingest.progress import Progress
from iot_maint.ingest.quiet_log import quiet_logger
from iot_maint.ingest.receiver import Receiver
from iot_maint.ingest.register_watch import RegisterWatch

logger = quiet_logger(__name__)

# Longer than a store's own timeout: what is being written then is finished.
_STOP_WITHIN_S = 40.0
_NOTHING: Mapping[str, Callable[[threading.Event], None]] = {}


class IngestService:
    """Runs within `with`.  Leaving it finishes and acknowledges what was received, and keeps the rest in the spool."""

    def __init__(
        self,
        *,
        subscriber: Subscriber,
        inbox: Inbox,
        spool: Spool,
        receiver: Receiver,
        decider: Decider,
        drain: Drain,
        progress: Progress,
        register_watch: RegisterWatch | None = None,
        has_left: Callable[[], bool] | None = None,
        beside: Mapping[str, Callable[[threading.Event], None]] = _NOTHING,
    ) -> None:
        """`has_left`: whether a worker that hands over its part has nothing to receive any more.  `beside`: further
        loops by name, each a thread until the service stops."""
        self._subscriber = subscriber
        self._inbox = inbox
        self._spool = spool
        self._progress = progress
        self._has_left = has_left
        self._stop = threading.Event()
        self._connection = ExitStack()
        self._threads = {
            name: threading.Thread(target=_run, args=(name, run, self._stop), name=name, daemon=True)
            for name, run in (("receiver", receiver.run), ("decider", decider.run), ("drain", drain.run))
        }
        if register_watch is not None:
            watching = ("register", register_watch.run, self._stop)
            self._threads["register"] = threading.Thread(target=_run, args=watching, name="register", daemon=True)
        for name, run in beside.items():
            self._threads[name] = threading.Thread(target=_run, args=(name, run, self._stop), name=name, daemon=True)

    def __enter__(self) -> Self:
        self._progress.note_spooled(self._spool.last_number())
        for thread in self._threads.values():
            thread.start()
        self._connection.enter_context(self._subscriber)
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._inbox.close()
        self._progress.ring()
        # While the receiver finishes, the connection still stands: its acknowledgements go out before the farewell.
        self._threads["receiver"].join(_STOP_WITHIN_S)
        self._connection.close()
        for thread in self._threads.values():
            thread.join(_STOP_WITHIN_S)

    @property
    def connected(self) -> bool:
        """Whether the broker has accepted us and our subscriptions."""
        return self._subscriber.connected

    def dead_threads(self) -> tuple[str, ...]:
        """Threads that ended although nobody asked them to; such a service must be started anew."""
        if self._stop.is_set():
            return ()
        dead = [name for name, thread in self._threads.items() if not thread.is_alive()]
        if not self._subscriber.alive:
            dead.append("mqtt")
        return tuple(dead)

    @property
    def finished(self) -> bool:
        """Whether this worker, which hands over its part, has nothing to do any more."""
        left = self._has_left is not None and self._has_left()
        return left and self._progress.disposable >= self._spool.last_number()

    def healthy(self) -> bool:
        """Whether all threads live."""
        return not self.dead_threads()


def _run(name: str, run: Callable[[threading.Event], None], stop: threading.Event) -> None:
    try:
        run(stop)
    except Exception:
        logger.exception("thread %s died", name)
