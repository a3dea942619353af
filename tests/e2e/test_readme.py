"""Every command of the README, in its order, typed into one shell on real servers."""

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.documents import READMES, ROOT, blocks
from tests.e2e.service import environment_of
from tests.servers.influxdb import InfluxdbBucket
from tests.servers.mosquitto import MosquittoServer
from tests.servers.postgresql import PostgresqlDatabase
from tests.servers.processes import HOST, free_port

pytestmark = pytest.mark.slow

README_BIND = "127.0.0.1:8000"
WITHIN_S = 240
# `serve` never ends by itself: it goes into the background, and the reader goes on once it is ready.
SERVE = """\
iot-maint serve 2> serve.log &
trap "kill $!; wait $!" EXIT
for attempt in $(seq 300); do curl -fsS http://{bind}/readyz 2> /dev/null && break || sleep 0.1; done
"""


def as_script(commands: str, servers: Mapping[str, str], bind: str) -> str:
    """The commands with this test's servers in the place of the README's; make targets are run by CI itself."""
    lines = ["set -euo pipefail"]
    for line in commands.splitlines():
        export = re.match(r"export (\w+)=", line)
        if line.startswith("make "):
            continue
        if export is not None:
            lines.append(f"export {export[1]}='{servers[export[1]]}'")
        elif line == "iot-maint serve":
            lines.append(SERVE.format(bind=bind))
        else:
            lines.append(line.replace(README_BIND, bind))
    return "\n".join(lines) + "\n"


@pytest.fixture
def said(tmp_path: Path, mosquitto: MosquittoServer, influxdb: InfluxdbBucket, postgresql: PostgresqlDatabase) -> str:
    """What the whole README prints; fails with it where a command fails."""
    (example,) = blocks(ROOT / "docs" / "adding-an-equipment-type.md", "toml")
    (tmp_path / "types").mkdir()
    (tmp_path / "types" / "cooling_tower.toml").write_text(example, "utf-8")
    bind = f"{HOST}:{free_port()}"
    script = as_script("".join(blocks(READMES[0], "sh")), environment_of(mosquitto, influxdb, postgresql), bind)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("IOT_MAINT_")}
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=tmp_path,
        env={**kept, "PATH": programs, "IOT_MAINT_HTTP_BIND": bind},
        capture_output=True,
        text=True,
        timeout=WITHIN_S,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert "Traceback" not in done.stderr + (tmp_path / "serve.log").read_text("utf-8")
    return done.stdout


def test_the_readme_works_as_it_is_written(said: str, tmp_path: Path) -> None:
    assert "empty → " in said  # migrate
    assert said.count("✓ broker") == 2
    assert "✗" not in said
    assert "cooling_tower, elevator, power_room, pump: " in said
    assert "added 2" in said
    assert "P-01\tpump/booster\tyard" in said
    assert (tmp_path / "register.toml").read_text("utf-8").count("[[equipment]]") == 2
    assert '"status":"ready"' in said
    assert re.search(r'"items":\[{"number":"WO-\d{8}-0001","site":"yard","equipment":"E-01"', said)
    assert '"note":"rescue team called"' in said
    assert '"status":"dispatched"' in said
    assert '"code":"P-07","name":"P-07","type":"unregistered"' in said
    assert '"kind":"confirm","source":"P-07","target":"P-07"' in said
    assert '"kind":"merge","source":"PUMP1","target":"P-01"' in said
    assert '"limit":{"value":78.0' in said
    assert '"rule_key":"bearing_temp_warning","override":null' in said
    assert "orders 1" in said
    assert '"line": "order", "event": "opened"' in said
    assert "telemetry 5 · 入库 stored 5 · 设备 equipment 1" in said
    assert "WO-20260301-0001" in said.split("入库 stored 5")[1]  # the backtest on what is stored
    assert "not_json" in said
    assert "vib=2.2" in said
    assert (tmp_path / "boards" / "dashboards" / "cooling_tower.json").is_file()
