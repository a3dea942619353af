"""`iot-maint ingest`."""

import typer

from iot_maint.bootstrap.ingesting import open_ingest
from iot_maint.bootstrap.installation import open_installation
from iot_maint.cli.console import start_logging, stop_signal
from iot_maint.cli.garbage import rarely_search_garbage
from iot_maint.cli.turns import take_short_turns
from iot_maint.cli.watch import wait_while_healthy
from iot_maint.settings import load_settings


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("ingest", help="接收、判断并存储遥测 · Receive telemetry, decide, store.")(run)


def run() -> None:
    """Until SIGTERM: finishes and acknowledges the batch in hand, then leaves."""
    settings = load_settings()
    start_logging()
    rarely_search_garbage()
    take_short_turns()
    with (
        stop_signal() as stopping,
        open_installation(settings) as installation,
        open_ingest(installation) as ingest,
    ):
        wait_while_healthy(stopping, ingest)
