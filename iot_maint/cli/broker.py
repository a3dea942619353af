"""`iot-maint broker`."""

import typer

from iot_maint.bootstrap.ingesting import broker_address
from iot_maint.bootstrap.installation import open_installation
from iot_maint.services.broker_acl import mosquitto_acl
from iot_maint.settings import load_settings

DEFAULT_USER = "iot-maint"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="消息代理 · The broker.", no_args_is_help=True)
    group.command("acl")(acl)
    group.callback()(_group)
    app.add_typer(group, name="broker")


def _group() -> None:
    """The broker."""


def acl() -> None:
    """Mosquitto's acl_file from the register, on standard output: each device may publish under its own topic."""
    with open_installation(load_settings()) as installation, installation.database.reading() as repositories:
        user = broker_address(installation).username or DEFAULT_USER
        equipment = [entry.equipment for entry in repositories.equipment.monitored()]
    typer.echo(mosquitto_acl(equipment, user), nl=False)
