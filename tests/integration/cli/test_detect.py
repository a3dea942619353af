"""`iot-maint detect` on files as users have them: no settings, no data folder, no server."""

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from iot_maint import cli
from iot_maint.models.kinds import KINDS

ROWS, ONSET = 700, 500


def course(separator: str = ",", *, comma: bool = False, onset: int = ONSET, rows: int = ROWS) -> str:
    """A pump whose current is too high from `onset` on; a gap of an hour, empty cells and a text beside."""
    chance = np.random.default_rng(5)
    lines = [separator.join(("time", "current", "pressure", "note"))]
    for row in range(rows):
        minute = row + (60 if row >= 450 else 0)
        current = 12.0 + 0.3 * chance.normal() + (3.0 if row >= onset else 0.0)
        pressure = 0.4 + 0.01 * chance.normal()
        cells = [f"2026-01-{1 + minute // 1440:02} {minute // 60 % 24:02}:{minute % 60:02}:00"]
        cells += ["" if row % 97 == 0 else f"{current:.4f}", f"{pressure:.5f}", "ok"]
        lines.append(separator.join(cell.replace(".", ",") if comma else cell for cell in cells))
    return "\n".join(lines) + "\n"


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IOT_MAINT_LANGUAGE", "en")


def detect(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """The exit status."""
    monkeypatch.setattr(sys, "argv", ["iot-maint", "detect", *arguments])
    try:
        cli.main()
    except SystemExit as exit_:
        return exit_.code if isinstance(exit_.code, int) else 1
    return 0


def rows_of(path: str) -> list[dict[str, str]]:
    text = Path(path).read_text("utf-8")
    return list(csv.DictReader(io.StringIO(text), delimiter=";" if ";" in text.splitlines()[0] else ","))


@pytest.mark.parametrize("detector", sorted(KINDS))
def test_every_row_says_score_alarm_and_top_metric(monkeypatch: pytest.MonkeyPatch, detector: str) -> None:
    Path("own.csv").write_text(course())
    arguments = ("own.csv", "--train-rows", "400", "--detector", detector, "--limit", "3", "--out", "out.csv")
    assert detect(monkeypatch, *arguments) == 0
    rows = rows_of("out.csv")
    assert len(rows) == ROWS
    alarmed = [number for number, row in enumerate(rows) if row["alarm"] == "1"]
    assert len([number for number in alarmed if number < ONSET]) < 0.04 * ONSET
    assert alarmed[-1] == ROWS - 1
    assert any(ONSET <= number < ONSET + 15 for number in alarmed)
    assert {rows[number]["top_metric"] for number in alarmed[-150:]} == {"current"}
    assert all(float(row["score"]) >= 0 for row in rows)


def test_the_file_is_otherwise_kept_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("own.csv").write_text(course(";", comma=True))
    assert detect(monkeypatch, "own.csv", "--train-rows", "400", "--out", "out.csv") == 0
    before = Path("own.csv").read_text().splitlines()
    after = Path("out.csv").read_text().splitlines()
    assert [line.rsplit(";", 3)[0] for line in after] == before
    assert "," in rows_of("out.csv")[600]["score"]


def test_no_row_depends_on_rows_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    text = course()
    Path("healthy.csv").write_text(course(onset=10_000, rows=450))
    Path("whole.csv").write_text(text)
    Path("half.csv").write_text("\n".join(text.splitlines()[:561]) + "\n")
    for name in ("whole", "half"):
        assert detect(monkeypatch, f"{name}.csv", "--train", "healthy.csv", "--out", f"{name}.out") == 0
    assert rows_of("whole.out")[:560] == rows_of("half.out")


def test_without_out_the_rows_go_to_standard_output_and_the_words_to_the_other(
    monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    Path("own.csv").write_text(course())
    assert detect(monkeypatch, "own.csv", "--train-rows", "400", "--detector", "tracker") == 0
    out, words = capfdbinary.readouterr()
    assert out.splitlines()[0] == b"time,current,pressure,note,score,alarm,top_metric"
    assert len(out.splitlines()) == ROWS + 1
    told = words.decode()
    assert "column note left out: text" in told
    assert "detector tracker, trained on 400 healthy rows" in told
    assert "current too high" in told
    assert "700 rows, 1 episode, " in told


def test_the_choice_is_explained_and_made_on_the_training_rows_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("a.csv").write_text(course())
    Path("b.csv").write_text(course(onset=420))
    told = []
    for name in ("a.csv", "b.csv"):
        assert detect(monkeypatch, name, "--train-rows", "400", "--json") == 0
        told.append(json.loads(capsys.readouterr().out))
    assert told[0]["trials"] == told[1]["trials"]
    assert {trial["detector"] for trial in told[0]["trials"]} == set(KINDS)
    assert told[0]["detector"] == told[0]["trials"][0]["detector"]
    assert told[0]["left_out"] == [{"column": "note", "reason": "text"}]
    assert told[0]["episodes"][0]["top_metric"] == "current"
    assert told[0]["episodes"][0]["direction"] == 1


@pytest.mark.parametrize(("ending", "magic"), [("png", b"\x89PNG"), ("svg", b"<?xml")])
def test_a_picture_is_drawn(monkeypatch: pytest.MonkeyPatch, ending: str, magic: bytes) -> None:
    Path("own.csv").write_text(course())
    plot = f"picture.{ending}"
    assert detect(monkeypatch, "own.csv", "--train-rows", "400", "--out", "out.csv", "--plot", plot) == 0
    assert Path(plot).read_bytes().startswith(magic)


@pytest.mark.parametrize("name", ["$x^$", r"$\foo{$", "<script>", "泵" * 40])
def test_no_name_of_a_column_keeps_a_picture_from_being_drawn(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    Path("own $^$.csv").write_text(course().replace("current", name), "utf-8")
    arguments = ("--train-rows", "400", "--detector", "tracker", "--out", "out.csv", "--plot", "picture.svg")
    assert detect(monkeypatch, "own $^$.csv", *arguments) == 0
    assert b"<script" not in Path("picture.svg").read_bytes()


def test_a_pump_that_stands_and_a_load_that_explains_can_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = course(onset=10_000).splitlines()
    gated = [f"{lines[0]},running,load"]
    gated += [f"{line},{int(n // 50 % 2 == 0)},{n % 7}" for n, line in enumerate(lines[1:])]
    Path("own.csv").write_text("\n".join(gated) + "\n")
    options = ("--gate", "running", "--drivers", "load", "--detector", "tracker", "--out", "out.csv")
    assert detect(monkeypatch, "own.csv", "--train-rows", "400", *options) == 0
    rows = rows_of("out.csv")
    assert {row["score"] for row in rows if row["running"] == "0"} == {"0.000000"}
    assert {row["top_metric"] for row in rows} <= {"", "current", "pressure"}


@pytest.mark.parametrize(
    ("text", "arguments", "reason"),
    [
        (
            "time,a\n1767254400,1\n1767254401,x1\n1767254402,2\n",
            ("--train-rows", "2"),
            "own.csv:3: a: 'x1' is no number",
        ),
        ("time,a\n1767254400,1\n", ("--train-rows", "5"), "--train-rows 5, but the file has 1 rows"),
        (course(rows=60), ("--train-rows", "50"), "50 healthy rows"),
        (course(), ("--train", "none.csv"), "none.csv: No such file"),
        (course(), ("--train-rows", "400", "--gate", "running"), "no column of numbers running"),
        (course(), ("--train-rows", "400", "--out", "no/such/folder.csv"), "No such file or directory"),
        (course().replace("pressure", "top_metric"), ("--train-rows", "400"), "the file has such a column already"),
    ],
)
def test_a_failure_is_one_line(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    text: str,
    arguments: tuple[str, ...],
    reason: str,
) -> None:
    Path("own.csv").write_text(text)
    assert detect(monkeypatch, "own.csv", *arguments) == 1
    said = capsys.readouterr().err
    assert said.startswith("iot-maint: ")
    assert reason in said
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--train-rows", "400", "--train", "own.csv"),
        ("--train-rows", "0"),
        ("--train-rows", "400", "--detector", "oracle"),
        ("--train-rows", "400", "--plot", "picture.gif"),
        ("--train-rows", "400", "--limit", "0"),
    ],
)
def test_a_usage_error_is_status_2(monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]) -> None:
    Path("own.csv").write_text(course())
    assert detect(monkeypatch, "own.csv", *arguments) == 2


def test_ingest_loads_neither_learning_nor_web_nor_pictures() -> None:
    said = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys, iot_maint.models.kinds\n"
            "from iot_maint.cli import build_app\n"
            "build_app(('ingest',))\n"
            "print([name for name in ('sklearn', 'scipy', 'fastapi', 'matplotlib') if name in sys.modules])",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout == "[]\n"
