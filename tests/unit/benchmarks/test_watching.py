import os

import pytest

from benchmarks.watching import cpu_s, peak_resident_mb, rate_between


def test_the_rate_leaves_the_slow_beginning_and_the_end_out() -> None:
    samples = [(0.0, 0.0), (10.0, 10.0), (18.0, 90.0), (60.0, 100.0)]

    assert rate_between(samples, 100) == pytest.approx(10.0)


def test_between_two_samples_the_count_grows_evenly() -> None:
    assert rate_between([(0.0, 0.0), (10.0, 100.0)], 100) == pytest.approx(10.0)


def test_the_cost_of_a_process_is_read_from_the_system() -> None:
    used = cpu_s(os.getpid())
    sum(range(3_000_000))

    assert used > 0
    assert cpu_s(os.getpid()) > used
    assert peak_resident_mb(os.getpid()) > 5
