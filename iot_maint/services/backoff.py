"""How long to wait before asking again."""

import random
from datetime import timedelta


def full_jitter(failures: int, rng: random.Random, *, first: timedelta, longest: timedelta) -> timedelta:
    """A wait after the given number of failures (1 or more): any span up to `first` doubled once a failure.

    Chance takes the whole range, so that all who failed together do not come back together.
    """
    # Beyond 30 doublings every sensible `longest` is reached, and a timedelta would soon overflow.
    doublings = min(failures - 1, 30)
    return rng.random() * min(first * 2.0**doublings, longest)
