"""A run as files: what `replay` and `equipment import` read."""

import csv
import json
from collections import Counter
from datetime import datetime
from io import StringIO
from pathlib import Path

import numpy as np
import pytest

from firmware_sim.cli import main
from firmware_sim.fleet import FleetRun, generate
from firmware_sim.fleet.export import known_faults, register, telemetry_csv
from firmware_sim.fleet.grid import STEP_MS
from firmware_sim.fleet.roster import roster
from firmware_sim.fleet.truth import faults_csv, truth_json
from tests.unit.firmware_sim.fleet.catalogs import catalog_of


@pytest.fixture(scope="module")
def run() -> FleetRun:
    return generate(3, days=90, devices=24)


def test_the_command_writes_register_telemetry_and_truth(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fleet", "--seed", "4", "--days", "2", "--devices", "5", "--out", str(tmp_path)]) == 0
    assert "seed 4, 5 devices, 2 days" in capsys.readouterr().out
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"register.csv", "truth.json", "faults.csv", "known-faults.csv", "telemetry"}
    assert len(list((tmp_path / "telemetry").glob("*.csv"))) == 5


def test_a_command_without_a_place_to_write_is_refused_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fleet", "--seed", "4"]) == 1
    said = capsys.readouterr().err
    assert "--out" in said
    assert said.count("\n") == 1


def test_a_line_carries_time_site_equipment_and_the_metrics_in_the_bin_of_its_time(run: FleetRun) -> None:
    device = run.devices[0]
    rows = list(csv.DictReader(StringIO("".join(telemetry_csv(run.seed, device, run.truth)))))
    assert list(rows[0]) == ["ts", "site", "equipment", *device.metrics]
    bins = dict(zip(device.at_ms.tolist(), device.values.tolist(), strict=True))
    for row in rows[:: len(rows) // 200]:
        sent_ms = round(datetime.fromisoformat(row["ts"]).timestamp() * 1000)
        values = bins[-(-sent_ms // STEP_MS) * STEP_MS]
        for metric, value in zip(device.metrics, values, strict=True):
            assert row[metric] == ("" if np.isnan(value) else f"{value:.10g}")


def test_a_few_messages_come_twice_and_a_sick_link_delivers_more_of_them(run: FleetRun) -> None:
    sick = {fault.equipment: fault for fault in run.truth.data_faults if fault.what == "duplicates"}
    for device in run.devices:
        lines = list(telemetry_csv(run.seed, device, run.truth))
        twice = sum(count - 1 for count in Counter(lines).values())
        assert twice > 100 if device.code in sick else 20 <= twice <= 90


def test_the_register_has_what_every_limit_of_the_catalog_refers_to(run: FleetRun) -> None:
    rows = {row["code"]: row for row in csv.DictReader(StringIO(register(run)))}
    assert rows.keys() == {device.code for device in run.devices}
    for device in run.devices:
        row = rows[device.code]
        assert (row["type"], row["site"]) == (device.member.profile.base.type, device.member.site)
        for rule in catalog_of(row["type"])["rules"].values():
            limit = rule.get("above", rule.get("below"))
            if rule.get("metric") in device.metrics and isinstance(limit, dict) and "parameter" in limit:
                kinds = rule.get("kinds", [row["kind"]])
                absent = limit["parameter"] == "nameplate.forced_oil_limit" or row["kind"] not in kinds
                assert absent or row[limit["parameter"]] != ""


@pytest.mark.parametrize("devices", [6, 12, 18, 24])
def test_every_parent_in_the_register_of_a_few_devices_is_in_it(devices: int) -> None:
    rows = {row["code"]: row for row in csv.DictReader(StringIO(register(generate(0, days=1, devices=devices))))}
    assert len(rows) == devices
    assert all(row["parent"] in rows for row in rows.values() if row["parent"])


def test_a_device_whose_panel_is_not_in_the_run_hangs_on_what_feeds_that_panel() -> None:
    rows = {row["code"]: row for row in csv.DictReader(StringIO(register(generate(0, days=1, devices=12))))}
    assert "YT-LV-2" not in rows
    assert rows["YT-BP-1"]["parent"] == "YT-TR-1"
    assert "BH-MV-1" not in rows
    assert rows["BH-TR-1"]["parent"] == ""


def test_parents_are_power_rooms_of_the_same_site() -> None:
    members = {member.code: member for member in roster()}
    for member in members.values():
        if member.parent:
            parent = members[member.parent]
            assert parent.site == member.site
            assert parent.profile.base.type == "power_room"
        else:
            assert member.profile.base.type == "power_room"


def test_booster_pumps_stand_in_twins_under_one_panel() -> None:
    sets = Counter(member.set_name for member in roster() if member.profile_name == "booster_pump")
    assert set(sets.values()) == {2}


def test_known_faults_name_equipment_and_mode_with_the_times_of_onset_and_failure(run: FleetRun) -> None:
    rows = list(csv.DictReader(StringIO(known_faults(run.truth))))
    assert [
        (row["equipment"], row["fault_mode"], *(_ms(row[name]) for name in ("onset", "failure"))) for row in rows
    ] == [(fault.equipment, fault.fault_mode, fault.onset_ms, fault.failure_ms) for fault in run.truth.faults]


def _ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def test_the_truth_tells_every_fault_with_its_limit(run: FleetRun) -> None:
    told = json.loads(truth_json(run.truth))
    assert len(told["faults"]) == len(run.truth.faults) > 0
    for one, fault in zip(told["faults"], run.truth.faults, strict=True):
        assert one["limit_ms"] == fault.limit_ms
        assert one["limit_severity"] == ("critical" if fault.critical else "warning")
    rows = list(csv.DictReader(StringIO(faults_csv(run.truth.faults))))
    assert [row["equipment"] for row in rows] == [fault.equipment for fault in run.truth.faults]
    assert "season" in told["always"]
