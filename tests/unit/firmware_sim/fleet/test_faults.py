"""Faults of the fleet: all occur, their dates are those of the noise-free course, and they move what they say."""

import itertools

import numpy as np
import pytest

from firmware_sim.fleet.deck import scenario_of
from firmware_sim.fleet.equipment import KINDS
from firmware_sim.fleet.faults import FIRST_DAY, Struck
from firmware_sim.fleet.grid import BINS, PER_DAY, STEP_MS, Floats
from firmware_sim.fleet.profile import load_fleet_profile
from firmware_sim.fleet.roster import Member, roster
from firmware_sim.fleet.run import Life, generate
from firmware_sim.fleet.scenario import FaultKind
from firmware_sim.fleet.truth import Crossing
from tests.unit.firmware_sim.fleet.catalogs import fault_modes
from tests.unit.firmware_sim.fleet.lives import lives

CHOOSING, REPORTING = range(10), range(100, 110)
SEEDS = (0, 103)
# A course that keeps within so many sigma of its twin's is not moved.
STILL_SIGMAS = 1.5
COUNTERS = ("trips", "run_time", "door_cycles")
# A cycle that takes longer shifts what is seen at a bin's end, though neither level nor current is another.
SHIFTED_BY_CYCLES = {
    "clog": {"running", "sump_level", "motor_current_ratio", "current_unbalance"},
    "leak": {"fire_line_pressure"},
}


def _struck(seed: int) -> list[tuple[Member, Life, Struck]]:
    return [(member, life, one) for member, life in lives(seed)[1] for one in life.struck]


@pytest.mark.parametrize("seeds", [CHOOSING, REPORTING], ids=["0-9", "100-109"])
def test_every_scenario_of_every_kind_is_dealt_in_any_ten_seeds(seeds: range) -> None:
    dealt = {(member.profile_name, scenario_of(seed, member)) for seed in seeds for member in roster()}
    declared = {(name, scenario) for name in KINDS for scenario in load_fleet_profile(name).scenarios}
    assert declared <= dealt


def test_every_fault_mode_of_the_catalog_has_a_scenario() -> None:
    declared = {spec.fault_mode for name in KINDS for spec in load_fleet_profile(name).scenarios.values()}
    assert declared == fault_modes()


@pytest.mark.slow
@pytest.mark.parametrize("seeds", [CHOOSING, REPORTING], ids=["0-9", "100-109"])
def test_every_fault_mode_of_the_catalog_occurs_over_ten_seeds(seeds: range) -> None:
    occurred = {fault.fault_mode for seed in seeds for fault in generate(seed).truth.faults}
    assert occurred == fault_modes()


@pytest.mark.parametrize("seed", SEEDS)
def test_about_half_of_the_devices_fail_and_the_rest_are_controls(seed: int) -> None:
    failing = sum(bool(life.struck) for _, life in lives(seed)[1])
    assert 20 <= failing <= 38


@pytest.mark.parametrize("seed", SEEDS)
def test_a_device_that_is_dealt_a_fault_gets_it(seed: int) -> None:
    for member, life in lives(seed)[1]:
        assert bool(life.struck) == (scenario_of(seed, member) is not None), member.code


@pytest.mark.parametrize("seed", SEEDS)
def test_the_dates_of_a_fault_follow_each_other(seed: int) -> None:
    grid = lives(seed)[0]
    for _, _, one in _struck(seed):
        truth = one.truth
        assert truth.onset_ms >= grid.t0_ms + FIRST_DAY * 86_400_000
        assert truth.onset_ms < truth.limit_ms <= truth.failure_ms < truth.repaired_ms <= int(grid.at_ms[-1])
        if truth.warning and truth.critical:
            assert truth.warning.at_ms <= truth.critical.at_ms


@pytest.mark.parametrize("seed", SEEDS)
def test_two_faults_of_a_device_are_days_apart_and_of_different_modes(seed: int) -> None:
    for _, life in lives(seed)[1]:
        for first, second in itertools.pairwise(life.struck):
            assert second.truth.onset_ms - first.truth.repaired_ms >= 5 * 86_400_000
            assert first.truth.fault_mode != second.truth.fault_mode


