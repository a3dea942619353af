"""Chores beside the flow of data: small, each as often as it says, in one thread that none of them ends."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from iot_maint.domain.errors import MaintError
from iot_maint.ingest.quiet_log import quiet_logger

TICK_S = 1.0

logger = quiet_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chore:
    """What is done every `every_s` of real time, and first at the start; what fails is done again at the next tick."""

    name: str
    every_s: float
    run: Callable[[], object]


class Upkeep:
    """Does its chores one after the other: one that may wait long wants an upkeep of its own."""

    def __init__(
        self, chores: Sequence[Chore], *, tick_s: float = TICK_S, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._chores = tuple(chores)
        self._tick_s = tick_s
        self._monotonic = monotonic
        self._done_at: dict[str, float] = {}

    def run(self, stop: threading.Event) -> None:
        """Until `stop` is set."""
        while not stop.is_set():
            self.tick()
            stop.wait(self._tick_s)

    def tick(self) -> None:
        """Do what is due."""
        for chore in self._chores:
            now = self._monotonic()
            done_at = self._done_at.get(chore.name)
            if done_at is not None and now - done_at < chore.every_s:
                continue
            try:
                chore.run()
            except MaintError as error:
                logger.warning("%s waits: %s", chore.name, error)
            except Exception:
                logger.exception("%s failed", chore.name)
            else:
                self._done_at[chore.name] = now
