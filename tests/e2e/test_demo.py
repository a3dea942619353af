"""`iot-maint demo`, as a supervisor starts it: a planned order, a model's culprit, an alarm's order on one screen."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers.processes import HOST, free_port

pytestmark = pytest.mark.slow

SECONDS = 90
CULPRIT = "振动速度有效值"  # vib_rms, in the language that is the default


def test_the_demo_shows_a_planned_order_a_culprit_and_an_alarms_order(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("IOT_MAINT_")}
    environment["IOT_MAINT_HTTP_BIND"] = f"{HOST}:{free_port()}"
    done = subprocess.run(
        [sys.executable, "-m", "iot_maint", "demo", "--seconds", str(SECONDS)],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=SECONDS + 60,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert done.stderr == ""
    steps = re.split(r"^\[(\w+)\] .*\n", done.stdout, flags=re.MULTILINE)
    said = dict(reversed(list(zip(steps[1::2], steps[2::2], strict=True))))  # of each kind the first
    assert [steps.count(kind) for kind in ("planned", "shadow", "opened")] == [1, 1, 1]
    assert re.search(rf"BP-03\n(.*\n)*.*{CULPRIT}.*10 %.*\d{{4}}-\d\d-\d\d.*90 %.*\d{{4}}-\d\d-\d\d", said["planned"])
    assert re.search(r"\d\d:\d\d – \d{4}-\d\d-\d\d \d\d:\d\d", said["planned"])  # the maintenance window
    assert "BP-02" in said["shadow"]
    assert CULPRIT in said["shadow"]
    assert "BP-02" in said["opened"]
    assert CULPRIT in said["opened"]
