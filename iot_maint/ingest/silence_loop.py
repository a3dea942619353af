"""Lets silences be judged every few seconds, up to the instant until which everything received was listened to."""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from iot_maint.domain.errors import MaintError
from iot_maint.domain.platform_alarms import PlatformAlarmKind
from iot_maint.domain.ports import PlatformAlarms
from iot_maint.ingest.progress import Progress
from iot_maint.ingest.quiet_log import quiet_logger

logger = quiet_logger(__name__)

GAP_S = 30.0  # of real time: longer between two judgements, and the gap is ours

# While one of these stands nobody can be heard, or nothing of it kept.
DEAFENING = frozenset(
    {
        PlatformAlarmKind.BROKER_AWAY,
        PlatformAlarmKind.TELEMETRY_STORE_AWAY,
        PlatformAlarmKind.DATABASE_AWAY,
        PlatformAlarmKind.SPOOL_FULL,
    }
)


class Watching(Protocol):
    """What judges; raises `StoreUnavailable` to be called again, and changes nothing when it raises."""

    def tick(self, now_ms: int, *, deaf: bool = False) -> object:
        """Judge as of that instant."""
        ...

    def save(self) -> None:
        """The service stops: keep what a restart needs."""
        ...


class SilenceLoop:
    """Judges as of the last reception that was decided: what still waits in the spool is nobody's silence.

    Nor is what our own side missed: the time without a connection, or between two judgements that lie apart because
    the receiver, the decider or the machine stood still, or because the clock was set.
    """

    def __init__(
        self,
        *,
        watch: Watching,
        progress: Progress,
        platform: PlatformAlarms,
        connected: Callable[[], bool],
        speed: float = 1.0,
        beside: Sequence[Callable[[], None]] = (),
        every_s: float,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`speed`: how fast the service's clock runs; `beside`: what is done as often, whatever was heard."""
        self._watch = watch
        self._progress = progress
        self._platform = platform
        self._connected = connected
        self._gap_ms = GAP_S * speed * 1000
        self._every_s = every_s
        self._beside = beside
        self._monotonic = monotonic
        self._waiting: tuple[int, int] | None = None  # (instant, number): heard up to it once that batch is decided
        self._judged_ms: int | None = None
        self._judged_at = monotonic()

    def run(self, stop: threading.Event) -> None:
        """Until `stop` is set."""
        while not stop.wait(self._every_s):
            for act in (self.step, *self._beside):
                try:
                    act()
                except MaintError as error:
                    logger.warning("judging the data's quality waits: %s", error)
                except Exception:
                    logger.exception("cannot judge the data's quality")
        try:
            self._watch.save()
        except MaintError as error:
            logger.warning("when equipment was last heard was not saved: %s", error)

    def step(self) -> bool:
        """Judge once; false where nothing more was heard up to the end since the last time."""
        heard_ms = self._heard_through_ms()
        if heard_ms is None or heard_ms == self._judged_ms:
            return False
        now = self._monotonic()
        apart = (
            self._judged_ms is None
            or abs(heard_ms - self._judged_ms) > self._gap_ms
            or heard_ms < self._judged_ms
            or now - self._judged_at > GAP_S
        )
        deaf = apart or not self._connected() or any(one.kind in DEAFENING for one in self._platform.standing())
        self._watch.tick(heard_ms, deaf=deaf)
        self._judged_ms, self._judged_at = heard_ms, now
        return True

    def _heard_through_ms(self) -> int | None:
        """All that was received up to then has been listened to; None while that is not known of any newer instant."""
        # In this order: what was received up to then is in the spool by now.
        received_ms, spooled = self._progress.received_through_ms, self._progress.spooled
        through_ms, number = self._waiting or (received_ms, spooled)
        if self._progress.decided < number:
            self._waiting = (through_ms, number)
            return None
        self._waiting = None
        return through_ms or None
