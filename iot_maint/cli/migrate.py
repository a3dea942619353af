"""`iot-maint migrate`."""

import typer

from iot_maint.bootstrap.installation import make_data_dir
from iot_maint.cli.console import say
from iot_maint.settings import load_settings
from iot_maint.storage.relational.migrate import migrate


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("migrate", help="把关系数据库升级到本版本 · Bring the relational schema up to date.")(run)


def run() -> None:
    """Upgrade the schema; a database that is newer than this release is refused."""
    settings = load_settings()
    make_data_dir(settings.data_dir)
    state = migrate(settings.database)
    was = state.found or "empty"
    say(f"schema {state.needed} (unchanged)" if was == state.needed else f"schema {was} → {state.needed}")
