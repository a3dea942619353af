"""Which messages a worker may leave to another one: those that the other has for certain.

MQTT has no negation.  Worker 1, who takes what is nobody's, hears everything; and a site that moves is heard by two for
a while.  Taking a message twice is harmless, leaving one that nobody has is not, so a message is left only if

- the record of workers says that its site's owner has had the site since some instant, and the record was read lately;
- the message was published after that instant.  No message says when it was published, but there is a horizon: what
  still comes was published after it.  It moves when a session begins, when nothing has come for a while on a
  connection that stands, and, where messages never cease, with the devices' own clocks, of which half may not be
  wrong by more than a minute.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from statistics import median_low

import numpy as np

from iot_maint.domain.columns import TelemetryColumns
from iot_maint.ingest.part import PACE, Pace

CLOCKS_MS = 60_000  # by which the devices' clocks may be ahead, in the middle
_SAMPLES = 1000
_ENOUGH = 200
_CACHED = 65_536
_NOBODY: Mapping[str, int] = {}


class HandOver:
    """Safe to use from several threads: the network's, the receiver's and the one that reads the record."""

    def __init__(
        self,
        site_in: Callable[[str], str | None],
        pace: Pace = PACE,
        horizon_ms: int = 0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`horizon_ms`: of the run before."""
        self._site_in = site_in
        self._lease_s = pace.lease_s
        self._skew_ms = round(pace.skew_s * 1000)
        self._settling_ms = round(pace.settling_s * 1000)
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self.horizon_ms = horizon_ms
        self._connected_ms: int | None = None
        self._doubt_until = float("-inf")
        # Sites that others have, since when (epoch ms); exchanged as a whole.
        self._others: Mapping[str, int] = _NOBODY
        self._believed_until = float("-inf")
        self._newest_ms = 0
        self._clocks: deque[int] = deque(maxlen=_SAMPLES)
        self._fresh = 0
        self._sites: dict[bytes, str | None] = {}

    def note_connected(self, *, kept: bool, at_ms: int) -> None:
        """A new session has nothing from before.  The broker may have forgotten the others' too: doubt the record."""
        with self._lock:
            self._connected_ms = at_ms
            self._clocks.clear()
            self._fresh = 0
        if not kept:
            self._doubt_until = self._monotonic() + self._lease_s
            self._advance(at_ms)

    def note_disconnected(self) -> None:
        """Silence now means nothing."""
        with self._lock:
            self._connected_ms = None

    def note_idle(self, since_ms: int) -> None:
        """Nothing has come for a while since then, and all that had come was acknowledged."""
        with self._lock:
            settled = self._connected_ms is not None and self._connected_ms + self._settling_ms <= since_ms
        if settled:
            self._advance(since_ms)

    def note_taken(self, telemetry: TelemetryColumns) -> None:
        """What was taken in: the devices say about when it was published."""
        if self._newest_ms + self._skew_ms < self.horizon_ms:
            return  # nobody waits for the horizon
        say_nothing = telemetry.retained | telemetry.without_time
        clocks = np.minimum(telemetry.at_ms, telemetry.received_at_ms).tolist()
        with self._lock:
            told = [at_ms for position, at_ms in enumerate(clocks) if position not in say_nothing]
            self._clocks.extend(told)
            self._fresh += len(told)
            if self._fresh < _ENOUGH:
                return
            self._fresh = 0
            middle = median_low(self._clocks)
        self._advance(middle - CLOCKS_MS)

    def let_others_have(self, others: Mapping[str, int], read_at: float) -> None:
        """What the record said when its reading began at `read_at` (monotonic): site → since when (epoch ms)."""
        self._newest_ms = max(others.values(), default=0)
        self._others = others
        self._believed_until = read_at + self._lease_s

    @property
    def others_have_sites(self) -> bool:
        """Whether anything may be left to another worker at all."""
        return bool(self._others)

    def leaves(self, topic: bytes) -> bool:
        """Whether another worker has a message of that topic for certain."""
        since_ms = self._others.get(self._site_of(topic) or "")
        if since_ms is None or since_ms + self._skew_ms >= self.horizon_ms:
            return False
        now = self._monotonic()
        return self._doubt_until <= now < self._believed_until

    def _site_of(self, topic: bytes) -> str | None:
        try:
            return self._sites[topic]
        except KeyError:
            if len(self._sites) >= _CACHED:
                self._sites.clear()
            site = self._sites[topic] = self._site_in(topic.decode(errors="replace"))
            return site

    def _advance(self, at_ms: int) -> None:
        with self._lock:
            self.horizon_ms = max(self.horizon_ms, at_ms)
