"""The fleet's cache: the same run back, never another generator's, never half of one."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks import fleet_data
from benchmarks.fleet_data import CHOOSING, REPORTING, load_fleet
from firmware_sim.fleet import FleetRun, generate


@pytest.fixture
def simulated(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The seeds that were simulated; few devices and days of each."""
    seeds: list[int] = []

    def few(seed: int) -> FleetRun:
        seeds.append(seed)
        return generate(seed, days=40, devices=6)

    monkeypatch.setattr(fleet_data, "generate", few)
    return seeds


def _same(one: FleetRun, other: FleetRun) -> bool:
    assert (one.seed, one.days, one.t0_ms, one.truth) == (other.seed, other.days, other.t0_ms, other.truth)
    for mine, theirs in zip(one.devices, other.devices, strict=True):
        assert (mine.member, mine.metrics, mine.parameters) == (theirs.member, theirs.metrics, theirs.parameters)
        np.testing.assert_array_equal(mine.at_ms, theirs.at_ms)
        np.testing.assert_array_equal(mine.values, theirs.values)
    return True


def test_a_run_is_simulated_once_and_comes_back_the_same(tmp_path: Path, simulated: list[int]) -> None:
    first = load_fleet(6, tmp_path)
    assert _same(load_fleet(6, tmp_path), first)
    assert simulated == [6]


def test_another_generator_does_not_meet_old_data(
    tmp_path: Path, simulated: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    load_fleet(6, tmp_path)
    monkeypatch.setattr(fleet_data, "fingerprint", lambda: "0" * 64)
    load_fleet(6, tmp_path)
    assert simulated == [6, 6]


def test_a_damaged_file_is_simulated_anew(tmp_path: Path, simulated: list[int]) -> None:
    first = load_fleet(6, tmp_path)
    (kept,) = tmp_path.rglob("*.npz")
    kept.write_bytes(kept.read_bytes()[: kept.stat().st_size // 2])
    assert _same(load_fleet(6, tmp_path), first)
    assert simulated == [6, 6]
    assert [path.name for path in tmp_path.rglob("*.npz")] == ["6.npz"]


def test_the_cache_is_the_users(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert fleet_data.cache_folder() == tmp_path / "iot-maint" / "fleet"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert fleet_data.cache_folder() == Path.home() / ".cache" / "iot-maint" / "fleet"


def test_what_is_reported_was_never_chosen_on() -> None:
    assert not set(CHOOSING) & set(REPORTING)
