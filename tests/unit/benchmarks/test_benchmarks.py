import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.__main__ import BENCHMARKS

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("name", BENCHMARKS)
def test_every_benchmark_does_all_its_work(name: str) -> None:
    measurement = BENCHMARKS[name](200)

    assert measurement.count == 200
    assert measurement.per_second > 0


def test_an_unknown_benchmark_is_a_usage_error_that_names_the_known_ones() -> None:
    command = [sys.executable, "-m", "benchmarks", "tea"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert ended.returncode == 2
    assert "decoding" in ended.stderr
