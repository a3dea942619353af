"""The command line: what it writes, and how it says no."""

import json
from pathlib import Path

import pytest

from firmware_sim import SimulatorError
from firmware_sim.cli import main, parse_fault
from firmware_sim.publisher import parse_broker


def test_a_fault_is_written_as_code_fault_and_settings() -> None:
    assert parse_fault("BP-01:bearing:start=20m,doubling=2h,v_start=4.3") == {
        "equipment": "BP-01",
        "fault": "bearing",
        "start": "20m",
        "doubling": "2h",
        "v_start": 4.3,
    }
    assert parse_fault("R-1:override:metric=smoke,to=true")["to"] is True
    assert parse_fault("R-1:smoke") == {"equipment": "R-1", "fault": "smoke"}


@pytest.mark.parametrize("text", ["bearing", ":bearing", "BP-01:", "BP-01:bearing:fast"])
def test_a_faulty_fault_is_refused(text: str) -> None:
    with pytest.raises(SimulatorError, match="--fault"):
        parse_fault(text)


def test_a_recording_and_a_register_are_written(tmp_path: Path) -> None:
    recording, register = tmp_path / "demo.jsonl", tmp_path / "register.csv"
    span = ["--from", "2026-03-03T08:00:00+08:00", "--for", "2m"]
    assert main(["--site", "demo", "--write", str(recording), *span, "--register", str(register)]) == 0
    assert len(recording.read_text(encoding="utf-8").splitlines()) > 100
    assert len(register.read_text(encoding="utf-8").splitlines()) == 21


def test_a_history_is_recorded_of_the_devices_and_as_often_as_asked(tmp_path: Path) -> None:
    recording = tmp_path / "history.jsonl"
    span = ["--from", "2026-03-03T08:00:00+08:00", "--for", "2h", "--story", "2026-03-03T10:00:00+08:00"]
    asked = ["--only", "BP-02,BP-03", "--tick", "5m"]
    assert main(["--site", "demo", "--write", str(recording), *span, *asked]) == 0
    topics = [json.loads(line)["topic"] for line in recording.read_text(encoding="utf-8").splitlines()]
    assert {topic.split("/")[3] for topic in topics} == {"BP-02", "BP-03"}
    assert 45 <= len(topics) <= 51


_SPAN = ["--write", "x.jsonl", "--from", "2026-03-03T08:00:00+08:00", "--for", "2m"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--site", "demo", *_SPAN, "--only", "BP-02,BP-99"], "--only: the site has no 'BP-99'"),
        (["--site", "demo", *_SPAN, "--story", "yesterday"], "--story: 'yesterday'"),
        (["--site", "demo", *_SPAN, "--tick", "often"], "--tick: 'often'"),
        (["--site", "demo", *_SPAN, "--tick", "0s"], "--tick: '0s'"),
        (["--site", "moon_base"], "moon_base: no such file"),
        (["--site", "demo", "--write", "x.jsonl"], "--write needs --from and --for"),
        (["--site", "demo", "--fault", "BP-01:rust"], "faults.2.fault: 'rust'"),
        (["--site", "demo", "--speed", "0"], "--speed: '0'"),
        (["--site", "demo", "--speed", "2", "--clock", "system"], "--speed: "),
        (["--site", "demo", "--mqtt", "http://localhost"], "--mqtt: "),
    ],
)
def test_a_faulty_option_is_one_line_and_exit_code_one(
    options: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(options) == 1
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1


def test_a_usage_error_exits_with_two() -> None:
    with pytest.raises(SystemExit, match="2"):
        main([])


def test_a_brokers_url_has_its_parts() -> None:
    plain, secure = parse_broker("mqtt://broker"), parse_broker("mqtts://me:p%40ss@broker:9883")
    assert (plain.host, plain.port, plain.tls, plain.username) == ("broker", 1883, False, None)
    assert (secure.port, secure.tls, secure.username, secure.password) == (9883, True, "me", "p@ss")
