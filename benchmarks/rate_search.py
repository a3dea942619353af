"""The highest rate that a subscriber keeps up with: found by steps, judged by what waits between broker and store."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import linear_regression

PUBLISHED_SHARE = 0.98  # less of the rate, and it was the publisher or the broker that did not keep up
# In seconds of the rate's messages: by how much what waits may seem to have grown, since writes come in batches (over
# 30 s that is 2 % of the rate), and how much may wait at the end.
GROWS_AT_MOST_S, WAITS_AT_MOST_S = 0.6, 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Counts since the beginning, at a second of the wall clock."""

    at_s: float
    published: float
    stored: float

    @property
    def waiting(self) -> float:
        return self.published - self.stored


def growth(samples: Sequence[Sample]) -> float:
    """By how many messages a second what waits grows: the slope of the line that fits best."""
    return linear_regression([one.at_s for one in samples], [one.waiting for one in samples]).slope


def published_rate(samples: Sequence[Sample]) -> float:
    """Messages a second from the first sample to the last."""
    first, last = samples[0], samples[-1]
    return (last.published - first.published) / (last.at_s - first.at_s)


def keeps_up(samples: Sequence[Sample], rate: float) -> bool:
    """Whether that rate was published all the while, and what waits neither grew nor was much."""
    seconds = samples[-1].at_s - samples[0].at_s
    return (
        published_rate(samples) >= PUBLISHED_SHARE * rate
        and growth(samples) * seconds <= GROWS_AT_MOST_S * rate
        and samples[-1].waiting <= WAITS_AT_MOST_S * rate
    )


def describe(samples: Sequence[Sample], rate: float) -> str:
    """What the verdict rests on, for people."""
    return (
        f"published {published_rate(samples) / rate:.1%} of it, what waits grew by {growth(samples) / rate:.1%} of it,"
        f" at the end {samples[-1].waiting / rate:.1f} s wait"
    )


def highest_rate(
    holds: Callable[[float], bool], start: float, *, step: float = 1.3, resolution: float = 0.05, at_most: int = 16
) -> float:
    """By steps from `start` up or down until both a rate that holds and one that does not are known, then between them.

    The result holds, and one that is `resolution` higher does not; 0 when none of `at_most` rates held.
    """
    good, bad, rate = 0.0, math.inf, start
    for _ in range(at_most):
        if holds(rate):
            good = rate
        else:
            bad = rate
        if good and bad <= good * (1 + resolution):
            break
        if bad == math.inf:
            rate = good * step
        elif not good:
            rate = bad / step
        else:
            rate = math.sqrt(good * bad)
    return good


def confirmed_rate(holds: Callable[[float], bool], found: float, *, less: float = 0.05, at_most: int = 10) -> float:
    """The rate that was found by short looks, or a little less, that holds for long; 0 when none does."""
    rate = found
    for _ in range(at_most):
        if rate and holds(rate):
            return rate
        rate *= 1 - less
    return 0.0
