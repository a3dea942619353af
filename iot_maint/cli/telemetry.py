"""`iot-maint telemetry`."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from iot_maint.bootstrap.installation import open_installation
from iot_maint.bootstrap.recorded_telemetry import check_recorded, lines_of, note_reported, store_recorded
from iot_maint.cli.console import say, say_json
from iot_maint.cli.progress import show_progress
from iot_maint.domain.instants import instant
from iot_maint.services.recorded import Recorded
from iot_maint.settings import Settings, load_settings


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="遥测数据 · Stored telemetry.", no_args_is_help=True)
    # Without a callback a group of one command would be that command.
    group.callback()(_group)
    group.command("import", help="把录制的遥测存入遥测库 · Recorded telemetry into the store.")(import_files)
    app.add_typer(group, name="telemetry")


def _group() -> None:
    """Add no options of its own."""


def import_files(
    files: Annotated[list[Path], typer.Argument(help="CSV ts,site,equipment,<metric>…, JSONL or line protocol (.lp).")],
    as_json: Annotated[bool, typer.Option("--json", help="JSON for scripts.")] = False,
) -> None:
    """For training and backtests: nothing is decided about it.  All files are checked before anything is stored; to
    import them again changes nothing."""
    settings = load_settings()
    with open_installation(settings) as installation:
        recorded = check_recorded(installation, show_progress(lines_of(installation, files), "检查 checked"))
        telemetry = (line.telemetry for line in lines_of(installation, files))
        points = store_recorded(installation, show_progress(telemetry, "入库 stored"))
        note_reported(installation, recorded)
        dropped = round(installation.meter.total("values_dropped"))
    if as_json:
        say_json(_document(recorded, points, dropped, settings))
        return
    say(f"遥测 telemetry {recorded.messages} · 入库 stored {points} · 设备 equipment {len(recorded.first_ms)}")
    if recorded.first_ms:
        first, last = (f"{at:%Y-%m-%d %H:%M}" for at in _span(recorded, settings))
        say(f"时间 from {first} to {last}")
    for type_name, metrics in sorted(recorded.undeclared.items()):
        say(f"目录未声明的指标 metrics not in the catalog of {type_name}: {', '.join(sorted(metrics))}")
    if dropped:
        say(f"舍弃的数值 values dropped {dropped}")


def _span(recorded: Recorded, settings: Settings) -> tuple[datetime, datetime]:
    first_ms, last_ms = min(recorded.first_ms.values()), max(recorded.last_ms.values())
    return instant(first_ms).astimezone(settings.zone), instant(last_ms).astimezone(settings.zone)


def _document(recorded: Recorded, points: int, dropped: int, settings: Settings) -> dict[str, object]:
    span = _span(recorded, settings) if recorded.first_ms else (None, None)
    return {
        "telemetry": recorded.messages,
        "stored": points,
        "equipment": sorted(recorded.first_ms),
        "from": span[0],
        "to": span[1],
        "undeclared": {name: sorted(metrics) for name, metrics in sorted(recorded.undeclared.items())},
        "values_dropped": dropped,
    }
