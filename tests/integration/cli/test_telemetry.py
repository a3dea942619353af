"""`telemetry import` as a person calls it: recorded telemetry into the installation's own store."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from iot_maint.bootstrap.installation import open_installation
from iot_maint.cli import build_app
from iot_maint.domain.errors import InvalidInput, MaintError
from iot_maint.domain.telemetry import Point
from iot_maint.services.register.importing import import_rows
from iot_maint.settings import load_settings
from tests.builders import an_equipment
from tests.servers.influxdb import InfluxdbBucket

HEAD = "ts,site,equipment,vib_rms,running\n"
GOOD = HEAD + "2026-01-01 08:00:00,s1,P-1,2.1,1\n2026-01-01 08:05:00,s1,P-1,2.2,1\n2026-01-01 08:05:00,s1,P-2,3.0,1\n"
AT_MS = 1_767_225_600_000


@pytest.fixture(autouse=True)
def _a_register(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IOT_MAINT_DATA_DIR", str(tmp_path / "data"))
    with open_installation(load_settings()) as installation, installation.database.transaction() as repositories:
        for code in ("P-1", "P-2"):
            assert repositories.equipment.add(an_equipment(code))


def call(*files: str, options: tuple[str, ...] = ()) -> Result:
    return CliRunner().invoke(build_app(("telemetry",)), ["telemetry", "import", *files, *options])


def refusal(*files: str) -> str:
    error = call(*files).exception
    assert isinstance(error, MaintError), error
    return str(error)


def stored(code: str = "P-1") -> list[Point]:
    with open_installation(load_settings()) as installation:
        return [point for chunk in installation.telemetry.read_points("pump", "s1", code) for point in chunk]


def test_recorded_telemetry_rests_under_its_type_site_and_code_and_the_count_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(GOOD, "utf-8")

    said = call("a.csv").stdout

    assert "telemetry 3 · 入库 stored 3 · 设备 equipment 2" in said
    assert "2026-01-01 08:00 to 2026-01-01 08:05" in said
    assert [(point.at_ms, point.fields) for point in stored()] == [
        (AT_MS, {"vib_rms": 2.1, "running": 1.0}),
        (AT_MS + 300_000, {"vib_rms": 2.2, "running": 1.0}),
    ]
    assert len(stored("P-2")) == 1


def test_to_import_again_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(GOOD, "utf-8")
    assert call("a.csv").exit_code == 0
    once = stored()
    assert call("a.csv", "a.csv").exit_code == 0
    assert stored() == once


def test_into_influxdb_it_goes_the_same_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, influxdb: InfluxdbBucket
) -> None:
    (tmp_path / "a.csv").write_text(GOOD, "utf-8")
    monkeypatch.setenv("IOT_MAINT_TELEMETRY_URL", influxdb.telemetry_url)
    for _ in range(2):
        assert call("a.csv").exit_code == 0
    assert [(point.at_ms, point.fields["vib_rms"]) for point in stored()] == [(AT_MS, 2.1), (AT_MS + 300_000, 2.2)]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("2026-01-01 08:10:00,s1,P-3,2.1,1", r"b.csv:3: no equipment P-3 in the register; did you mean"),
        ("2026-01-01 08:10:00,s2,P-1,2.1,1", r"b.csv:3: P-1 is registered at site s1, not s2"),
        ("2226-01-01 08:10:00,s1,P-1,2.1,1", r"b.csv:3: its time 2226-01-01T00:10:00\+00:00 is still to come"),
        ("2026-01-01 08:10:00,s1,P-1", r"b.csv:3: "),
    ],
)
def test_a_bad_row_is_refused_by_file_and_line_and_nothing_of_any_file_is_stored(
    tmp_path: Path, row: str, reason: str
) -> None:
    (tmp_path / "a.csv").write_text(GOOD, "utf-8")
    (tmp_path / "b.csv").write_text(f"{HEAD}2026-01-01 08:05:00,s1,P-1,2.2,1\n{row}\n", "utf-8")

    error = call("a.csv", "b.csv").exception

    assert isinstance(error, InvalidInput)
    with pytest.raises(InvalidInput, match=reason):
        raise error
    assert stored() == []


def test_what_the_retention_would_drop_again_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.csv").write_text(GOOD.replace("2026", "2016"), "utf-8")
    monkeypatch.setenv("IOT_MAINT_RETENTION_DAYS", "400")
    assert "a.csv:2: its time 2016-01-01T00:00:00+00:00 is older than the 400 days" in refusal("a.csv")


def test_files_without_telemetry_are_no_success(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(HEAD, "utf-8")
    assert "no telemetry" in refusal("a.csv")


def test_metrics_that_the_type_does_not_declare_are_stored_and_named(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(GOOD.replace("vib_rms", "vib_rsm"), "utf-8")

    assert "not in the catalog of pump: vib_rsm" in call("a.csv").stdout
    document = json.loads(call("a.csv", options=("--json",)).stdout)

    assert document["undeclared"] == {"pump": ["vib_rsm"]}
    assert (document["telemetry"], document["stored"], document["equipment"]) == (3, 3, ["P-1", "P-2"])
    assert document["from"] == "2026-01-01T08:00:00+08:00"
    assert [point.fields["vib_rsm"] for point in stored()] == [2.1, 2.2]


def test_where_telemetry_rests_under_type_and_site_they_are_fixed_from_then_on(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(GOOD, "utf-8")
    call("a.csv")
    moved = {"code": "P-1", "name": "Pump", "type": "pump", "site": "s2"}
    with open_installation(load_settings()) as installation, installation.database.transaction() as repositories:
        report = import_rows(repositories, installation.catalog, installation.clock, [(2, moved)])
    assert [(row.column, row.reason[:24]) for row in report.refused] == [("site", "P-1 has reported already")]
