"""A site's messages: the same each time, in order of arrival, with the link's losses, duplicates and skew."""

import json
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from firmware_sim import Message, Site, build_site, load_site, simulate

T0 = datetime(2026, 7, 1, tzinfo=UTC)
T0_MS = int(T0.timestamp() * 1000)


def _pumps(count: int = 3, *, seed: int = 7, link: Mapping[str, float] | None = None) -> Site:
    device = {"code": "BP-{n}", "profile": "booster_pump", "count": count}
    return build_site("yard", devices=[device], seed=seed, link=link)


def _stream(site: Site, minutes: float = 30.0) -> list[Message]:
    return list(simulate(site, T0, T0 + timedelta(minutes=minutes)))


def test_the_same_seed_and_span_give_the_same_bytes() -> None:
    assert _stream(_pumps()) == _stream(_pumps())
    assert _stream(load_site("demo"), 10.0) == _stream(load_site("demo"), 10.0)


def test_another_seed_gives_another_story() -> None:
    assert _stream(_pumps(seed=7)) != _stream(_pumps(seed=8))


def test_a_longer_run_begins_with_the_shorter_one() -> None:
    short = [message for message in _stream(_pumps(), 10.0) if message.at_ms < T0_MS + 600_000]
    assert _stream(_pumps(), 20.0)[: len(short)] == short


def test_a_device_tells_the_same_story_whoever_stands_beside_it() -> None:
    alone = [m for m in _stream(_pumps(1)) if "BP-1/" in m.topic]
    among_others = [m for m in _stream(_pumps(3)) if "BP-1/" in m.topic]
    assert alone == among_others


def test_a_fault_on_one_device_changes_no_other() -> None:
    fault = {"equipment": "BP-1", "fault": "bearing", "v_start": 6.0}
    sick = build_site(
        "yard", devices=[{"code": "BP-{n}", "profile": "booster_pump", "count": 3}], seed=7, faults=[fault]
    )
    others = [m for m in _stream(_pumps()) if "BP-1/" not in m.topic]
    assert [m for m in _stream(sick) if "BP-1/" not in m.topic] == others


def test_messages_arrive_in_order() -> None:
    arrivals = [message.at_ms for message in _stream(load_site("demo"), 20.0)]
    assert all(earlier <= later for earlier, later in pairwise(arrivals))


def test_a_message_carries_all_metrics_that_are_due() -> None:
    first, second = _stream(_pumps(1, link={"loss": 0.0}), 0.2)[:2]
    assert first.topic == "iot/v1/yard/BP-1/telemetry"
    assert {"running", "vib_rms", "residual_chlorine", "starts_per_hour"} <= json.loads(first.payload)["values"].keys()
    assert "vib_rms" not in json.loads(second.payload)["values"]
    assert {"running", "discharge_pressure"} <= json.loads(second.payload)["values"].keys()


def test_one_message_in_two_hundred_is_lost_and_one_in_five_hundred_comes_twice() -> None:
    device = {"code": "GS-{n}", "profile": "genset", "count": 20}
    stream = _stream(build_site("yard", devices=[device]), 2400.0)
    ticks = 20 * 2400
    copies = Counter((message.topic, message.payload) for message in stream)
    assert 0.0035 < 1.0 - len(copies) / ticks < 0.0065
    assert 0.0010 < sum(count == 2 for count in copies.values()) / len(copies) < 0.0030


def test_device_clocks_are_off_by_about_two_seconds() -> None:
    skews: dict[str, float] = {}
    for message in _stream(_pumps(60, link={"latency_s": 0.0}), 1.0):
        skews.setdefault(message.topic, (json.loads(message.payload)["ts"] - message.at_ms) / 1000.0)
    assert len(skews) == 60
    spread = (sum(skew * skew for skew in skews.values()) / 60) ** 0.5
    assert 1.4 < spread < 2.6


def test_a_day_later_is_another_day_of_the_same_device() -> None:
    later = list(simulate(_pumps(), T0 + timedelta(days=1), T0 + timedelta(days=1, minutes=1)))
    assert later[0].at_ms >= T0_MS + 86_400_000


def test_what_came_before_the_story_has_its_old_faults_and_none_of_its_new_ones() -> None:
    faults = [
        {"equipment": "BP-1", "fault": "bearing", "start": "-1d", "v_start": 6.0, "doubling": "5d"},
        {"equipment": "BP-2", "fault": "bearing", "v_start": 6.0},
    ]
    devices = [{"code": "BP-{n}", "profile": "booster_pump", "count": 2, "tick": "5m", "params": {"rest_hour": -1.0}}]
    site = build_site("yard", devices=devices, faults=faults)
    vibrations: dict[str, list[float]] = {"BP-1": [], "BP-2": []}
    for message in simulate(site, T0 - timedelta(days=2), T0, story=T0):
        vibrations[message.topic.split("/")[3]].append(json.loads(message.payload)["values"]["vib_rms"])
    wearing, healthy = vibrations["BP-1"], vibrations["BP-2"]
    assert max(wearing[: len(wearing) // 2 - 1]) < 3.0
    assert min(wearing[len(wearing) // 2 + 1 :]) > 5.0
    assert max(healthy) < 3.0
