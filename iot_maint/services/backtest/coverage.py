"""How much of the asked time there is data for, by equipment."""

from dataclasses import dataclass, field

import numpy as np

from iot_maint.domain.columns import Integers

MONTH_MS = 30 * 86_400_000  # a device-month
# A longer silence is no time watched: nothing could have been raised in it.
LONGEST_GAP_MS = 3_600_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """One piece of equipment: its messages, the first and the last, and the time between them without long gaps."""

    site: str
    equipment: str
    messages: int
    first_ms: int
    last_ms: int
    watched_ms: int

    @property
    def months(self) -> float:
        """Device-months watched."""
        return self.watched_ms / MONTH_MS


@dataclass(slots=True)
class Watch:
    """Counts instants as they come, in the order of time."""

    _seen: dict[tuple[str, str], Coverage] = field(default_factory=dict)

    def see(self, site: str, equipment: str, at_ms: Integers) -> None:
        """More instants of one piece of equipment, ascending."""
        if not len(at_ms):
            return
        first_ms, last_ms = int(at_ms[0]), int(at_ms[-1])
        watched_ms = int(np.minimum(np.diff(at_ms), LONGEST_GAP_MS).sum())
        before = self._seen.get((site, equipment))
        if before is not None:
            watched_ms += before.watched_ms + max(0, min(first_ms - before.last_ms, LONGEST_GAP_MS))
        self._seen[site, equipment] = Coverage(
            site=site,
            equipment=equipment,
            messages=len(at_ms) + (before.messages if before is not None else 0),
            first_ms=first_ms if before is None else min(before.first_ms, first_ms),
            last_ms=last_ms if before is None else max(before.last_ms, last_ms),
            watched_ms=watched_ms,
        )

    @property
    def coverage(self) -> tuple[Coverage, ...]:
        """By site and code; equipment of which nothing came is not there."""
        return tuple(one for _, one in sorted(self._seen.items()))
