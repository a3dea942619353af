"""Faults every device can have: a metric made to take a course, and data gone wrong."""

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from firmware_sim import Message, SimulatorError, build_site, simulate

T0 = datetime(2026, 3, 3, tzinfo=UTC)
PERFECT = {"loss": 0.0, "duplicates": 0.0, "skew_s": 0.0}


def _stream(fault: dict[str, object] | None, hours: float = 2.0) -> list[Message]:
    device = {"code": "X-1", "profile": "room", "tick": "1m"}
    faults = [{"equipment": "X-1", **fault}] if fault else []
    site = build_site("yard", devices=[device], faults=faults, link=PERFECT)
    return list(simulate(site, T0, T0 + timedelta(hours=hours)))


def _temps(fault: dict[str, object] | None, hours: float = 2.0) -> list[float]:
    values = [json.loads(message.payload)["values"] for message in _stream(fault, hours)]
    return [value["room_temp"] for value in values if "room_temp" in value]


def test_an_override_steps_to_a_value() -> None:
    temps = _temps({"fault": "override", "metric": "room_temp", "to": 36.5, "start": "1h"})
    assert max(temps[:59]) < 30
    assert set(temps[61:]) == {36.5}


def test_an_override_ramps_from_a_value_to_a_value() -> None:
    temps = _temps({"fault": "override", "metric": "room_temp", "from": 20.0, "per_hour": 10.0, "to": 35.0})
    assert temps[60] == pytest.approx(30.0, abs=0.3)
    assert temps[-1] == 35.0


def test_an_override_without_a_start_value_ramps_on_top_of_the_healthy_one() -> None:
    healthy, ramped = _temps(None), _temps({"fault": "override", "metric": "room_temp", "per_hour": 10.0})
    assert ramped[60] - healthy[60] == pytest.approx(10.0, abs=0.3)


def test_an_override_grows_by_a_doubling_time() -> None:
    temps = _temps({"fault": "override", "metric": "room_temp", "from": 10.0, "doubling": "1h"})
    assert temps[60] == pytest.approx(20.0, rel=0.02)


def test_an_override_pulses() -> None:
    temps = _temps({"fault": "override", "metric": "room_temp", "to": 50.0, "every": "20m", "width": "5m"})
    assert temps.count(50.0) == pytest.approx(30, abs=2)


def test_an_override_of_a_state_is_told_at_once() -> None:
    stream = _stream({"fault": "override", "metric": "smoke", "to": True, "start": "33m", "duration": "4m"})
    told = [
        (round((m.at_ms / 1000 - T0.timestamp()) / 60), json.loads(m.payload)["values"].get("smoke")) for m in stream
    ]
    changes = [minute for minute, smoke in told if smoke is True]
    assert min(changes) in (33, 34)
    assert all(minute <= 38 for minute in changes)


def test_a_frozen_sensor_repeats_its_last_value() -> None:
    frozen = _temps({"fault": "frozen", "metric": "room_temp", "start": "30m"})
    assert len(set(frozen[:29])) > 1
    assert len(set(frozen[31:])) == 1
    assert frozen[31] == frozen[29]


def test_spikes_are_rare_and_large() -> None:
    spiked = _temps({"fault": "spike", "metric": "room_temp", "probability": 0.05}, hours=20)
    assert 0.02 < len([value for value in spiked if value > 80]) / len(spiked) < 0.09


def test_a_drifting_sensor_leaves_slowly() -> None:
    healthy, drifting = _temps(None), _temps({"fault": "drift", "metric": "room_temp", "per_hour": 1.0})
    assert drifting[-1] - healthy[-1] == pytest.approx(2.0, abs=0.15)


def test_a_wrong_unit_is_ten_times_too_large() -> None:
    healthy, scaled = _temps(None), _temps({"fault": "unit_x10", "metric": "room_temp"})
    assert scaled[10] == pytest.approx(10 * healthy[10], rel=0.01)


def test_a_silent_device_sends_nothing_and_a_silent_sensor_only_lacks_its_metric() -> None:
    assert len(_stream({"fault": "dropout", "start": "30m", "duration": "1h"})) == len(_stream(None)) - 60
    assert len(_temps({"fault": "dropout", "metric": "room_temp", "start": "30m", "duration": "1h"})) == 60
    assert len(_stream({"fault": "dropout", "metric": "room_temp"})) == len(_stream(None))


def test_a_clock_without_its_zone_is_eight_hours_off() -> None:
    for right, wrong in zip(_stream(None), _stream({"fault": "clock_offset"}), strict=True):
        assert json.loads(wrong.payload)["ts"] - json.loads(right.payload)["ts"] == 8 * 3_600_000
        assert wrong.at_ms == right.at_ms


def test_duplicates_are_the_same_bytes_again() -> None:
    stream = _stream({"fault": "duplicates", "probability": 0.3}, hours=10)
    twice = len(stream) - len({message.payload for message in stream})
    assert 0.2 < twice / 600 < 0.4


def test_late_messages_arrive_behind_younger_ones() -> None:
    stream = _stream({"fault": "out_of_order", "probability": 0.3, "delay": "90s"})
    stamps = [json.loads(message.payload)["ts"] for message in stream]
    assert any(earlier > later for earlier, later in pairwise(stamps))
    assert all(earlier.at_ms <= later.at_ms for earlier, later in pairwise(stream))


@pytest.mark.parametrize(
    ("fault", "key"),
    [
        ({"fault": "override", "to": 1.0}, "metric"),
        ({"fault": "override", "metric": "rpm", "to": 1.0}, "metric"),
        ({"fault": "override", "metric": "room_temp"}, "to"),
        ({"fault": "override", "metric": "room_temp", "per_hour": "fast"}, "per_hour"),
        ({"fault": "spike", "probability": "often"}, "probability"),
        ({"fault": "frozen", "for": "1h"}, "for"),
        ({"fault": "clock_offset", "offset": "8 hours"}, "offset"),
        ({"fault": "earthquake"}, "fault"),
    ],
)
def test_a_faulty_fault_is_refused_by_its_key(fault: dict[str, object], key: str) -> None:
    with pytest.raises(SimulatorError, match=rf"^yard: faults\.0\.{key}: "):
        _stream(fault)
