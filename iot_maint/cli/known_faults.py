"""`iot-maint equipment faults`."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from iot_maint.bootstrap.installation import open_installation
from iot_maint.cli.console import say, say_json
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
    since: Annotated[str | None, typer.Option("--from", help="Without those that were over before, RFC 3339.")] = None,
    until: Annotated[str | None, typer.Option("--to", help="Without those that began then or later.")] = None,
    kind: Annotated[FaultKind, typer.Option(help="Real faults, or alarms of none.")] = FaultKind.CONFIRMED,
    as_json: Annotated[bool, typer.Option("--json", help="JSON for scripts.")] = False,
) -> None:
    """Known faults by the verdicts on work orders, as `equipment,fault_mode,onset,failure`: labels for a backtest."""
    settings = load_settings()
    query = fault_query(kind, equipment, _instant("--from", since), _instant("--to", until))
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


def _instant(option: str, text: str | None) -> datetime | None:
    try:
        at = datetime.fromisoformat(text) if text is not None else None
    except ValueError:
        raise typer.BadParameter(_WANTED, param_hint=option) from None
    if at is not None and at.tzinfo is None:
        raise typer.BadParameter(_WANTED, param_hint=option)
    return at


_WANTED = "a time with its offset, such as 2026-01-01T08:00:00+08:00"
