"""`iot-maint shadow`."""

import getpass
from typing import Annotated

import typer

from iot_maint.bootstrap.installation import open_installation
from iot_maint.cli.console import say, say_json
from iot_maint.domain.shadow import ShadowSwitch
from iot_maint.services.shadowing import switch_shadow
from iot_maint.settings import load_settings

Source = Annotated[str, typer.Argument(help="A rule's id, or model.<detector>.")]
Equipment = Annotated[str | None, typer.Option("--equipment", help="On this one only; default on all.")]
Note = Annotated[str, typer.Option(help="Why; it is kept.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(
        help="影子运行：只记录、不派单 · Rules and models that are recorded and never order.", no_args_is_help=True
    )
    group.command("list")(list_switches)
    group.command("on")(put_on)
    group.command("promote")(promote)
    group.command("forget")(forget)
    app.add_typer(group, name="shadow")


def list_switches(as_json: Annotated[bool, typer.Option("--json", help="One line a switch.")] = False) -> None:
    """What is switched; everything else is as it is declared."""
    with open_installation(load_settings()) as installation, installation.database.reading() as repositories:
        switches = repositories.shadows.switches()
    for switch in switches:
        if as_json:
            say_json(switch)
        else:
            say(_line(switch))


def put_on(source: Source, equipment: Equipment = None, note: Note = "") -> None:
    """Record what it finds, and order nothing."""
    _switch(source, equipment, True, note)


def promote(source: Source, equipment: Equipment = None, note: Note = "") -> None:
    """What it finds becomes orders from now on."""
    _switch(source, equipment, False, note)


def forget(source: Source, equipment: Equipment = None, note: Note = "") -> None:
    """Back to what is declared."""
    _switch(source, equipment, None, note)


def _switch(source: str, equipment: str | None, shadow: bool | None, note: str) -> None:
    with open_installation(load_settings()) as installation, installation.database.transaction() as repositories:
        switch_shadow(
            repositories,
            installation.catalog,
            installation.clock,
            source,
            equipment=equipment,
            shadow=shadow,
            by=f"cli:{getpass.getuser()}",
            note=note,
        )


def _line(switch: ShadowSwitch) -> str:
    state = "影子运行 shadow" if switch.shadow else "已启用 promoted"
    return f"{switch.source}  {switch.equipment or '*'}  {state}"
