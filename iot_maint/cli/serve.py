"""`iot-maint serve`."""

import logging

import typer

from iot_maint.bootstrap.ingesting import open_ingest
from iot_maint.bootstrap.installation import open_installation
from iot_maint.bootstrap.scheduling import open_jobs
from iot_maint.bootstrap.web import ingest_checks, make_server
from iot_maint.cli.console import start_logging, stop_signal
from iot_maint.cli.garbage import rarely_search_garbage
from iot_maint.cli.turns import take_short_turns
from iot_maint.cli.watch import wait_while_healthy
from iot_maint.settings import load_settings

log = logging.getLogger(__name__)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("serve", help="一个进程运行全部 · Ingest, rules, jobs and API in one process.")(run)


def run() -> None:
    """Until SIGTERM: the API answers its last requests, the batch in hand is finished and acknowledged."""
    settings = load_settings()
    start_logging()
    rarely_search_garbage()
    take_short_turns()
    with (
        stop_signal() as stopping,
        open_installation(settings) as installation,
        open_ingest(installation) as ingest,
        open_jobs(installation),
        make_server(installation, ingest_checks(installation, ingest)),
    ):
        log.info("the API listens on http://%s", settings.http_bind)
        wait_while_healthy(stopping, ingest)
