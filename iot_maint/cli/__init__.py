"""The command line: a file a command, loaded when it is called, so that `ingest` never loads the web framework."""

import importlib
import sys
from collections.abc import Mapping
from typing import Annotated

import typer

from iot_maint.domain.errors import MaintError

# command → module, each with `register(app)`
COMMANDS: Mapping[str, str] = {
    "demo": "demo",
    "serve": "serve",
    "ingest": "ingest",
    "api": "api",
    "jobs": "jobs",
    "migrate": "migrate",
    "doctor": "doctor",
    "equipment": "equipment",
    "telemetry": "telemetry",
    "replay": "replay",
    "backtest": "backtest",
    "shadow": "shadow",
    "train": "train",
    "models": "models",
    "detect": "detect",
    "token": "token",
    "dead-letters": "dead_letters",
    "broker": "broker",
}

LONGEST_SURPRISE = 300  # characters of an error that nobody foresaw


def build_app(commands: tuple[str, ...]) -> typer.Typer:
    """The application with those commands."""
    app = typer.Typer(
        name="iot-maint",
        help="物业设备预测性维护服务 · Predictive maintenance for buildings.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    app.callback()(_root)
    for command in commands:
        importlib.import_module(f"iot_maint.cli.{COMMANDS[command]}").register(app)
    return app


def _root(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    del debug  # read by main(), which has to know it before anything can fail


def main() -> None:
    """Run the command of `sys.argv`; an error is one line on stderr and exit status 1."""
    arguments = sys.argv[1:]
    called = next((argument for argument in arguments if not argument.startswith("-")), "")
    app = build_app((called,) if called in COMMANDS else tuple(COMMANDS))
    try:
        app()
    except MaintError as error:
        if "--debug" in arguments:
            raise
        sys.stderr.write(f"iot-maint: {error}\n")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:  # the outermost edge: whatever nobody foresaw is still one line
        if "--debug" in arguments:
            raise
        said = f"unexpected {type(error).__name__}: {' '.join(str(error).split())}"[:LONGEST_SURPRISE]
        sys.stderr.write(f"iot-maint: {said}; `iot-maint --debug …` shows where: please report it\n")
        sys.exit(1)
