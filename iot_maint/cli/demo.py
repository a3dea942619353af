"""`iot-maint demo`."""

import logging
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from queue import Empty, Queue
from threading import Event
from typing import Annotated

import typer
from pydantic import SecretStr

from iot_maint.bootstrap.demo_broker import demo_broker
from iot_maint.bootstrap.demo_site import simulated_devices, write_demo_register
from iot_maint.bootstrap.ingesting import open_ingest
from iot_maint.bootstrap.installation import Installation, open_installation
from iot_maint.bootstrap.scheduling import open_jobs
from iot_maint.bootstrap.web import ingest_checks, make_server
from iot_maint.cli.console import say, start_logging, stop_signal
from iot_maint.clock import read_system_time
from iot_maint.domain.errors import MaintError
from iot_maint.domain.tokens import Scope
from iot_maint.services.monitoring import Outcome
from iot_maint.services.order_text import order_text
from iot_maint.services.ordering import OrderStep
from iot_maint.services.register.importing import import_rows
from iot_maint.services.tokens import issue_token
from iot_maint.settings import Settings, load_settings
from iot_maint.storage.register_files import read_register

SPEED = 240.0
STARTS_IN = timedelta(seconds=3)  # the simulator loads meanwhile
PROGRESS_EVERY_S = 10.0
STORY = (
    "BP-02 的轴承已到晚期，振动每 2 小时翻倍 · the bearing of BP-02 is late in its life: vibration doubles every 2 h"
)
WATCHED = frozenset({"opened", "urgency_raised", "alarm_cleared", "reopened"})


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("demo", help="模拟现场演示 · A simulated site, the service and the API in one.")(run)


def run(
    seconds: Annotated[float | None, typer.Option(min=1, help="Stop by itself after that long.")] = None,
    speed: Annotated[float, typer.Option(min=1, max=400, help="How much faster than real time.")] = SPEED,
) -> None:
    """Everything on this machine, in a folder that is thrown away; exit 0 only if telemetry opened an order."""
    began = time.monotonic()
    settings = load_settings()
    start_logging()
    logging.getLogger().setLevel(logging.WARNING)
    with stop_signal() as stopping, tempfile.TemporaryDirectory(prefix="iot-maint-demo-") as folder:
        until = None if seconds is None else began + seconds
        opened = _play(settings, Path(folder), speed, until, stopping)
    if opened == 0:
        raise MaintError("the demo ended before telemetry opened a preventive order; it takes about 60 s at speed 240")
    say(f"演示结束，共 {opened} 张预防性工单 · the demo ends with {opened} preventive order(s)")


def _play(settings: Settings, folder: Path, speed: float, until: float | None, stopping: Event) -> int:
    steps: Queue[OrderStep] = Queue()

    def collect(outcome: Outcome) -> None:
        for step in outcome.steps:
            steps.put(step)

    write_demo_register(folder / "register.csv")
    with demo_broker(folder) as broker:
        r0 = read_system_time() + STARTS_IN
        clock = f"accelerated:{_story_start(settings, r0).isoformat()}/{r0.isoformat()}/{speed:g}"
        own = {
            "mqtt_url": SecretStr(broker.url),
            "telemetry_url": None,
            "database_url": None,
            # What secures the connections of an installation has nothing to secure here.
            **dict.fromkeys(("mqtt_tls_ca", "mqtt_tls_cert", "mqtt_tls_key", "telemetry_tls_ca")),
            "data_dir": folder / "data",
            "clock": clock,
        }
        with (
            open_installation(settings.model_copy(update=own)) as installation,
            _site(installation, folder, collect) as token,
            simulated_devices(broker.url, clock, folder / "simulator.log") as devices,
        ):
            _say_welcome(installation, broker.name, speed, token)
            return _Show(installation, token, devices, folder / "simulator.log").watch(steps, until, stopping)


def _story_start(settings: Settings, now: datetime) -> datetime:
    """This morning at six, by the site's clock."""
    return now.astimezone(settings.zone).replace(hour=6, minute=0, second=0, microsecond=0)


@contextmanager
def _site(installation: Installation, folder: Path, collect: Callable[[Outcome], None]) -> Iterator[str]:
    """The whole service over the demo's register; gives a token that may read and write."""
    with installation.database.transaction() as repositories:
        rows = read_register(folder / "register.csv")
        report = import_rows(repositories, installation.catalog, installation.clock, rows)
        token, _ = issue_token(repositories, "demo", Scope.WRITE, installation.clock)
    if report.refused:
        raise MaintError(f"the demo's register is refused: {report.refused[0].reason}")
    with (
        open_ingest(installation, collect) as ingest,
        open_jobs(installation),
        make_server(installation, ingest_checks(installation, ingest)),
    ):
        yield token


def _say_welcome(installation: Installation, broker: str, speed: float, token: str) -> None:
    with installation.database.reading() as repositories:
        equipment = len(repositories.equipment.monitored())
    url = f"http://{installation.settings.http_bind}"
    say(f"演示现场 demo site · 设备 equipment {equipment} · 消息代理 broker {broker} · 时间加速 speed ×{speed:g}")
    say(STORY)
    say(f"接口 API {url}/docs · 密钥 token {token}")
    say("约一分钟后出现第一张工单 · the first order comes after about a minute …")


@dataclass(frozen=True, slots=True)
class _Show:
    """What the demo prints while it runs."""

    installation: Installation
    token: str
    devices: subprocess.Popen[bytes]
    devices_log: Path

    def watch(self, steps: "Queue[OrderStep]", until: float | None, stopping: Event) -> int:
        """Print orders as they come and a line of progress between; how many were opened."""
        opened = 0
        progress_at = time.monotonic() + PROGRESS_EVERY_S
        while not stopping.is_set() and (until is None or time.monotonic() < until):
            if self.devices.poll() is not None:
                words = self.devices_log.read_text("utf-8", "replace").strip().splitlines()
                raise MaintError(f"the simulated devices stopped: {words[-1] if words else 'they said nothing'}")
            try:
                step = steps.get(timeout=0.2)
            except Empty:
                if time.monotonic() >= progress_at:
                    progress_at += PROGRESS_EVERY_S
                    self._say_progress()
                continue
            opened += step.event == "opened"
            if step.event in WATCHED:
                self._say_step(step, first=opened == 1 and step.event == "opened")
        return opened

    def _say_progress(self) -> None:
        now = self.installation.clock.now().astimezone(self.installation.settings.zone)
        stored = self.installation.meter.total("points_stored")
        say(f"  {now:%Y-%m-%d %H:%M} 现场时间 site time · 已存遥测 telemetry stored {stored:.0f}")

    def _say_step(self, step: OrderStep, *, first: bool) -> None:
        settings = self.installation.settings
        with self.installation.database.reading() as repositories:
            equipment = repositories.equipment.get(step.order.equipment)
        say(f"\n[{step.event}] {step.entry.at.astimezone(settings.zone):%Y-%m-%d %H:%M:%S%z}")
        say(order_text(step.order, self.installation.catalog, equipment, settings.language, settings.zone))
        if first:
            url = f"http://{settings.http_bind}/api/v1/work-orders/{step.order.number}"
            say(f"\n自己看看 · see for yourself:\n  curl -s -H 'Authorization: Bearer {self.token}' {url}\n")
