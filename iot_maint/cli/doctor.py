"""`iot-maint doctor`."""

from typing import Annotated

import typer

from iot_maint.bootstrap.examination import checks
from iot_maint.bootstrap.installation import open_installation
from iot_maint.cli.console import say, say_json
from iot_maint.domain.errors import MaintError
from iot_maint.settings import load_settings


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("doctor", help="逐项检查设置、连接与权限 · Check settings, broker, stores, clock and permissions.")(run)


def run(
    fix: Annotated[bool, typer.Option("--fix", help="Set the bucket's retention to the setting's.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document a check.")] = False,
) -> None:
    """One line a check, by a real round trip; exit status 1 when any fails, each with what to do."""
    failed = False
    with open_installation(load_settings()) as installation:
        for check in checks(installation, fix=fix):
            try:
                ok, said = True, check.run()
            except MaintError as error:
                ok, said = False, check.explain(error)
            failed |= not ok
            if as_json:
                say_json({"check": check.name, "ok": ok, "detail": said})
            else:
                say(f"{'✓' if ok else '✗'} {check.name:<10} {said}")
    if failed:
        raise typer.Exit(1)
