"""`iot-maint demo`."""

import logging
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from queue import Queue
from threading import Event
from typing import Annotated

import typer
from pydantic import SecretStr

from iot_maint.bootstrap.demo_broker import demo_broker
from iot_maint.bootstrap.demo_history import HISTORY, MODELLED, WEARING, prepare_site
from iot_maint.bootstrap.demo_site import simulated_devices, write_demo_register
from iot_maint.bootstrap.ingesting import open_ingest
from iot_maint.bootstrap.installation import Installation, open_installation
from iot_maint.bootstrap.scheduling import open_jobs
from iot_maint.bootstrap.web import ingest_checks, make_server
from iot_maint.cli.console import say, start_logging, stop_signal
from iot_maint.cli.demo_show import Seen, Show
from iot_maint.clock import read_system_time
from iot_maint.domain.errors import MaintError
from iot_maint.domain.tokens import Scope
from iot_maint.services.monitoring import Outcome
from iot_maint.services.tokens import issue_token
from iot_maint.settings import Settings, load_settings

SPEED = 240.0
STARTS_IN = timedelta(seconds=3)  # the simulator loads meanwhile
STORY = (
    "BP-02 的轴承已到晚期，振动每 2 小时翻倍 · the bearing of BP-02 is late in its life: vibration doubles every 2 h",
    "BP-03 的轴承十天来缓慢磨损 · the bearing of BP-03 has worn slowly for ten days",
)


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
        seen = _play(settings, Path(folder), speed, until, stopping)
    if seen.opened == 0:
        raise MaintError("the demo ended before telemetry opened a preventive order; it takes about 60 s at speed 240")
    say(
        f"演示结束：告警开单 {seen.opened} 张，预测计划单 {seen.planned} 张"
        f" · the demo ends: {seen.opened} order(s) opened by alarms, {seen.planned} planned by forecasts"
    )


def _play(settings: Settings, folder: Path, speed: float, until: float | None, stopping: Event) -> Seen:
    outcomes: Queue[Outcome] = Queue()
    write_demo_register(folder / "register.csv")
    with demo_broker(folder) as broker:
        story = _story_start(settings, read_system_time())
        own = {
            "mqtt_url": SecretStr(broker.url),
            "telemetry_url": None,
            "database_url": None,
            # What secures the connections of an installation has nothing to secure here.
            **dict.fromkeys(("mqtt_tls_ca", "mqtt_tls_cert", "mqtt_tls_key", "telemetry_tls_ca")),
            "data_dir": folder / "data",
            "dask": None,  # one small model: no cluster need be there
        }
        before = settings.model_copy(update={**own, "clock": _clock(story, read_system_time(), 1.0)})
        _say_history(prepare_site(before, folder / "register.csv", folder / "history.jsonl", story))
        clock = _clock(story, read_system_time() + STARTS_IN, speed)
        with (
            open_installation(settings.model_copy(update={**own, "clock": clock})) as installation,
            _site(installation, outcomes.put) as token,
            simulated_devices(broker.url, clock, folder / "simulator.log") as devices,
        ):
            _say_welcome(installation, broker.name, speed, token)
            show = Show(
                installation=installation,
                token=token,
                devices=devices,
                devices_log=folder / "simulator.log",
                outcomes=outcomes,
            )
            return show.watch(until, stopping)


def _clock(story: datetime, real: datetime, speed: float) -> str:
    return f"accelerated:{story.isoformat()}/{real.isoformat()}/{speed:g}"


def _story_start(settings: Settings, now: datetime) -> datetime:
    """This morning at six, by the site's clock."""
    return now.astimezone(settings.zone).replace(hour=6, minute=0, second=0, microsecond=0)


@contextmanager
def _site(installation: Installation, on_outcome: Callable[[Outcome], None]) -> Iterator[str]:
    """The whole service over the demo's register; gives a token that may read and write."""
    with installation.database.transaction() as repositories:
        token, _ = issue_token(repositories, "demo", Scope.WRITE, installation.clock)
    with (
        open_ingest(installation, on_outcome) as ingest,
        open_jobs(installation),
        make_server(installation, ingest_checks(installation, ingest)),
    ):
        yield token


def _say_history(points: int) -> None:
    say(
        f"历史遥测 history {WEARING}, {MODELLED} · 天数 days {HISTORY.days} · 点数 points {points} · "
        f"影子模型 model in shadow {MODELLED}"
    )


def _say_welcome(installation: Installation, broker: str, speed: float, token: str) -> None:
    with installation.database.reading() as repositories:
        equipment = len(repositories.equipment.monitored())
    url = f"http://{installation.settings.http_bind}"
    say(f"演示现场 demo site · 设备 equipment {equipment} · 消息代理 broker {broker} · 时间加速 speed ×{speed:g}")
    for line in STORY:
        say(line)
    say(f"接口 API {url}/docs · 密钥 token {token}")
    say("计划单几秒后、告警工单约一分钟后出现 · a planned order comes in seconds, an alarm's after about a minute …")
