"""The story's clock: now = t0 + speed × (real − r0)."""

from datetime import UTC, datetime

import pytest

from firmware_sim import SimulatorError
from firmware_sim.clock import parse_clock

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
R0_MS = 1_767_225_600_000.0
TEXT = "accelerated:2026-06-01T08:00:00+08:00/2026-01-01T00:00:00Z/240"


def test_one_real_second_is_four_minutes_at_speed_240() -> None:
    clock = parse_clock(TEXT, real_now=NOW)
    t0_ms = datetime(2026, 6, 1, tzinfo=UTC).timestamp() * 1000
    assert clock.now_ms(R0_MS) == t0_ms
    assert clock.now_ms(R0_MS + 1000) == t0_ms + 240_000
    assert clock.t0 == datetime(2026, 6, 1, tzinfo=UTC)


def test_real_time_is_the_inverse_of_event_time() -> None:
    clock = parse_clock(TEXT, real_now=NOW)
    assert clock.real_ms(clock.now_ms(R0_MS + 12_345.0)) == pytest.approx(R0_MS + 12_345.0)


def test_before_r0_the_story_has_not_begun() -> None:
    clock = parse_clock(TEXT, real_now=NOW)
    assert clock.now_ms(R0_MS - 1000) < clock.t0_ms


def test_the_system_clock_runs_at_the_pace_of_the_world_from_now() -> None:
    clock = parse_clock("system", real_now=NOW)
    now_ms = NOW.timestamp() * 1000
    assert clock.now_ms(now_ms + 5000) == now_ms + 5000


@pytest.mark.parametrize(
    "text",
    [
        "fast",
        "accelerated",
        "accelerated:2026-06-01T08:00:00Z/240",
        "accelerated:2026-06-01T08:00:00/2026-01-01T00:00:00Z/240",
        "accelerated:2026-06-01T08:00:00Z/2026-01-01T00:00:00Z/0",
        "accelerated:2026-06-01T08:00:00Z/2026-01-01T00:00:00Z/nan",
        "accelerated:2026-06-01T08:00:00Z/2026-01-01T00:00:00Z/quick",
    ],
)
def test_a_faulty_clock_is_refused(text: str) -> None:
    with pytest.raises(SimulatorError, match=r"^--clock: "):
        parse_clock(text, real_now=NOW)
