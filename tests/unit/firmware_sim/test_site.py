"""Sites: built in, from a file, from tables; and how a faulty one is refused."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from firmware_sim import SimulatorError, build_site, load_site, simulate

T0 = datetime(2026, 11, 23, 6, tzinfo=UTC)
GOOD = """
schema = 1
name = "yard"
[[equipment]]
code = "BP-01"
profile = "booster_pump"
params = { setpoint = 0.40 }
[[faults]]
equipment = "BP-01"
fault = "bearing"
doubling = "2h"
"""


def test_the_demo_has_six_pumps_at_five_seconds_and_fourteen_others_at_sixty() -> None:
    demo = load_site("demo")
    ticks = [device.tick.total_seconds() for device in demo.devices]
    assert (ticks.count(5.0), ticks.count(60.0)) == (6, 14)


def test_the_demo_bearing_passes_both_limits_when_it_should() -> None:
    """At speed 240: the warning limit after 40 s, the critical one after 62 s."""
    passed: dict[float, float] = {}
    for message in simulate(load_site("demo"), T0, T0 + timedelta(minutes=260)):
        vib = json.loads(message.payload)["values"].get("vib_rms", 0.0)
        for limit in (5.1, 8.5):
            if "BP-02" in message.topic and vib > limit:
                passed.setdefault(limit, (message.at_ms / 1000 - T0.timestamp()) / 240)
    assert passed[5.1] == pytest.approx(40, abs=2)
    assert passed[8.5] == pytest.approx(62, abs=2)


def test_the_demo_sends_less_than_four_hundred_messages_a_second_at_speed_240() -> None:
    count = sum(1 for _ in simulate(load_site("demo"), T0, T0 + timedelta(minutes=20)))
    assert 300 < count / 1200 * 240 <= 400


def test_fifty_pumps_have_one_sick_bearing() -> None:
    site = load_site("fifty_pumps")
    assert len(site.devices) == 50
    assert site.devices[0].code == "BP-01"
    sick = [fault.code for fault in site.faults if any(act.target == "bearing_vib" for act in fault.acts)]
    assert sick == ["BP-17"]


def test_a_device_may_set_parameters_of_register_and_physics_together() -> None:
    site = build_site(
        "yard", devices=[{"code": "X", "profile": "booster_pump", "params": {"setpoint": 0.30, "vib_base": 1.0}}]
    )
    device = site.devices[0]
    assert device.register["setpoint"] == device.physical["setpoint"] == 0.30
    assert device.physical["vib_base"] == 1.0


def test_a_star_strikes_every_device_that_knows_the_fault() -> None:
    cut = {"equipment": "*", "fault": "power_cut", "start": "1h", "duration": "10m"}
    told = len(load_site("demo").faults)
    struck = {fault.code for fault in load_site("demo", faults=[cut]).faults[told:]}
    assert {"BP-01", "EL-1", "TR-01", "LV-01"} <= struck
    assert not struck & {"FP-01", "UPS-01", "GS-01"}


def test_a_seed_replaces_the_sites_own() -> None:
    assert load_site("demo", seed=3).seed == 3


@pytest.mark.parametrize(
    ("right", "wrong", "key"),
    [
        ('name = "yard"', 'name = "a/b"', "name"),
        ('profile = "booster_pump"', "", r"equipment\.0\.profile"),
        ("setpoint = 0.40", "colour = 1.0", r"equipment\.0\.params\.colour"),
        ("setpoint = 0.40", 'setpoint = "high"', r"equipment\.0\.params\.setpoint"),
        ('code = "BP-01"', 'code = "BP-01"\ntick = "0s"', r"equipment\.0.*tick"),
        ('code = "BP-01"', 'code = "BP-01"\ncount = 3', r"equipment\.0.*code"),
        ('equipment = "BP-01"', 'equipment = "BP-02"', r"faults\.0\.equipment"),
        ('fault = "bearing"', 'fault = "rust"', r"faults\.0\.fault"),
        ('doubling = "2h"', 'halving = "2h"', r"faults\.0\.halving"),
        ('doubling = "2h"', 'doubling = "soon"', r"faults\.0\.doubling"),
        ('doubling = "2h"', 'start = "yesterday"', r"faults\.0\.start"),
        ("schema = 1", 'schema = 1\ntimezone = "Moon/Base"', "timezone"),
        ("schema = 1", "schema = 1\nlink = { loss = 2.0 }", r"link\.loss"),
    ],
)
def test_a_faulty_site_is_refused_by_file_and_key(tmp_path: Path, right: str, wrong: str, key: str) -> None:
    path = tmp_path / "yard.toml"
    assert right in GOOD
    path.write_text(GOOD.replace(right, wrong, 1), encoding="utf-8")
    with pytest.raises(SimulatorError, match=rf"yard\.toml: {key}: ") as caught:
        load_site(str(path))
    assert "\n" not in str(caught.value)


def test_a_code_is_there_once() -> None:
    device = {"code": "X", "profile": "room"}
    with pytest.raises(SimulatorError, match=r"equipment\.1\.code: 'X' is there twice"):
        build_site("yard", devices=[device, device])


def test_an_unknown_site_names_the_known_ones() -> None:
    with pytest.raises(SimulatorError, match="demo, fifty_pumps"):
        load_site("moon_base")
