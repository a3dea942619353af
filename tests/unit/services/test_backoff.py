import random
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iot_maint.services.backoff import full_jitter

FIRST, LONGEST = timedelta(minutes=1), timedelta(hours=24)


class Chance(random.Random):
    """Chance that always falls on the same spot between 0 and 1."""

    def __new__(cls, _spot: float) -> "Chance":
        return super().__new__(cls)

    def __init__(self, spot: float) -> None:
        super().__init__()
        self._spot = spot

    def random(self) -> float:
        return self._spot


@pytest.mark.parametrize(
    ("failures", "longest_wait"),
    [(1, FIRST), (2, 2 * FIRST), (3, 4 * FIRST), (11, 1_024 * FIRST), (12, LONGEST), (100_000, LONGEST)],
)
def test_the_longest_wait_doubles_with_every_failure_up_to_a_bound(failures: int, longest_wait: timedelta) -> None:
    assert full_jitter(failures, Chance(1.0), first=FIRST, longest=LONGEST) == longest_wait


def test_chance_takes_the_whole_range_down_to_no_wait_at_all() -> None:
    assert full_jitter(5, Chance(0.0), first=FIRST, longest=LONGEST) == timedelta()
    assert full_jitter(5, Chance(0.25), first=FIRST, longest=LONGEST) == 4 * FIRST


@given(failures=st.integers(1, 10_000), rng=st.randoms())
def test_no_wait_is_negative_or_beyond_the_bound(failures: int, rng: random.Random) -> None:
    assert timedelta() <= full_jitter(failures, rng, first=FIRST, longest=LONGEST) <= LONGEST
