"""The fingerprint is over what makes the data, and over nothing else."""

import subprocess
import sys
from pathlib import Path

import pytest

import firmware_sim
from firmware_sim.cli import main
from firmware_sim.fleet import fingerprint
from firmware_sim.fleet.fingerprint import files

HOME = Path(str(firmware_sim.__file__)).parent


def test_it_is_over_every_module_that_a_run_imports() -> None:
    script = (
        "import sys; from firmware_sim.fleet import run; run.generate(0, days=1, devices=12); "
        "print('\\n'.join(sorted(m.__file__ for n, m in sys.modules.items() if n.startswith('firmware_sim.'))))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=HOME.parent)
    imported = {Path(line).relative_to(HOME).as_posix() for line in done.stdout.splitlines()}
    # The package's own front door brings the rest of the simulator in; none of it makes the fleet's data.
    front = {"acts.py", "errors.py", "profile.py"}
    assert front <= imported
    missing = {name for name in imported if name.startswith(("fleet/", "physics/"))} - set(files())
    assert missing <= {"fleet/fingerprint.py"}


def test_it_is_over_every_profile_of_the_fleet() -> None:
    for folder in ("profiles", "fleet/profiles"):
        for path in (HOME / folder).glob("*.toml"):
            assert path.relative_to(HOME).as_posix() in files()
    assert "fleet/fleet.toml" in files()


def test_the_command_prints_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fleet", "--fingerprint"]) == 0
    assert capsys.readouterr().out.strip() == fingerprint()
    assert len(fingerprint()) == 64
