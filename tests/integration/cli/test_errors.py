"""What a person sees when a command fails: one line that says what to mend, and a traceback only on request."""

import sys
from pathlib import Path

import pytest

from iot_maint import cli
from iot_maint.settings import SETTINGS_FILE


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IOT_MAINT_DATA_DIR", str(tmp_path / "data"))


def fail(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What the failing command says on stderr."""
    monkeypatch.setattr(sys, "argv", ["iot-maint", *arguments])
    with pytest.raises(SystemExit) as exit_:
        cli.main()
    assert exit_.value.code == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    return said


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ('data_dir = "数据"'.encode("gbk"), "'utf-8' codec can't decode"),
        (b"nosuch = 1", "nosuch: no such setting"),
        (b"data_dir =", "Invalid value"),
    ],
)
def test_a_broken_settings_file_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], content: bytes, reason: str
) -> None:
    SETTINGS_FILE.write_bytes(content)
    said = fail(monkeypatch, capsys, "migrate")
    assert said.startswith("iot-maint: iot-maint.toml: ")
    assert reason in said


def test_a_database_file_that_is_none_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "iot-maint.db").write_bytes(b"not a database " * 100)
    assert "iot-maint.db is damaged" in fail(monkeypatch, capsys, "migrate")


def test_what_nobody_foresaw_is_one_line_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def break_down(_commands: tuple[str, ...]) -> object:
        def run() -> None:
            raise LookupError("first line\nsecond line")

        return run

    monkeypatch.setattr(cli, "build_app", break_down)
    assert "unexpected LookupError: first line second line; `iot-maint --debug" in fail(monkeypatch, capsys, "migrate")

    monkeypatch.setattr(sys, "argv", ["iot-maint", "--debug", "migrate"])
    with pytest.raises(LookupError):
        cli.main()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--share", "4/3"), "there is no worker 4 of 3"),
        (("--share", "half"), "write I/N, such as 2/3"),
        (("--filter", "iot/#/x"), "is no topic filter"),
        (("--filter", "$share/all/iot/v1/#"), "a shared subscription splits"),
        (("--share", "1/2", "--filter", "#"), "exclude each other"),
        (("--share", "1/2", "--leave"), "exclude each other"),
    ],
)
def test_a_part_that_is_none_is_a_usage_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], reason: str
) -> None:
    monkeypatch.setattr(sys, "argv", ["iot-maint", "ingest", *arguments])
    with pytest.raises(SystemExit) as exit_:
        cli.main()
    assert exit_.value.code == 2
    assert reason in " ".join(capsys.readouterr().err.split())
