"""How long a loop waits before it tries again."""

import random
from datetime import timedelta

from iot_maint.services.backoff import full_jitter


class Backoff:
    """The waits of one loop: longer with each failure in a row, with chance in them, and short again after success."""

    def __init__(self, first: timedelta, longest: timedelta, rng: random.Random) -> None:
        self._first = first
        self._longest = longest
        self._rng = rng
        self._failures = 0

    def next_s(self, asked: timedelta | None = None) -> float:
        """Seconds to wait after one more failure; at least what the other side `asked` for."""
        self._failures += 1
        wait = full_jitter(self._failures, self._rng, first=self._first, longest=self._longest)
        return max(wait, asked or timedelta()).total_seconds()

    def reset(self) -> None:
        """It worked: the next failure is a first one."""
        self._failures = 0
