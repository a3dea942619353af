"""One clock for all processes: the system's, one that runs faster from an absolute instant on, or a replay's."""

from datetime import UTC, datetime, timedelta

import pytest

from iot_maint.clock import AcceleratedClock, ReplayClock, SystemClock, parse_clock
from iot_maint.domain.errors import BrokenSetting
from tests.builders import T0

R0 = datetime(2026, 11, 20, 8, tzinfo=UTC)
R0_TEXT = "2026-11-20T16:00:00+08:00"


def test_the_system_s_clock_is_aware_and_in_utc() -> None:
    clock = parse_clock("system")
    assert isinstance(clock, SystemClock)
    assert clock.now().tzinfo is UTC


def test_an_accelerated_clock_is_at_t0_at_r0_and_runs_faster_from_there() -> None:
    moment = R0
    clock = AcceleratedClock(t0=T0, r0=R0, speed=240, real=lambda: moment)
    assert clock.now() == T0
    moment = R0 + timedelta(seconds=60)
    assert clock.now() == T0 + timedelta(hours=4)
    moment = R0 - timedelta(seconds=1)
    assert clock.now() == T0 - timedelta(minutes=4)


def test_two_processes_that_read_one_setting_share_one_clock() -> None:
    first, second = (parse_clock(f"accelerated:2026-01-01T00:00:00Z/{R0_TEXT}/240") for _ in range(2))
    assert first == second
    assert isinstance(first, AcceleratedClock)
    assert (first.t0, first.r0, first.speed) == (T0, R0, 240.0)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "neither 'system' nor"),
        ("fast", "neither 'system' nor"),
        ("accelerated:2026-01-01T00:00:00Z/240", "neither 'system' nor"),
        (f"accelerated:yesterday/{R0_TEXT}/240", "t0 'yesterday' is not an RFC 3339 time"),
        (f"accelerated:2026-01-01T00:00:00/{R0_TEXT}/240", "t0 '2026-01-01T00:00:00' has no offset"),
        ("accelerated:2026-01-01T00:00:00Z/2026-11-20T16:00:00/240", "r0 '2026-11-20T16:00:00' has no offset"),
        (f"accelerated:2026-01-01T00:00:00Z/{R0_TEXT}/fast", "speed 'fast' is not a number"),
        (f"accelerated:2026-01-01T00:00:00Z/{R0_TEXT}/0", "speed 0 is not between 0 and 1000000"),
        (f"accelerated:2026-01-01T00:00:00Z/{R0_TEXT}/nan", "speed nan is not between"),
        (f"accelerated:0001-01-01T00:00:00+08:00/{R0_TEXT}/1", "outside the years 1 to 9999"),
        ("accelerated:9999-12-31T00:00:00Z/1970-01-01T00:00:00Z/1000", "beyond the year 9999"),
    ],
)
def test_a_clock_that_makes_no_sense_is_refused_in_one_line(text: str, said: str) -> None:
    with pytest.raises(BrokenSetting, match=said) as refusal:
        parse_clock(text)
    assert str(refusal.value).startswith("IOT_MAINT_CLOCK: ")
    assert "\n" not in str(refusal.value)


def test_a_replay_s_clock_is_the_newest_reading_and_never_goes_back() -> None:
    clock = ReplayClock(T0)
    clock.advance(T0 + timedelta(hours=1))
    clock.advance(T0 + timedelta(minutes=1))
    assert clock.now() == T0 + timedelta(hours=1)