@pytest.mark.parametrize("seed", SEEDS)
def test_slow_faults_take_days_and_step_faults_show_within_the_hour(seed: int) -> None:
    for _, _, one in _struck(seed):
        truth = one.truth
        if truth.kind is FaultKind.SLOW:
            assert truth.limit_ms - truth.onset_ms >= 2 * 86_400_000, truth
            assert truth.failure_ms - truth.onset_ms >= 5 * 86_400_000, truth
        else:
            shown = truth.warning or truth.limit
            assert shown.at_ms - truth.onset_ms <= 3_600_000, truth
            assert truth.failure_ms - truth.onset_ms >= 3_600_000, truth


@pytest.mark.parametrize("seed", SEEDS)
def test_the_noise_free_course_passes_each_limit_at_its_date_and_not_before(seed: int) -> None:
    grid = lives(seed)[0]
    for _, life, one in _struck(seed):
        for crossing in filter(None, (one.truth.warning, one.truth.critical)):
            index = int(np.searchsorted(grid.at_ms, crossing.at_ms))
            course = life.course.values[crossing.metric]
            assert _is_past(course[index], crossing), one.truth
            assert not any(_is_past(value, crossing) for value in course[one.acting.first : index]), one.truth


def _is_past(value: float, crossing: Crossing) -> bool:
    return value > crossing.value if crossing.above else value < crossing.value


@pytest.mark.parametrize("seed", SEEDS)
def test_a_fault_moves_its_culprits_and_nothing_else(seed: int) -> None:
    grid = lives(seed)[0]
    for member, life, one in _struck(seed):
        before = max((other.acting.last for other in life.struck if other.acting.first < one.acting.first), default=0)
        if before:
            continue  # What the first fault left behind moves the second's metrics too.
        failed = int(np.searchsorted(grid.at_ms, one.truth.failure_ms))
        for metric in member.profile.metrics:
            moved = _most_moved(member, life, metric, one.acting.first, failed)
            if metric in one.truth.culprits:
                assert moved > STILL_SIGMAS, (one.truth.scenario, metric)
            elif metric not in SHIFTED_BY_CYCLES.get(one.truth.scenario, ()) and metric not in COUNTERS:
                assert moved <= STILL_SIGMAS, (one.truth.scenario, metric)


def _most_moved(member: Member, life: Life, metric: str, first: int, last: int) -> float:
    """In sigma of its sensor; whatever a noiseless switch does counts for much."""
    course, twin = life.course.values[metric], life.twin.values[metric]
    sensor = member.profile.sensors[metric]
    sigma = sensor.noise + sensor.noise_pct / 100.0 * abs(float(np.median(twin)))
    return float(np.abs(course - twin)[first : last + 1].max()) / max(sigma, 1e-3)


@pytest.mark.parametrize("seed", SEEDS)
def test_before_its_fault_and_after_the_repair_a_device_lives_like_its_healthy_twin(seed: int) -> None:
    for _, life, one in _struck(seed):
        if len(life.struck) > 1:
            continue
        metric = one.truth.culprits[0]
        course, twin = life.course.values[metric], life.twin.values[metric]
        np.testing.assert_array_equal(course[: one.acting.first], twin[: one.acting.first])
        healed = min(BINS, one.repair.last + PER_DAY)
        if one.shift is None:
            np.testing.assert_allclose(course[healed:], twin[healed:], rtol=0.02, atol=0.9)


def test_every_happening_lies_within_the_run() -> None:
    for seed in SEEDS:
        for member, life in lives(seed)[1]:
            for event in life.events:
                assert 0 <= event.first < event.last <= BINS, (member.code, event)


def test_data_faults_of_a_device_that_fails_are_over_before_its_first_possible_fault() -> None:
    for seed in SEEDS:
        for _, life in lives(seed)[1]:
            if life.struck:
                assert all(one.last <= FIRST_DAY * PER_DAY for one in life.spoilt)


def test_an_onset_is_the_beginning_of_the_first_bin_that_differs() -> None:
    grid = lives(SEEDS[0])[0]
    for _, life, one in _struck(SEEDS[0]):
        if one.truth.kind is FaultKind.STEP:
            differs: Floats = np.abs(
                life.course.values[one.truth.culprits[0]] - life.twin.values[one.truth.culprits[0]]
            )
            first = int(np.flatnonzero(differs[one.acting.first :] > 0.0)[0]) + one.acting.first
            assert int(grid.at_ms[first]) - STEP_MS - one.truth.onset_ms <= STEP_MS * 2
