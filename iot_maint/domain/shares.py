"""Which of several workers takes a site: a rule that every worker follows alone and comes to the same answer."""

import re
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b

MOST_WORKERS = 1000
_SHARE = re.compile(r"([1-9]\d{0,3})/([1-9]\d{0,3})")
_CACHED = 65_536


@dataclass(frozen=True, slots=True)
class Share:
    """Worker `index` (from 1) of `count`.  The first one also takes what is nobody's."""

    index: int
    count: int

    def __str__(self) -> str:
        return f"{self.index}/{self.count}"

    @property
    def takes_the_rest(self) -> bool:
        """Whether sites that are not in the register are this worker's."""
        return self.index == 1

    def owns(self, site: str) -> bool:
        """Whether the site, which is in the register, is this worker's."""
        return owner_of(site, self.count) == self.index


def parse_share(text: str) -> Share:
    """`2/3`; `ValueError` says what is wrong."""
    match = _SHARE.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no share: write I/N, such as 2/3 for the second of three workers")
    share = Share(int(match[1]), int(match[2]))
    if share.count > MOST_WORKERS:
        raise ValueError(f"{share.count} workers are more than {MOST_WORKERS}")
    if share.index > share.count:
        raise ValueError(f"there is no worker {share.index} of {share.count}: workers count from 1 to {share.count}")
    return share


@lru_cache(maxsize=_CACHED)
def owner_of(site: str, count: int) -> int:
    """Rendezvous hashing: of N workers the one whose hash with the site is highest.

    From N to N + 1 a site stays where it was or moves to the new worker, and every N + 1st one moves.
    """
    return max(range(1, count + 1), key=lambda index: _weight(index, site))


def _weight(index: int, site: str) -> bytes:
    # Of the code's bytes alone, so that every release, machine and run agrees.
    return blake2b(f"{index}/{site}".encode(), digest_size=8).digest()
