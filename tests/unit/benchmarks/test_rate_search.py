import pytest

from benchmarks.rate_search import Sample, confirmed_rate, describe, growth, highest_rate, keeps_up, published_rate


def _samples(rate: float, stored_rate: float, seconds: int = 30, behind: float = 0) -> list[Sample]:
    return [
        Sample(at_s=1000.0 + at_s, published=rate * at_s, stored=stored_rate * at_s - behind)
        for at_s in range(seconds + 1)
    ]


def test_a_subscriber_that_is_always_the_same_little_behind_keeps_up() -> None:
    assert keeps_up(_samples(1000, 1000, behind=300), 1000)


def test_a_backlog_that_grows_does_not_hold() -> None:
    samples = _samples(1000, 950)

    assert growth(samples) == pytest.approx(50)
    assert not keeps_up(samples, 1000)
    assert describe(samples, 1000) == "published 100.0% of it, what waits grew by 5.0% of it, at the end 1.5 s wait"


def test_writes_in_batches_are_no_growth() -> None:
    for seconds in (6, 10, 30):
        samples = [
            Sample(at_s=half / 2, published=500 * half, stored=half // 2 * 2 * 500) for half in range(2 * seconds + 1)
        ]

        assert keeps_up(samples, 1000)


def test_a_rate_that_was_not_published_does_not_hold() -> None:
    samples = _samples(900, 900)

    assert published_rate(samples) == pytest.approx(900)
    assert not keeps_up(samples, 1000)


def test_a_backlog_of_more_than_two_seconds_does_not_hold_though_it_stands_still() -> None:
    assert not keeps_up(_samples(1000, 1000, behind=2100), 1000)


@pytest.mark.parametrize("start", [100.0, 9_000.0, 10_000.0, 77_000.0])
def test_the_search_comes_within_its_resolution_from_below_wherever_it_starts(start: float) -> None:
    found = highest_rate(lambda rate: rate <= 10_000, start, at_most=40)

    assert 10_000 / 1.05 <= found <= 10_000


def test_the_search_ends_with_nothing_when_no_rate_holds() -> None:
    asked: list[float] = []

    def holds(rate: float) -> bool:
        asked.append(rate)
        return False

    assert highest_rate(holds, 1000, at_most=5) == 0
    assert len(asked) == 5


def test_what_holds_for_long_may_be_a_little_less() -> None:
    assert confirmed_rate(lambda rate: rate < 950, 1000) == pytest.approx(1000 * 0.95**2)
    assert confirmed_rate(lambda rate: rate > 0, 0) == 0
