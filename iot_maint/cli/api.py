"""`iot-maint api`."""

import logging

import typer

from iot_maint.bootstrap.installation import open_installation
from iot_maint.bootstrap.web import make_server
from iot_maint.cli.console import start_logging, stop_signal
from iot_maint.settings import load_settings

log = logging.getLogger(__name__)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("api", help="HTTP 接口 · Serve the HTTP API.")(run)


def run() -> None:
    """Until SIGTERM."""
    settings = load_settings()
    start_logging()
    with stop_signal() as stopping, open_installation(settings) as installation, make_server(installation, {}):
        log.info("the API listens on http://%s", settings.http_bind)
        stopping.wait()
