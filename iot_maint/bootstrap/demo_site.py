"""The demo's simulated site: its register, and its devices as a process of their own."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from iot_maint.domain.errors import MaintError

SITE = "demo"
WRITTEN_WITHIN_S = 60
HISTORY_TICK = "5m"  # a detector's bin; what comes every five seconds would take a minute to make
_SIMULATOR = (sys.executable, "-m", "firmware_sim", "--site", SITE)


def write_demo_register(file: Path) -> None:
    """The register of the simulated site, as an administrator would import it."""
    _run("--register", str(file))


def record_history(file: Path, codes: Sequence[str], *, since: datetime, until: datetime) -> None:
    """What these devices sent in [since, until), where the site's story begins."""
    span = f"{(until - since) // timedelta(seconds=1)}s"
    asked = ("--only", ",".join(codes), "--from", since.isoformat(), "--for", span, "--story", until.isoformat())
    _run("--write", str(file), *asked, "--tick", HISTORY_TICK)


def _run(*options: str) -> None:
    done = subprocess.run(
        [*_SIMULATOR, *options], capture_output=True, text=True, timeout=WRITTEN_WITHIN_S, check=False
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
