import pytest

from benchmarks.measure import percentile


@pytest.mark.parametrize(("share", "value"), [(0.99, 99), (0.5, 50), (1.0, 100), (0.001, 1)])
def test_the_percentile_is_a_value_that_the_share_does_not_exceed(share: float, value: int) -> None:
    assert percentile(range(100, 0, -1), share) == value


def test_of_one_value_every_percentile_is_that_value() -> None:
    assert percentile([7.0], 0.99) == 7.0
