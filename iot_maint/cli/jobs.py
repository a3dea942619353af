"""`iot-maint jobs`."""

import typer

from iot_maint.bootstrap.installation import open_installation
from iot_maint.bootstrap.scheduling import open_jobs
from iot_maint.cli.console import start_logging, stop_signal
from iot_maint.settings import load_settings


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("jobs", help="送出事件、执行到期任务 · Deliver events, run what is due.")(run)


def run() -> None:
    """Until SIGTERM."""
    settings = load_settings()
    start_logging()
    with stop_signal() as stopping, open_installation(settings) as installation, open_jobs(installation):
        stopping.wait()
