"""`iot-maint ingest`."""

import logging
from typing import Annotated

import typer

from iot_maint.bootstrap.ingesting import forget_session, open_ingest
from iot_maint.bootstrap.installation import open_installation
from iot_maint.cli.console import start_logging, stop_signal
from iot_maint.cli.garbage import rarely_search_garbage
from iot_maint.cli.turns import take_short_turns
from iot_maint.cli.watch import wait_while_healthy
from iot_maint.domain.shares import Share, parse_share
from iot_maint.ingest.part import Part, filter_problem
from iot_maint.settings import load_settings

log = logging.getLogger(__name__)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("ingest", help="接收、判断并存储遥测 · Receive telemetry, decide, store.")(run)


def run(
    share: Annotated[
        str | None,
        typer.Option("--share", metavar="I/N", help="Worker I of N: its part of the sites; worker 1 also the rest."),
    ] = None,
    filters: Annotated[
        list[str] | None,
        typer.Option("--filter", metavar="TOPIC_FILTER", help="Subscribe to this and nothing else; repeatable."),
    ] = None,
    leave: Annotated[
        bool, typer.Option("--leave", help="Hand everything over to the other workers, finish and exit.")
    ] = False,
) -> None:
    """Until SIGTERM: finishes and acknowledges the batch in hand, then leaves."""
    part = _part(share, filters or [], leave=leave)
    settings = load_settings()
    start_logging()
    rarely_search_garbage()
    take_short_turns()
    with stop_signal() as stopping, open_installation(settings) as installation:
        with open_ingest(installation, part=part) as ingest:
            wait_while_healthy(stopping, ingest)
            left = ingest.finished
        if left:
            forget_session(installation)
            log.info("worker %s has handed over everything and is not needed any more", settings.worker)


def _part(share: str | None, filters: list[str], *, leave: bool) -> Part:
    if (share is not None) + bool(filters) + leave > 1:
        raise typer.BadParameter("--share, --filter and --leave exclude each other: a worker has one kind of part")
    for one in filters:
        if problem := filter_problem(one):
            raise typer.BadParameter(problem, param_hint="--filter")
    return Part(share=None if share is None else _share(share), filters=tuple(dict.fromkeys(filters)), leaving=leave)


def _share(text: str) -> Share:
    try:
        return parse_share(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--share") from None
