"""A broker for the demo alone, as a process of its own: Mosquitto where it is installed, else amqtt.

amqtt forgets what a client did not acknowledge in time and carries some hundred messages a second: enough for a demo.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from iot_maint.domain.errors import MaintError

STARTS_WITHIN_S = 15.0
_SBIN = "/usr/sbin"  # where Debian puts mosquitto, off many users' PATH


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoBroker:
    """A running broker: its name for people, and its URL."""

    name: str
    url: str


@contextmanager
def demo_broker(folder: Path) -> Iterator[DemoBroker]:
    """Start on a free loopback port, stop on leaving.  `MaintError`, with the broker's words, if it does not start."""
    port = _free_port()
    mosquitto = shutil.which("mosquitto", path=os.pathsep.join((os.environ.get("PATH", ""), _SBIN)))
    name = "mosquitto" if mosquitto is not None else "amqtt"
    command = _mosquitto(mosquitto, folder, port) if mosquitto is not None else _amqtt(folder, port)
    output = folder / "broker.log"
    with output.open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
    try:
        _await_port(port, process, output)
        # amqtt keeps the session of a client only when it has a name.
        yield DemoBroker(name=name, url=f"mqtt://demo@127.0.0.1:{port}")
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()


def _mosquitto(program: str, folder: Path, port: int) -> Sequence[str]:
    config = folder / "mosquitto.conf"
    config.write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous true\nmax_inflight_messages 0\nmax_queued_messages 0\n", "utf-8"
    )
    return [program, "-c", str(config)]


def _amqtt(folder: Path, port: int) -> Sequence[str]:
    config = folder / "amqtt.yaml"
    config.write_text(
        f"listeners:\n  default:\n    type: tcp\n    bind: 127.0.0.1:{port}\n"
        "plugins:\n  amqtt.plugins.authentication.AnonymousAuthPlugin:\n    allow_anonymous: false\n",
        "utf-8",
    )
    return [sys.executable, "-c", "from amqtt.scripts.broker_script import main; main()", "-c", str(config)]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _await_port(port: int, process: subprocess.Popen[bytes], output: Path) -> None:
    deadline = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            probe.settimeout(0.5)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    words = output.read_text("utf-8", "replace").strip().splitlines()
    raise MaintError(f"the demo's broker did not start: {words[-1] if words else 'it said nothing'}")
