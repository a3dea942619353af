"""`iot-maint serve` as a child process on real stores, and what a test does with it from outside."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.servers.influxdb import InfluxdbBucket
from tests.servers.mosquitto import MosquittoServer
from tests.servers.postgresql import PostgresqlDatabase
from tests.servers.processes import HOST, ServerProcess, free_port

POLL_S = 0.05


def wait_until(condition: Callable[[], bool], within_s: float, what: str, every_s: float = POLL_S) -> None:
    """Poll until true; fails the test in words when the time is over."""
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {within_s:g} s in vain for {what}")
        time.sleep(every_s)


@dataclass(slots=True, kw_only=True)
class Service:
    """One installation of the product, with its commands and its API."""

    folder: Path
    environment: Mapping[str, str]
    command: str = "serve"
    port: int = field(default_factory=free_port)
    process: ServerProcess = field(init=False)
    token: str = ""

    def __post_init__(self) -> None:
        settings = {
            **self.environment,
            "IOT_MAINT_DATA_DIR": str(self.folder / "data"),
            "IOT_MAINT_HTTP_BIND": f"{HOST}:{self.port}",
        }
        self.environment = settings
        assignments = [f"{name}={value}" for name, value in settings.items()]
        self.process = ServerProcess(
            command=["env", *assignments, sys.executable, "-m", "iot_maint", self.command],
            is_ready=self.ready,
            log=self.folder / f"{self.command}.log",
            start_within_s=60,
        )

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def log(self) -> str:
        return self.process.log.read_text("utf-8", "replace") if self.process.log.exists() else ""

    def ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz", timeout=5).status_code == 200
        except httpx.HTTPError:
            return False

    def alive(self) -> bool:
        try:
            return httpx.get(f"{self.url}/healthz", timeout=5).status_code == 200
        except httpx.HTTPError:
            return False

    def readiness(self) -> httpx.Response:
        return httpx.get(f"{self.url}/readyz", timeout=15)

    def run(self, *arguments: str) -> str:
        """A command of the installation, to its end; its standard output."""
        done = subprocess.run(
            [sys.executable, "-m", "iot_maint", *arguments],
            env={**_parent_environment(), **self.environment},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, f"{arguments} exited {done.returncode}: {done.stderr}"
        return done.stdout

    def prepare(self, register: Path | None = None) -> None:
        """Schema, register and a token, as the README says."""
        self.run("migrate")
        if register is not None:
            self.run("equipment", "import", str(register))
        self.token = json.loads(self.run("token", "add", "test", "--scope", "write", "--json"))["token"]

    def get(self, path: str, **parameters: str | int) -> dict[str, object]:
        answer = httpx.get(f"{self.url}/api/v1{path}", params=parameters, headers=self._headers(), timeout=10)
        assert answer.status_code == 200, answer.text
        document: dict[str, object] = answer.json()
        return document

    def post(self, path: str, body: Mapping[str, object]) -> httpx.Response:
        return httpx.post(f"{self.url}/api/v1{path}", json=body, headers=self._headers(), timeout=10)

    def orders(self, **parameters: str | int) -> list[dict[str, object]]:
        items = self.get("/work-orders", limit=500, **parameters)["items"]
        assert isinstance(items, list)
        return items

    def metric(self, name: str) -> float:
        """The sum of a counter or gauge over its labels at /metrics; 0 where it never was counted."""
        text = httpx.get(f"{self.url}/metrics", headers=self._headers(), timeout=10).text
        lines = [line for line in text.splitlines() if line.split("{")[0].split(" ")[0] == f"iot_maint_{name}"]
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines)

    def wait_decided(self, messages: int, within_s: float = 60) -> None:
        """Until that many messages were received since the start, and all of them decided and stored."""

        def done() -> bool:
            if self.metric("messages_received_total") < messages:
                return False
            return self.metric("undecided_batches") == 0 and self.metric("spool_batches") == 0

        wait_until(done, within_s, f"{messages} messages to be decided")

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


def environment_of(
    broker: MosquittoServer, telemetry: InfluxdbBucket | None, database: PostgresqlDatabase | None
) -> dict[str, str]:
    """The settings that point an installation at real servers; embedded stores where there is none."""
    settings = {"IOT_MAINT_MQTT_URL": broker.url}
    if telemetry is not None:
        settings["IOT_MAINT_TELEMETRY_URL"] = telemetry.telemetry_url
    if database is not None:
        settings["IOT_MAINT_DATABASE_URL"] = database.url
    return settings


def simulate(arguments: Sequence[str], within_s: float) -> None:
    """`python -m firmware_sim` to its end."""
    subprocess.run(
        [sys.executable, "-m", "firmware_sim", *arguments], check=True, capture_output=True, timeout=within_s
    )


def _parent_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("IOT_MAINT_")}
