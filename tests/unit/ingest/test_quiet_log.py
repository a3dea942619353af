import logging
from collections.abc import Iterator

import pytest

from iot_maint.ingest.quiet_log import QuietFilter


class Ticks:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def ticks() -> Ticks:
    return Ticks()


@pytest.fixture
def logger(ticks: Ticks) -> Iterator[logging.Logger]:
    logger = logging.getLogger("tests.quiet")
    quiet = QuietFilter(every_s=60, monotonic=ticks)
    logger.addFilter(quiet)
    yield logger
    logger.removeFilter(quiet)


def test_a_cause_is_said_at_once_and_then_once_a_minute(
    logger: logging.Logger, ticks: Ticks, caplog: pytest.LogCaptureFixture
) -> None:
    for n in range(5):
        logger.warning("store %d is away", n)
    assert caplog.messages == ["store 0 is away"]

    ticks.now_s += 60
    logger.warning("store %d is away", 5)
    assert caplog.messages[1:] == ["store 5 is away (and 4 more of this)"]

    ticks.now_s += 60
    logger.warning("store %d is away", 6)
    assert caplog.messages[2:] == ["store 6 is away"]


def test_causes_do_not_silence_each_other(logger: logging.Logger, caplog: pytest.LogCaptureFixture) -> None:
    logger.warning("the store is away")
    logger.warning("the broker is away")
    assert len(caplog.messages) == 2


def test_an_exception_is_one_line_with_its_place(logger: logging.Logger, caplog: pytest.LogCaptureFixture) -> None:
    logger.setLevel(logging.INFO)
    try:
        raise ValueError("first line\nsecond line")
    except ValueError:
        logger.exception("deciding failed")
    (line,) = caplog.text.splitlines()
    assert "deciding failed: ValueError: first line second line (at " in line
    assert "test_quiet_log.py:" in line


def test_debug_shows_the_traceback(logger: logging.Logger, caplog: pytest.LogCaptureFixture) -> None:
    logger.setLevel(logging.DEBUG)
    try:
        raise ValueError("no")
    except ValueError:
        logger.exception("deciding failed")
    assert "Traceback" in caplog.text


def test_endless_different_causes_stay_bounded(ticks: Ticks) -> None:
    quiet = QuietFilter(monotonic=ticks)
    for n in range(5000):
        record = logging.LogRecord("x", logging.WARNING, "", 0, f"cause {n}", (), None)
        assert quiet.filter(record)
    assert len(quiet._said) <= 1000
