"""`iot-maint equipment faults`: the labels that verdicts make of work orders."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from iot_maint.cli import build_app
from iot_maint.domain.verdicts import Judgement, Verdict
from iot_maint.domain.work_orders import WorkOrderStatus
from iot_maint.storage.relational.database import open_database
from tests.builders import T0, a_work_order
from tests.migrated import a_database

LINES = ["equipment,fault_mode,onset,failure", "P-1,PMP-BEAR,2026-01-01T08:00:00+08:00,2026-01-01T09:00:00+08:00"]


@pytest.fixture(autouse=True)
def _a_real_and_a_false_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IOT_MAINT_DATA_DIR", str(tmp_path))
    closed = replace(
        a_work_order(fault_mode="PMP-BEAR", status=WorkOrderStatus.CLOSED), ended_at=T0 + timedelta(hours=1)
    )
    with open_database(a_database(tmp_path)) as database, database.transaction() as repositories:
        for number, verdict in (("WO-1", Verdict.REAL_FAULT), ("WO-2", Verdict.FALSE_ALARM)):
            judgement = Judgement(verdict=verdict, at=T0, by="zhang")
            repositories.orders.add(replace(closed, number=number, judgement=judgement))


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(build_app(("equipment",)), ["equipment", "faults", *arguments])
    return result.exit_code, result.output


def test_real_faults_are_written_as_backtests_read_them(tmp_path: Path) -> None:
    assert run()[1].splitlines() == LINES
    assert run(str(tmp_path / "faults.csv"))[1].startswith("1 → ")
    assert (tmp_path / "faults.csv").read_text("utf-8").splitlines() == LINES


def test_they_are_narrowed_and_the_false_ones_asked_for() -> None:
    assert run("--from", "2026-01-01T10:00:00+08:00")[1].splitlines() == LINES[:1]
    assert run("--equipment", "P-2")[1].splitlines() == LINES[:1]
    told = json.loads(run("--kind", "false", "--json")[1])
    assert (told["work_order"], told["verdict"]) == ("WO-2", "false_alarm")


def test_a_time_without_an_offset_is_the_site_s() -> None:
    assert run("--from", "2026-01-01T09:01:00")[1] == run("--from", "2026-01-01T09:01:00+08:00")[1]
    assert run("--from", "2026-01-01T09:01:00")[1].splitlines() == LINES[:1]
    assert run("--from", "2026-01-01")[1].splitlines() == LINES


def test_what_is_no_time_is_a_usage_error_that_says_what_is_one() -> None:
    status, said = run("--to", "yesterday")
    assert status == 2
    assert "2026-03-01T08:00:00+08:00" in said
