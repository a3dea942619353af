"""The command line: what it writes, and how it says no."""

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


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--site", "moon_base"], "moon_base: no such file"),
        (["--site", "demo", "--write", "x.jsonl"], "--write needs --from and --for"),
        (["--site", "demo", "--fault", "BP-01:rust"], "faults.1.fault: 'rust'"),
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
