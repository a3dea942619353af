"""Keeps one of several workers at its part: follows the register, tells the others, and learns what they have.

The order of things is what keeps messages from being lost.  A site is written into the record once the broker has
granted it, and never before.  It leaves the record before it is unsubscribed, and by then nobody believes an older
record any more.
"""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from iot_maint.domain.instants import epoch_ms
from iot_maint.domain.ports import Clock, Database
from iot_maint.domain.shares import owner_of
from iot_maint.domain.workers import IngestWorker
from iot_maint.ingest.hand_over import HandOver
from iot_maint.ingest.part import Pace, Part
from iot_maint.ingest.quiet_log import quiet_logger
from iot_maint.ingest.subscriptions import Memory, Subscriptions
from iot_maint.ingest.topic_map import TopicMap
from iot_maint.services.roster import Roster

HORIZON = "horizon_ms"
_SHOWN = 10

logger = quiet_logger(__name__)


class ShareKeeper:
    """`step` is called every `look_s` of the pace."""

    def __init__(
        self,
        *,
        part: Part,
        worker: str,
        roster: Roster,
        topics: TopicMap,
        subscriptions: Subscriptions,
        hand_over: HandOver,
        database: Database,
        memory: Memory,
        clock: Clock,
        pace: Pace,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._part = part
        self._worker = worker
        self._roster = roster
        self._topics = topics
        self._subscriptions = subscriptions
        self._hand_over = hand_over
        self._database = database
        self._memory = memory
        self._clock = clock
        self._pace = pace
        self._monotonic = monotonic
        # What the session had when this process began: of these alone it has missed nothing.
        self._kept = subscriptions.had
        self._sessions = subscriptions.sessions_begun
        self._record: IngestWorker | None = None
        self._written_at = float("-inf")
        self._unsubscribe_at: dict[str, float] = {}
        self._beats: dict[str, tuple[int, float, bool]] = {}
        self._sites_of: dict[str, tuple[int, Mapping[str, int]]] = {}
        self._left_at_ms: int | None = None

    def owns(self, site: str) -> bool:
        """Whether the site is this worker's to decide."""
        share = self._part.share
        if share is None:
            return not self._part.leaving
        return share.owns(site) if site in self._roster.sites else share.takes_the_rest

    def has_left(self) -> bool:
        """Whether nothing is subscribed any more, and nothing waits at the broker either."""
        return self._left_at_ms is not None and self._hand_over.horizon_ms > self._left_at_ms

    def step(self) -> None:
        """Follow the register and the record; `StoreUnavailable` leaves everything as it is."""
        self._roster.refresh_if_due()
        if not self._roster.loaded:
            return
        mine = self._mine()
        if self._record is None:
            self._record = self._read_own()
        self._tell(mine)
        wanted = self._wanted(mine)
        self._subscriptions.want(wanted | self._lingering(wanted))
        self._tell(mine)
        if self._part.leaving:
            self._note_left()
        else:
            self._learn()

    def _mine(self) -> Mapping[str, frozenset[str]]:
        """This worker's registered sites, each with what to subscribe to."""
        share = self._part.share
        if share is None:
            return {}
        return {site: frozenset(self._topics.filters_at(site)) for site in self._roster.sites if share.owns(site)}

    def _wanted(self, mine: Mapping[str, frozenset[str]]) -> frozenset[str]:
        if self._part.share is not None and self._part.share.takes_the_rest:
            return frozenset(self._topics.topic_filters)
        return frozenset(self._part.filters).union(*mine.values())

    def _lingering(self, wanted: frozenset[str]) -> frozenset[str]:
        """What is subscribed and no longer wanted, as long as another may believe that we have it."""
        now = self._monotonic()
        surplus = self._subscriptions.had - wanted
        self._unsubscribe_at = {
            topic: self._unsubscribe_at.get(topic, self._written_at + self._pace.lease_s) for topic in surplus
        }
        return frozenset(topic for topic, at in self._unsubscribe_at.items() if now < at)

    def _has(self, mine: Mapping[str, frozenset[str]]) -> dict[str, datetime]:
        """The sites that the broker has granted, each since when nothing of it can have been missed."""
        record, now = self._record, self._clock.now()
        if record is None:
            return {}
        if self._sessions != self._subscriptions.sessions_begun:  # the broker had forgotten us
            self._sessions, self._kept = self._subscriptions.sessions_begun, frozenset()
            record = self._record = replace(record, sites={})
        granted = self._subscriptions.granted
        everything = self._part.share is not None and self._part.share.takes_the_rest
        needed = {site: frozenset(self._topics.topic_filters) if everything else own for site, own in mine.items()}
        has = {site for site, filters in needed.items() if filters <= granted}
        # Between a connection and the broker's answer nothing is granted yet, and nothing lost either.
        self._kept &= self._subscriptions.had
        continued = {site for site in needed.keys() & record.sites.keys() if needed[site] <= self._kept}
        has |= continued
        self._kept |= granted
        return {site: record.sites[site] if site in continued else now for site in has}

    def _tell(self, mine: Mapping[str, frozenset[str]]) -> None:
        """Write the record where it has changed, and now and then that this worker lives."""
        if self._part.leaving:
            if self._left_at_ms is None and self._written_at == float("-inf"):
                with self._database.transaction() as repositories:
                    repositories.workers.drop(self._worker)
                self._written_at = self._monotonic()
            return
        before = self._record
        if before is None:
            return
        sites, takes, now = self._has(mine), str(self._part), self._monotonic()
        changed = sites != before.sites or takes != before.takes or self._written_at == float("-inf")
        lives = self._subscriptions.complete and now - self._written_at >= self._pace.beat_s
        if not changed and not lives:
            return
        # Only what changes is worth a beat: a worker without its subscriptions has nothing for certain.
        beat = before.beat + 1 if self._subscriptions.complete else before.beat
        record = replace(before, takes=takes, beat=beat, seen_at=self._clock.now(), sites=sites)
        with self._database.transaction() as repositories:
            if changed:
                record = replace(record, revision=before.revision + 1)
                repositories.workers.put(record)
            else:
                repositories.workers.beat(record)
        self._record = record
        self._written_at = self._monotonic() if changed else max(self._written_at, now)
        self._memory.remember(HORIZON, str(self._hand_over.horizon_ms))
        if changed and sites.keys() == mine.keys():
            self._log(record)

    def _learn(self) -> None:
        """What the owners of the other sites have, as far as they live."""
        share = self._part.share
        if share is None:
            return
        began = self._monotonic()
        with self._database.reading() as repositories:
            records = [one for one in repositories.workers.all() if one.worker != self._worker]
            for one in records:
                if one.worker not in self._sites_of or self._sites_of[one.worker][0] != one.revision:
                    since = {site: epoch_ms(at) for site, at in repositories.workers.sites_of(one.worker).items()}
                    self._sites_of[one.worker] = one.revision, since
        others: dict[str, int] = {}
        for one in records:
            other = one.share
            if self._lives(one, began) and other is not None and other.count == share.count:
                for site, since_ms in self._sites_of[one.worker][1].items():
                    if owner_of(site, share.count) == other.index != share.index:
                        others[site] = max(since_ms, others.get(site, 0))
        self._hand_over.let_others_have(others, began)

    def _lives(self, record: IngestWorker, now: float) -> bool:
        """Whether its beat has changed lately; of one that was never seen to change nobody knows."""
        beat, changed_at, seen = self._beats.get(record.worker, (record.beat, now, False))
        if beat != record.beat:
            beat, changed_at, seen = record.beat, now, True
        self._beats[record.worker] = beat, changed_at, seen
        return seen and now - changed_at < self._pace.away_s

    def _read_own(self) -> IngestWorker:
        with self._database.reading() as repositories:
            found = next((one for one in repositories.workers.all() if one.worker == self._worker), None)
            sites = repositories.workers.sites_of(self._worker)
        if found is not None:
            return replace(found, sites=sites)
        return IngestWorker(worker=self._worker, takes="", beat=0, revision=0, seen_at=self._clock.now())

    def _note_left(self) -> None:
        if self._left_at_ms is None and self._subscriptions.complete and not self._subscriptions.had:
            self._left_at_ms = epoch_ms(self._clock.now())

    def _log(self, record: IngestWorker) -> None:
        names = sorted(record.sites)
        shown = ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
        if self._part.share is None:
            logger.info("worker %s takes %s", self._worker, record.takes)
            return
        rest = ", and whatever is not in the register" if self._part.share.takes_the_rest else ""
        logger.info(
            "worker %s takes share %s: %d of %d registered sites%s%s",
            self._worker,
            record.takes,
            len(names),
            len(self._roster.sites),
            rest,
            f": {shown}" if names else "",
        )


def read_horizon(memory: Memory) -> int:
    """What the run before has left."""
    return int(json.loads(memory.recall(HORIZON) or "0"))
