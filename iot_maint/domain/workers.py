"""What each ingest worker says of itself: what it has taken on, and that it lives."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from iot_maint.domain.shares import Share, parse_share


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestWorker:
    """A worker's own record.

    `takes` is its share (`2/3`) or its filters; `sites` are those that the broker has granted it, each with the
    instant from which on it has missed nothing of that site.  `beat` changes every few seconds while it is connected,
    `revision` with every change of `sites`.
    """

    worker: str
    takes: str
    beat: int
    revision: int
    seen_at: datetime
    sites: Mapping[str, datetime] = field(default_factory=dict)

    @property
    def share(self) -> Share | None:
        """The share that it speaks of; None where it takes filters."""
        try:
            return parse_share(self.takes)
        except ValueError:
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldState:
    """A stored rule state, and the worker that saved it last; no worker: from a release that did not say so."""

    state: bytes
    worker: str | None
