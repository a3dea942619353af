"""The demo's simulated site: its register, and its devices as a process of their own."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from iot_maint.domain.errors import MaintError

SITE = "demo"
REGISTER_WITHIN_S = 60
_SIMULATOR = (sys.executable, "-m", "firmware_sim", "--site", SITE)


def write_demo_register(file: Path) -> None:
    """The register of the simulated site, as an administrator would import it."""
    done = subprocess.run(
        [*_SIMULATOR, "--register", str(file)], capture_output=True, text=True, timeout=REGISTER_WITHIN_S, check=False
    )
    if done.returncode != 0:
        raise MaintError(f"the simulated site cannot be made: {done.stderr.strip()}")


@contextmanager
def simulated_devices(broker_url: str, clock: str, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Publishes the site's telemetry on that clock until the block ends."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*_SIMULATOR, "--mqtt", broker_url, "--clock", clock], stdout=output, stderr=subprocess.STDOUT
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
