"""Profiles: what they may say, and how a faulty one is refused."""

from pathlib import Path

import pytest

from firmware_sim import SimulatorError, load_profile

GOOD = """
schema = 1
type = "pump"
tick = "5s"
[parameters]
setpoint = 0.38
[physics]
family = "booster"
params = { setpoint = "setpoint" }
[metrics]
running = {}
vib_rms = { every = "60s", noise_pct = 1.2, step = 0.01 }
[faults.bearing]
fault_mode = "PMP-BEAR"
params = { doubling = "5d" }
acts = [{ target = "bearing_vib", shape = "exponential", magnitude = 2.0, doubling = "doubling" }]
"""


def _load(folder: Path, text: str) -> None:
    path = folder / "pump.toml"
    path.write_text(text, encoding="utf-8")
    load_profile.cache_clear()
    load_profile(str(path))


def test_a_good_profile_is_taken(tmp_path: Path) -> None:
    _load(tmp_path, GOOD)


@pytest.mark.parametrize(
    ("right", "wrong", "key"),
    [
        ("noise_pct = 1.2", "noise_pct = -1.0", r"metrics\.vib_rms\.noise_pct"),
        ("noise_pct = 1.2", "noise_per_cent = 1.2", r"metrics\.vib_rms\.noise_per_cent"),
        ('every = "60s"', 'every = "a minute"', r"metrics\.vib_rms\.every"),
        ('tick = "5s"', "tick = 5", "tick"),
        ('tick = "5s"', 'tick = "0s"', r".*tick"),
        ('family = "booster"', 'family = "turbine"', r".*physics\.family"),
        ('{ setpoint = "setpoint" }', '{ setpoint = "site.setpoint" }', r".*physics\.params\.setpoint"),
        ('{ setpoint = "setpoint" }', "{ colour = 1.0 }", r".*physics\.params\.colour"),
        ("running = {}", "rpm = {}", r".*metrics\.rpm"),
        ('target = "bearing_vib"', 'target = "bearing_noise"', r".*faults\.bearing\.acts"),
        ('shape = "exponential"', 'shape = "sideways"', r".*faults\.bearing\.shape"),
        ('{ doubling = "5d" }', '{ doubling = "soon" }', r".*faults\.bearing\.doubling"),
        ("magnitude = 2.0", 'magnitude = "big"', r".*faults\.bearing\.big"),
        ("schema = 1", "schema = 2", "schema"),
        ('type = "pump"', "", "type"),
    ],
)
def test_a_faulty_profile_is_refused_by_file_and_key(tmp_path: Path, right: str, wrong: str, key: str) -> None:
    assert right in GOOD
    with pytest.raises(SimulatorError, match=rf"pump\.toml: {key}: ") as caught:
        _load(tmp_path, GOOD.replace(right, wrong))
    assert "\n" not in str(caught.value)


def test_a_file_that_is_no_toml_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SimulatorError, match=r"pump\.toml: "):
        _load(tmp_path, "schema = ")


def test_an_unknown_profile_names_the_known_ones() -> None:
    with pytest.raises(SimulatorError, match=r"escalator: no such profile; there are booster_pump, elevator, "):
        load_profile("escalator")


def test_a_type_without_physics_is_one_file(tmp_path: Path) -> None:
    text = """
schema = 1
type = "boiler"
tick = "60s"
[parameters]
setpoint = 60.0
[metrics]
running = { base = true }
flow_temp = { base = "setpoint", daily = 2.0, noise = 0.1, step = 0.1 }
[faults.cold]
acts = [{ target = "flow_temp", operation = "add", shape = "ramp", growth = "-5/h", limit = -30.0 }]
"""
    _load(tmp_path, text)
