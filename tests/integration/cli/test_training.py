"""`train` and `models` as a person calls them, on stores of a test's own."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner, Result

from iot_maint.bootstrap.installation import open_installation
from iot_maint.cli import models, train
from iot_maint.domain.errors import BrokenSetting, Conflict, RefusedModel, UnknownEquipment
from iot_maint.domain.instants import epoch_ms
from iot_maint.domain.telemetry import Point
from iot_maint.settings import load_settings
from tests.builders import an_equipment

BIN_MS = 300_000
METRICS = ("vib_rms", "bearing_temp", "motor_current_ratio", "running")


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IOT_MAINT_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("IOT_MAINT_LANGUAGE", "en")


def call(*arguments: str) -> Result:
    app = typer.Typer()
    train.register(app)
    models.register(app)
    return CliRunner().invoke(app, arguments)


def said(*arguments: str) -> str:
    result = call(*arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


def documents(*arguments: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in said(*arguments, "--json").splitlines()]


def a_pump(code: str, days: float, seed: int = 0) -> None:
    """In the register, with so many days of telemetry until now."""
    end_ms = epoch_ms(datetime.now(UTC)) // BIN_MS * BIN_MS
    count = round(timedelta(days=days) / timedelta(milliseconds=BIN_MS))
    noise = np.random.default_rng(seed).normal(size=(count, 3))
    values = np.column_stack([np.array([2.0, 45.0, 0.8]) + noise * [0.1, 1.0, 0.05], np.ones(count)]).tolist()
    with open_installation(load_settings()) as installation:
        with installation.database.transaction() as repositories:
            assert repositories.equipment.add(an_equipment(code))
        installation.telemetry.write(
            [
                Point(
                    measurement="pump",
                    tags={"site": "s1", "equipment": code},
                    at_ms=end_ms - (count - number) * BIN_MS,
                    fields=dict(zip(METRICS, row, strict=True)),
                )
                for number, row in enumerate(values)
            ]
        )


def test_train_promote_and_roll_back_by_hand() -> None:
    a_pump("P-1", 15)

    assert said("train", "P-1").startswith("P-1  own model 1 (tracker, candidate)  15.0 d healthy")
    said("train", "P-1", "--detector", "pca")
    assert said("models", "promote", "1").split("\t")[:4] == ["1", "P-1", "tracker", "champion"]
    said("models", "promote", "2", "--note", "backtest")

    assert said("models", "rollback", "2").split("\t")[0] == "1"
    listed = {document["id"]: document["status"] for document in documents("models", "list")}
    assert listed == {1: "champion", 2: "retired"}
    story = said("models", "show", "2").splitlines()[-3:]
    assert [line.split()[2] for line in story] == ["trained", "promoted", "retired"]
    assert story[1].endswith("cli  backtest")
    assert "bearing_temp" in said("models", "show", "1")
    with pytest.raises(Conflict, match="no champion of P-1 stood before"):
        raise_from("models", "rollback", "1")


def raise_from(*arguments: str) -> None:
    error = call(*arguments).exception
    assert error is not None
    raise error


def test_a_dry_answer_says_how_much_there_is_and_how_much_it_takes() -> None:
    a_pump("P-1", 15)
    a_pump("P-2", 3, seed=1)
    a_pump("P-3", 1, seed=2)

    lines = said("train", "--type", "pump", "--dry-run").splitlines()

    assert lines[0].startswith("P-1  enough for a model of its own (14 d)  15.0 d healthy; bins left out: no data")
    assert lines[1].startswith("P-2  too little for a model of its own (14 d), enough for a place in its fleet (2 d)")
    assert "P-3  too little history: its own model takes 14 d" in lines[2]
    assert "no models" in said("models", "list")


def test_one_of_many_that_is_new_is_placed_and_each_has_its_line() -> None:
    a_pump("P-1", 15)
    a_pump("P-2", 3, seed=1)

    trained = {document["subject"]: document["way"] for document in documents("train", "--all", "--shadow")}

    assert trained == {"P-1": "own", "pump/booster": "fleet_itself", "P-2": "fleet"}
    assert {d["equipment"]: d["status"] for d in documents("models", "list")} == {
        "P-1": "shadow",
        None: "candidate",
        "P-2": "shadow",
    }


def test_where_nothing_could_be_trained_the_status_is_1() -> None:
    a_pump("P-1", 1)

    result = call("train", "P-1")

    assert result.exit_code == 1
    assert "too little history" in result.stdout


@pytest.mark.parametrize("also", [(), ("--dry-run",), ("--json",)])
def test_an_empty_register_is_said(also: tuple[str, ...]) -> None:
    with pytest.raises(UnknownEquipment, match=r"没有在用的设备 · no equipment in use in the register; `iot"):
        raise_from("train", "--all", *also)
    with pytest.raises(UnknownEquipment, match="no pump equipment in use"):
        raise_from("train", "--type", "pump", *also)


def test_a_span_without_any_telemetry_is_said_and_what_to_do() -> None:
    a_pump("P-1", 15)

    nothing = call("train", "--all", "--from", "2020-01-01", "--to", "2020-02-01")

    assert nothing.exit_code == 1
    assert nothing.stderr.endswith(
        "no telemetry from 2020-01-01 00:00 to 2020-02-01 00:00; choose another span with --from and --to\n"
    )
    assert "no telemetry" not in call("train", "--all", "--dry-run").stderr


@pytest.mark.parametrize("arguments", [(), ("P-1", "--all"), ("--all", "--type", "pump"), ("P-1", "--to", "soon")])
def test_a_request_that_is_none_is_a_usage_error(arguments: tuple[str, ...]) -> None:
    assert call("train", *arguments).exit_code == 2


def test_a_model_whose_file_is_refused_is_not_promoted(tmp_path: Path) -> None:
    a_pump("P-1", 15)
    said("train", "P-1")
    [file] = (tmp_path / "data" / "models").iterdir()
    file.write_bytes(file.read_bytes()[:-1])

    with pytest.raises(RefusedModel, match=rf"{file.name}: is cut short"):
        raise_from("models", "promote", "1")

    assert [document["status"] for document in documents("models", "list")] == ["candidate"]


def test_a_span_bounds_the_history() -> None:
    a_pump("P-1", 15)
    start = f"{datetime.now(UTC) - timedelta(days=4):%Y-%m-%d}"

    [document] = documents("train", "P-1", "--from", start, "--dry-run")

    assert document["way"] == "fleet"


def test_a_cluster_in_the_clear_elsewhere_is_refused_before_anything_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IOT_MAINT_DASK", "tcp://10.0.0.7:8786")

    with pytest.raises(BrokenSetting, match="use tls://"):
        raise_from("train", "--all")
