"""What the session at the broker is subscribed to, and how it becomes what is wanted, also while it lives.

A persistent session keeps its subscriptions over connections and restarts, and the broker does not tell which: so they
are remembered, beside the spool, before they are asked for, until the broker has confirmed that they are gone.
"""

import json
import threading
from collections.abc import Collection, Sequence
from typing import Protocol

import paho.mqtt.client as paho

from iot_maint.domain.errors import MaintError
from iot_maint.ingest.quiet_log import quiet_logger

KEY = "subscribed"
_CHUNK = 200  # filters of one packet: brokers bound its size

logger = quiet_logger(__name__)


class Memory(Protocol):
    """Keeps small texts over restarts; the spool does."""

    def recall(self, key: str) -> str | None:
        """What was remembered under that key."""
        ...

    def remember(self, key: str, value: str) -> None:
        """Keep it, durably."""
        ...


class SessionWatcher(Protocol):
    """Hears of connections, from the network thread."""

    def note_connected(self, *, kept: bool, at_ms: int) -> None:
        """Connected; `kept`: the broker still had our session, with all that came meanwhile."""
        ...

    def note_disconnected(self) -> None:
        """The connection is gone."""
        ...


class Subscriptions:
    """Safe to use from several threads.  `wanted` None: nobody can say yet, and all stays as the session has it."""

    def __init__(self, wanted: Collection[str] | None, memory: Memory | None = None) -> None:
        self._memory = memory
        self._lock = threading.RLock()
        self._client: paho.Client | None = None
        self._wanted = None if wanted is None else frozenset(wanted)
        self._had = frozenset[str](json.loads((memory and memory.recall(KEY)) or "[]"))
        self._granted: frozenset[str] = frozenset()
        self._refused: frozenset[str] = frozenset()
        self._asked: dict[int, Sequence[str]] = {}
        self._leaving: dict[int, Sequence[str]] = {}
        self.sessions_begun = 0

    @property
    def had(self) -> frozenset[str]:
        """All that the session may be subscribed to."""
        return self._had

    @property
    def granted(self) -> frozenset[str]:
        """What the broker has confirmed on the present connection."""
        return self._granted

    @property
    def complete(self) -> bool:
        """Connected, and everything that was asked for is answered and granted."""
        with self._lock:
            return self._client is not None and not self._asked and not self._refused

    def want(self, wanted: Collection[str]) -> None:
        """From now on these, and no others."""
        with self._lock:
            if self._wanted == (wanted := frozenset(wanted)):
                return
            self._wanted = wanted
            self._refused &= wanted
            if self._client is not None:
                pending = {topic for topics in self._asked.values() for topic in topics}
                self._ask(self._client, wanted - self._granted - pending)
                self._leave(self._client, self._had - wanted)

    def begin(self, client: paho.Client, *, kept: bool) -> None:
        """On a new connection: ask for everything, and let go of what the kept session has beyond that."""
        with self._lock:
            self.end()
            self._client = client
            if not kept:
                self.sessions_begun += 1
                self._had = frozenset()
            wanted = self._had if self._wanted is None else self._wanted
            self._ask(client, wanted)
            # After the others, so that there is no moment without either.
            self._leave(client, self._had - wanted)

    def end(self) -> None:
        """The connection is gone; what the session has, it keeps."""
        with self._lock:
            self._client = None
            self._granted = self._refused = frozenset()
            self._asked.clear()
            self._leaving.clear()

    def note_answer(self, mid: int, granted: Sequence[bool]) -> list[str]:
        """The broker's answer to one packet of subscriptions; those that it refuses."""
        with self._lock:
            answers = list(zip(self._asked.pop(mid, ()), granted, strict=False))
            self._granted |= {topic for topic, good in answers if good}
            refused = [topic for topic, good in answers if not good]
            self._refused |= set(refused)
            return refused

    def note_left(self, mid: int) -> None:
        """The broker has confirmed that these are gone, unless they are wanted again."""
        with self._lock:
            gone = frozenset(self._leaving.pop(mid, ())) - (self._wanted or frozenset())
            self._granted -= gone
            self._remember(self._had - gone)

    def _ask(self, client: paho.Client, topics: Collection[str]) -> None:
        if not topics:
            return
        self._remember(self._had | frozenset(topics))
        for chunk in _chunks(topics):
            _, mid = client.subscribe([(topic, 1) for topic in chunk])
            if mid is not None:
                self._asked[mid] = chunk

    def _leave(self, client: paho.Client, topics: Collection[str]) -> None:
        for chunk in _chunks(topics):
            _, mid = client.unsubscribe(list(chunk))
            if mid is not None:
                self._leaving[mid] = chunk
                self._granted -= frozenset(chunk)
                logger.info("%d filters are given up, from %s on", len(chunk), chunk[0])

    def _remember(self, had: frozenset[str]) -> None:
        if had == self._had and self._memory is not None:
            return
        self._had = had
        if self._memory is None:
            return
        try:
            self._memory.remember(KEY, json.dumps(sorted(had), ensure_ascii=False))
        except MaintError as error:
            # Not kept from receiving by it: at worst a filter stays subscribed that nobody wants.
            logger.warning("cannot remember what is subscribed: %s", error)


def _chunks(topics: Collection[str]) -> list[list[str]]:
    in_order = sorted(topics)
    return [in_order[start : start + _CHUNK] for start in range(0, len(in_order), _CHUNK)]
