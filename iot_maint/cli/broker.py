"""`iot-maint broker`."""

from typing import Annotated

import typer

from iot_maint.bootstrap.ingesting import broker_address
from iot_maint.bootstrap.installation import open_installation
from iot_maint.ingest.broker_acl import mosquitto_acl
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


def acl(
    user: Annotated[
        str | None,
        typer.Option("--user", help="The service's name at the broker; default: the URL's, or iot-maint."),
    ] = None,
) -> None:
    """Mosquitto's acl_file from register and topic rules, on standard output: each may publish its own topics alone."""
    settings = load_settings()
    with open_installation(settings) as installation, installation.database.reading() as repositories:
        service = user or broker_address(installation).username or DEFAULT_USER
        equipment = [entry.equipment for entry in repositories.equipment.monitored()]
    typer.echo(mosquitto_acl(equipment, settings.topics, service), nl=False)
