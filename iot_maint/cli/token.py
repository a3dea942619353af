"""`iot-maint token`."""

from typing import Annotated

import typer

from iot_maint.bootstrap.installation import open_installation
from iot_maint.cli.console import say, say_json
from iot_maint.domain.tokens import Scope
from iot_maint.services.tokens import issue_token, revoke_tokens
from iot_maint.settings import load_settings


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="接口密钥 · API keys.", no_args_is_help=True)
    group.command("add")(add)
    group.command("revoke")(revoke)
    app.add_typer(group, name="token")


def add(
    name: Annotated[str, typer.Argument(help="A label: whose key it is, or what for.")],
    scope: Annotated[Scope, typer.Option(help="write includes read.")] = Scope.READ,
    as_json: Annotated[bool, typer.Option("--json", help='{"token": …}')] = False,
) -> None:
    """Make a key.  It is shown once; only its hash is kept."""
    with open_installation(load_settings()) as installation, installation.database.transaction() as repositories:
        secret, _ = issue_token(repositories, name, scope, installation.clock)
    if as_json:
        say_json({"token": secret})
    else:
        say(f"{secret}\n只显示这一次，请妥善保存 · shown this once; keep it safe")


def revoke(name: Annotated[str, typer.Argument(help="The label; all keys of that label are revoked.")]) -> None:
    """Revoke all keys of that label."""
    with open_installation(load_settings()) as installation, installation.database.transaction() as repositories:
        revoked = revoke_tokens(repositories, name, installation.clock)
    say(f"{revoked} revoked")
