"""The systemd unit: well-formed, hardened, and stopped the way the service wants to be stopped."""

import shutil
import subprocess
from pathlib import Path

import pytest

UNIT = Path(__file__).parents[3] / "deploy" / "iot-maint.service"


def settings() -> dict[str, list[str]]:
    """Every directive with its values; configparser would refuse the ones that may be repeated."""
    found: dict[str, list[str]] = {}
    for line in UNIT.read_text().splitlines():
        if line and not line.startswith(("#", "[")):
            name, value = line.split("=", 1)
            found.setdefault(name, []).append(value)
    return found


def test_it_is_stopped_gently_and_started_again_after_a_failure() -> None:
    unit = settings()
    assert unit["KillSignal"] == ["SIGTERM"]
    assert unit["Restart"] == ["on-failure"]


def test_the_schema_is_brought_up_to_date_before_the_service_starts() -> None:
    unit = settings()
    assert unit["ExecStartPre"][0].endswith("/iot-maint migrate")
    assert unit["ExecStart"][0].endswith("/iot-maint serve")


def test_it_writes_to_its_data_folder_only() -> None:
    unit = settings()
    assert unit["DynamicUser"] == ["yes"]
    assert unit["ProtectSystem"] == ["strict"]
    assert unit["StateDirectory"] == ["iot-maint"]
    assert "IOT_MAINT_DATA_DIR=/var/lib/iot-maint" in unit["Environment"]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze here")
def test_systemd_finds_no_fault_in_it(tmp_path: Path) -> None:
    # The program is not installed on the machine that runs the tests.
    present = UNIT.read_text().replace("/opt/iot-maint/bin/iot-maint", "/bin/true")
    copy = tmp_path / UNIT.name
    copy.write_text(present)

    verified = subprocess.run(["systemd-analyze", "verify", str(copy)], capture_output=True, text=True, check=False)

    assert (verified.returncode, verified.stderr) == (0, "")
