"""`iot-maint replay` decides by the installation's own register, limits of one's own included."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from iot_maint.bootstrap.installation import open_installation
from iot_maint.cli import build_app
from iot_maint.domain.catalog import Limit
from iot_maint.domain.equipment import LimitChange, LimitOverride
from iot_maint.settings import Settings
from iot_maint.storage.relational.database import open_database
from tests.builders import an_equipment
from tests.crowned_models import crown_detector
from tests.migrated import a_database

AT = datetime(2026, 1, 1, tzinfo=UTC)
OWN = LimitOverride(
    equipment="P-1",
    rule_key="bearing_temp_warning",
    limit=Limit(value=70.0),
    clear_limit=Limit(value=69.0),
    for_duration=timedelta(minutes=2),
)


def test_a_limit_of_ones_own_holds_in_a_replay_and_the_evidence_says_whose_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IOT_MAINT_DATA_DIR", str(tmp_path))
    change = LimitChange(
        equipment="P-1", rule_key=OWN.rule_key, changed_at=AT, changed_by="engineer", old=None, new=OWN
    )
    with open_database(a_database(tmp_path)) as database, database.transaction() as repositories:
        repositories.equipment.add(an_equipment("P-1"))
        repositories.equipment.set_override(change)
    lines = [f"{1767225600 + 60 * minute},s1,P-1,75" for minute in range(4)]
    (tmp_path / "hot.csv").write_text("\n".join(["ts,site,equipment,bearing_temp", *lines]) + "\n", "utf-8")

    done = CliRunner().invoke(build_app(("replay",)), ["replay", str(tmp_path / "hot.csv"), "--json"])

    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["line"] for line in found] == ["finding", "alarm", "order"]
    evidence = found[0]["evidence"]
    assert (evidence["limit"], evidence["dwell_s"], evidence["basis"]) == (70.0, 120.0, "own limit")


def test_a_symptom_that_outlives_its_cause_is_ordered_in_a_replay_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IOT_MAINT_DATA_DIR", str(tmp_path))
    with open_database(a_database(tmp_path)) as database, database.transaction() as repositories:
        repositories.equipment.add(an_equipment("PR-1", equipment_type="power_room", kind="lv"))
        lift = an_equipment("E-1", equipment_type="elevator", kind=None)
        repositories.equipment.add(replace(lift, parent="PR-1"))
    lines = []
    for minute in range(60):
        lines.append(f"{1767225600 + 60 * minute},s1,PR-1,{-97 if minute < 4 else 1},")
        lines.append(f"{1767225600 + 60 * minute},s1,E-1,,45")
    header = "ts,site,equipment,voltage_dev,machine_room_temp"
    (tmp_path / "lost.csv").write_text("\n".join([header, *lines]) + "\n", "utf-8")

    done = CliRunner().invoke(build_app(("replay",)), ["replay", str(tmp_path / "lost.csv"), "--json"])

    found = [json.loads(line) for line in done.stdout.splitlines()]
    opened = [(line["equipment"], line["fault_mode"]) for line in found if line.get("event") == "opened"]
    assert opened == [("PR-1", "PWR-SUPPLY"), ("E-1", "ELV-HVAC")]


def test_a_replay_scores_by_the_installations_models_and_with_another_register_by_those_that_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IOT_MAINT_DATA_DIR", str(tmp_path))
    settings = Settings(data_dir=tmp_path)
    with open_installation(settings) as installation, installation.database.transaction() as repositories:
        repositories.equipment.add(an_equipment("P-1"))
    noise = np.random.default_rng(1).normal(size=(1440, 2)).tolist()
    crown_detector(settings, "P-1", [{"vib_rms": 1.0 + 0.05 * a, "bearing_temp": 45.0 + b} for a, b in noise])
    lines = [f"{1767225600 + 60 * minute},s1,P-1,{1.0 if minute < 10 else 1.8},45" for minute in range(40)]
    (tmp_path / "shaking.csv").write_text("\n".join(["ts,site,equipment,vib_rms,bearing_temp", *lines]) + "\n", "utf-8")
    (tmp_path / "register.csv").write_text("code,name,type,site,kind\nP-1,Pump 1,pump,s1,booster\n", "utf-8")

    def found(*options: str) -> set[str]:
        done = CliRunner().invoke(build_app(("replay",)), ["replay", str(tmp_path / "shaking.csv"), "--json", *options])
        assert done.exit_code == 0, done.output
        told = [json.loads(line) for line in done.stdout.splitlines()]
        return {line["rule"] for line in told if line["line"] == "finding"}

    assert found() == {"model.pca"}
    assert found("--register", str(tmp_path / "register.csv")) == set()
    assert found("--register", str(tmp_path / "register.csv"), "--model", "champion") == {"model.pca"}
