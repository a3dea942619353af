"""Keeps the register in memory fresh while nothing is decided, so that a gateway registered now is known to its next
message: until then all of its messages are dead letters, and those bring nothing to decide."""

import threading
from collections.abc import Callable

from iot_maint.domain.errors import MaintError
from iot_maint.ingest.quiet_log import quiet_logger

EVERY_S = 1.0

logger = quiet_logger(__name__)


class RegisterWatch:
    """Calls `refresh`, which reads only what changed, every `every_s` seconds."""

    def __init__(self, refresh: Callable[[], None], every_s: float = EVERY_S) -> None:
        self._refresh = refresh
        self._every_s = every_s

    def run(self, stop: threading.Event) -> None:
        """Until `stop` is set; a database that is away is asked again."""
        while not stop.is_set():
            try:
                self._refresh()
            except MaintError as error:
                logger.warning("the register cannot be read: %s", error)
            except Exception:
                logger.exception("cannot read the register")
            stop.wait(self._every_s)
