"""`iot-maint equipment faults`."""

from pathlib import Path
from typing import Annotated

import typer

from iot_maint.bootstrap.installation import open_installation
from iot_maint.cli.console import say, say_json
from iot_maint.cli.instants import read_instant
from iot_maint.domain.errors import MaintError
from iot_maint.services.feedback.faults import (
    FAULT_COLUMNS,
    FaultKind,
    fault_document,
    fault_query,
    fault_row,
    faults,
)
from iot_maint.services.tables import write_row
from iot_maint.settings import load_settings


def export_faults(
    file: Annotated[Path | None, typer.Argument(help="CSV; standard output without.")] = None,
    equipment: Annotated[str | None, typer.Option(help="Of that code alone.")] = None,
    since: Annotated[str | None, typer.Option("--from", help="Without those over before; a day or RFC 3339.")] = None,
    until: Annotated[str | None, typer.Option("--to", help="Without those that began then or later.")] = None,
    kind: Annotated[FaultKind, typer.Option(help="Real faults, or alarms of none.")] = FaultKind.CONFIRMED,
    as_json: Annotated[bool, typer.Option("--json", help="JSON for scripts.")] = False,
) -> None:
    """Known faults by the verdicts on work orders, as `equipment,fault_mode,onset,failure`: labels for a backtest."""
    settings = load_settings()
    zone = settings.zone
    query = fault_query(kind, equipment, read_instant("--from", since, zone), read_instant("--to", until, zone))
    with open_installation(settings) as installation, installation.database.reading() as repositories:
        found = list(faults(repositories, query))
    if as_json:
        for fault in found:
            say_json(fault_document(fault, settings.language, settings.zone))
        return
    text = "".join(write_row(cells) for cells in (FAULT_COLUMNS, *(fault_row(one, settings.zone) for one in found)))
    if file is None:
        typer.echo(text, nl=False)
        return
    try:
        file.write_text(text, "utf-8", newline="")
    except OSError as error:
        raise MaintError(f"cannot write {file}: {error.strerror}") from None
    say(f"{len(found)} → {file}")
