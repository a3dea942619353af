"""A run is the same whenever it is made, and of a device whichever others are asked for."""

import hashlib

import numpy as np
import pytest

from firmware_sim import SimulatorError
from firmware_sim.fleet import FleetRun, generate
from firmware_sim.fleet.grid import PER_DAY, STEP_MS
from firmware_sim.fleet.roster import roster


def _hash(run: FleetRun) -> str:
    digest = hashlib.sha256()
    for device in run.devices:
        digest.update(device.code.encode())
        digest.update(device.at_ms.tobytes())
        digest.update(device.values.tobytes())
    return digest.hexdigest()


def test_two_runs_of_a_seed_are_the_same_to_the_byte() -> None:
    first, again = (generate(7, days=4, devices=14) for _ in range(2))
    assert _hash(first) == _hash(again)
    assert first.truth == again.truth


def test_another_seed_is_another_run() -> None:
    assert _hash(generate(7, days=2, devices=3)) != _hash(generate(8, days=2, devices=3))


def test_the_first_days_of_a_run_are_those_of_a_longer_one() -> None:
    short, long = generate(5, days=30, devices=12), generate(5, days=90, devices=12)
    for cut, whole in zip(short.devices, long.devices, strict=True):
        assert len(cut.at_ms) == 30 * PER_DAY
        np.testing.assert_array_equal(cut.at_ms, whole.at_ms[: 30 * PER_DAY])
        np.testing.assert_array_equal(cut.values, whole.values[: 30 * PER_DAY])
    end_ms = int(short.devices[0].at_ms[-1])
    assert short.truth.faults == tuple(one for one in long.truth.faults if one.onset_ms < end_ms)


def test_a_device_does_not_depend_on_the_others() -> None:
    few = {device.code: device for device in generate(11, days=20, devices=13).devices}
    every = {device.code: device for device in generate(11, days=20, devices=26).devices}
    assert set(few) < set(every)
    for code, device in few.items():
        np.testing.assert_array_equal(device.values, every[code].values)


def test_a_run_has_sixty_devices_over_ninety_days_of_five_minutes() -> None:
    run = generate(0)
    assert len(run.devices) == len(roster()) == 60
    for device in run.devices:
        assert device.values.shape == (90 * PER_DAY, len(device.metrics))
        assert set(np.diff(device.at_ms).tolist()) == {STEP_MS}


@pytest.mark.parametrize(
    ("options", "message"), [({"days": 0}, "days: 0"), ({"days": 91}, "days: 91"), ({"devices": 61}, "devices: 61")]
)
def test_a_run_that_there_is_not_is_refused(options: dict[str, int], message: str) -> None:
    with pytest.raises(SimulatorError, match=message):
        generate(0, days=options.get("days", 90), devices=options.get("devices"))


def test_a_negative_seed_is_refused() -> None:
    with pytest.raises(SimulatorError, match="seed: -1"):
        generate(-1)
