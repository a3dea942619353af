"""The register that `iot-maint equipment import` takes."""

import csv
from io import StringIO

from firmware_sim import build_site, load_site
from firmware_sim.register import register_csv


def test_the_columns_are_the_registers_followed_by_parameters() -> None:
    header = register_csv(load_site("demo")).splitlines()[0].split(",")
    assert " ".join(header[:13]) == "code name type site kind gateway parent building floor room maker model serial"
    assert {"setpoint", "nameplate.power_kw", "site.suction_pressure", "interval.residual_current"} <= set(header[13:])


def test_every_device_is_a_row_with_its_own_parameters() -> None:
    site = load_site("demo")
    rows = {row["code"]: row for row in csv.DictReader(StringIO(register_csv(site)))}
    assert rows.keys() == {device.code for device in site.devices}
    pump = rows["BP-02"]
    assert (pump["type"], pump["kind"], pump["site"]) == ("pump", "booster", "yunting")
    assert (pump["setpoint"], pump["name"]) == ("0.38", "1号楼生活给水泵2号")
    assert rows["EL-1"]["setpoint"] == ""
    assert rows["EL-1"]["kind"] == ""


def test_a_slow_device_registers_the_interval_it_really_has() -> None:
    def intervals(tick: str) -> dict[str, str]:
        site = build_site("yard", devices=[{"code": "X", "profile": "booster_pump", "tick": tick}])
        row = next(csv.DictReader(StringIO(register_csv(site))))
        return {key: value for key, value in row.items() if key.startswith("interval.")}

    assert intervals("5s") == {}
    assert intervals("60s")["interval.discharge_pressure"] == "60"
    assert "interval.vib_rms" not in intervals("60s")
