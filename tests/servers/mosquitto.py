"""A real Mosquitto on a free loopback port, with the settings the product asks of its broker."""

import os
import pwd
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from tests.servers.processes import HOST, ServerProcess, accepts_connections, free_port
from tests.servers.programs import find_mosquitto_pub

# Mosquitto's own defaults stall a batch of manual acknowledgements above 20 messages,
# queue only 1,000 for an absent session, and save its sessions every half hour.
_CONFIGURATION = """\
listener {port} {host}
allow_anonymous true
user {user}
persistence true
persistence_location {folder}/
autosave_interval 1
max_inflight_messages 0
max_queued_messages 0
message_size_limit 1048576
log_dest stderr
{extra}
"""


@dataclass(slots=True, kw_only=True)
class MosquittoServer:
    """Broker of one test. Its sessions outlive `stop()`, and `kill()` up to the last second."""

    program: Path
    folder: Path
    extra_configuration: str = ""
    host: str = HOST
    port: int = field(default_factory=free_port)
    process: ServerProcess = field(init=False)

    def __post_init__(self) -> None:
        self.process = ServerProcess(
            command=[str(self.program), "-c", str(self.folder / "mosquitto.conf")],
            is_ready=lambda: accepts_connections(self.port),
            log=self.folder / "mosquitto.log",
        )

    @property
    def url(self) -> str:
        """As `IOT_MAINT_MQTT_URL` takes it."""
        return f"mqtt://{self.host}:{self.port}"

    def start(self) -> None:
        (self.folder / "mosquitto.conf").write_text(
            _CONFIGURATION.format(
                host=self.host,
                port=self.port,
                folder=self.folder,
                # Started by root, it would change to a user who may not write here.
                user=pwd.getpwuid(os.geteuid()).pw_name,
                extra=self.extra_configuration,
            )
        )
        self.process.start()

    def stop(self) -> None:
        self.process.stop()

    def kill(self) -> None:
        self.process.kill()

    def publish(self, topic: str, payload: str | bytes, *, qos: int = 1, retain: bool = False) -> None:
        """One message through `mosquitto_pub`, as a person at a terminal would send it."""
        publish(self.host, self.port, topic, payload, qos=qos, retain=retain)


def publish(
    host: str,
    port: int,
    topic: str,
    payload: str | bytes,
    *,
    qos: int = 1,
    retain: bool = False,
    username: str | None = None,
    password: str | None = None,
) -> None:
    """`mosquitto_pub`, acknowledged by the broker for QoS 1.

    Raises subprocess.CalledProcessError (stderr in it) when the broker refuses.
    """
    program = find_mosquitto_pub()
    if program is None:
        raise FileNotFoundError("mosquitto_pub")
    command = [str(program), "-h", host, "-p", str(port), "-q", str(qos), "-t", topic, "-s"]
    if retain:
        command.append("-r")
    if username is not None:
        command += ["-u", username]
    if password is not None:
        command += ["-P", password]
    message = payload.encode() if isinstance(payload, str) else payload
    subprocess.run(command, input=message, check=True, capture_output=True, timeout=20)
