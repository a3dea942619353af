import random
from datetime import timedelta

from iot_maint.ingest.backoff import Backoff

SECOND = timedelta(seconds=1)


class Largest(random.Random):
    """Chance at its upper end."""

    def random(self) -> float:
        return 1.0


def test_waits_double_up_to_the_longest_and_begin_again_after_success() -> None:
    backoff = Backoff(SECOND, 5 * SECOND, Largest())
    assert [backoff.next_s() for _ in range(5)] == [1, 2, 4, 5, 5]
    backoff.reset()
    assert backoff.next_s() == 1


def test_the_other_side_may_ask_for_longer() -> None:
    backoff = Backoff(SECOND, 5 * SECOND, Largest())
    assert backoff.next_s(timedelta(seconds=90)) == 90
    assert backoff.next_s(timedelta(0)) == 2
