"""A perfect system could be silent on the fleet's controls: nothing that is no fault passes a limit for its dwell."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from firmware_sim.fleet.grid import STEP_S, Floats
from firmware_sim.fleet.roster import Member
from firmware_sim.fleet.run import Life
from firmware_sim.fleet.sensing import sense
from firmware_sim.quantities import parse_duration
from tests.unit.firmware_sim.fleet.catalogs import catalog_of
from tests.unit.firmware_sim.fleet.lives import lives

# One of each season: the whole of them, and the warmest.
SEEDS = (pytest.param(0, marks=pytest.mark.slow), pytest.param(1, marks=pytest.mark.slow), 2, 103)
SWITCHES_AT_FAULT = {
    "entrapment": 1.0,
    "pit_water": 1.0,
    "standby_reverse_flow": 1.0,
    "water_leak": 1.0,
    "smoke": 1.0,
    "fire_auto_mode": 0.0,
    "fire_power_ok": 0.0,
}


@pytest.mark.parametrize("seed", SEEDS)
def test_no_limit_of_the_catalog_is_passed_without_a_fault(seed: int) -> None:
    grid, all_lives = lives(seed)
    for member, life in all_lives:
        sensed = sense(member.profile, life.twin, grid, f"{seed}/{member.code}")
        for key, rule, past in _rules(member, life, sensed):
            there = ~np.isnan(sensed[rule["metric"]])
            interval_s = float(np.median(np.diff(grid.at_ms[there]))) / 1000.0
            assert _longest(past[there]) < _enough(rule, interval_s), (member.code, key)


def _rules(member: Member, life: Life, sensed: dict[str, Floats]) -> Iterator[tuple[str, dict[str, Any], Floats]]:
    """The thresholds that apply to the device: key, rule, and where (n,) it is past the limit."""
    running = sensed.get("running")
    for key, rule in catalog_of(member.profile.base.type)["rules"].items():
        metric, kind = rule.get("metric"), member.profile.base.kind
        if metric not in sensed or kind not in rule.get("kinds", [kind]):
            continue
        values, limit = sensed[metric], rule.get("above", rule.get("below"))
        if isinstance(limit, dict):
            if limit.get("parameter") not in life.machine.parameters:
                continue
            limit = life.machine.parameters[limit["parameter"]] * limit.get("times", 1.0) + limit.get("plus", 0.0)
        if isinstance(limit, bool) or limit is None:
            if metric not in SWITCHES_AT_FAULT:
                continue
            past = values == SWITCHES_AT_FAULT[metric]
        else:
            past = values > limit if "above" in rule else values < limit
        if rule.get("gated") and running is not None:
            past &= running > 0.5
        yield key, rule, past


def _longest(past: Floats) -> int:
    """So many in a row."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], past.astype(np.int8), [0]])))
    return int((edges[1::2] - edges[::2]).max(initial=0))


def _enough(rule: dict[str, Any], interval_s: float) -> int:
    """So many readings in a row make an alarm."""
    if "for" not in rule:
        return int(rule.get("occurrences", 1))
    dwell_s = parse_duration(rule["for"]).total_seconds()
    return 2 if interval_s > STEP_S else 1 + int(np.ceil(dwell_s / interval_s))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_fixed_three_sigma_band_would_raise_many_false_alarms(seed: int) -> None:
    grid, all_lives = lives(seed)
    episodes = 0
    healthy = [(member, life) for member, life in all_lives if not life.struck]
    learn = grid.index(21)
    for member, life in healthy:
        for values in sense(member.profile, life.twin, grid, f"{seed}/{member.code}").values():
            known = values[:learn][~np.isnan(values[:learn])]
            if len(known) > 100 and known.std() > 0.0 and known.std() < 1e3:
                later = values[learn:][~np.isnan(values[learn:])]
                outside = np.abs(later - known.mean()) > 3.0 * known.std()
                lasting = outside[2:] & outside[1:-1] & outside[:-2]
                episodes += int((lasting[1:] & ~lasting[:-1]).sum())
    assert episodes / (len(healthy) * 69 / 30) > 5.0


@pytest.mark.parametrize("seed", SEEDS)
def test_every_metric_arrives_and_half_a_per_cent_is_lost(seed: int) -> None:
    grid, all_lives = lives(seed)
    lost = []
    for member, life in all_lives:
        sensed = sense(member.profile, life.twin, grid, f"{seed}/{member.code}")
        assert all((~np.isnan(values)).any() for values in sensed.values()), member.code
        if member.profile_name == "room":
            lost.append(float(np.isnan(sensed["room_temp"]).mean()))
    assert 0.003 < float(np.mean(lost)) < 0.007
