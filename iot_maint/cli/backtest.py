"""`iot-maint backtest`."""

import re
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from iot_maint.bootstrap.backtest_models import note_backtests
from iot_maint.bootstrap.backtest_progress import share_done
from iot_maint.bootstrap.backtesting import Asked, run_backtest
from iot_maint.bootstrap.replaying import read_entries
from iot_maint.catalog import load_catalog
from iot_maint.cli.console import say, say_json
from iot_maint.cli.instants import read_instant
from iot_maint.cli.progress import watched
from iot_maint.domain.catalog import Catalog
from iot_maint.domain.equipment import Equipment
from iot_maint.plots import Format, plot_backtest
from iot_maint.services.backtest.document import Reader
from iot_maint.services.backtest.picture import most_to_show, picture_of
from iot_maint.services.backtest.result import BacktestResult
from iot_maint.services.backtest.text import backtest_lines, say_label
from iot_maint.services.backtest.trials import AS_IT_STANDS, CHANGED, Trial, read_changes
from iot_maint.settings import Settings, load_settings
from iot_maint.storage.fault_files import read_faults

ORDERS_TOLD = 3  # on a terminal; `--json` has them all
_FORMS: Mapping[str, Format] = {".png": "png", ".svg": "svg"}
_DRAWN = 100  # files in a folder
_WHAT = "回测 backtest"
_FILE_NAME = re.compile(r"[^/\\\0]{1,100}")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("backtest", help="规则在历史数据上会报出什么 · What rules would have raised on history.")(run)


def run(
    rules: Annotated[
        list[str] | None, typer.Argument(help="TYPE.KEY, globs such as 'pump.vib_*', or all; none with --model.")
    ] = None,
    models: Annotated[
        list[str] | None,
        typer.Option(
            "--model", help="An id, or champion, candidate, shadow: the newest of each equipment; repeatable."
        ),
    ] = None,
    start: Annotated[str | None, typer.Option("--from", help="RFC 3339, or a day of the site's.")] = None,
    end: Annotated[str | None, typer.Option("--to", help="Not included.")] = None,
    equipment: Annotated[list[str] | None, typer.Option(help="Only these; repeatable.")] = None,
    files: Annotated[list[Path] | None, typer.Option("--files", help="Recordings instead of the store.")] = None,
    register_file: Annotated[Path | None, typer.Option("--register", help="The equipment of the files.")] = None,
    faults: Annotated[Path | None, typer.Option(help="CSV equipment,fault_mode,onset,failure.")] = None,
    changes: Annotated[list[str] | None, typer.Option("--set", help="RULE.limit=7.1, .clear=6.5, .for=15m.")] = None,
    wish: Annotated[
        float | None, typer.Option(min=0.0001, max=1000.0, help="False alarms per device-month: a limit.")
    ] = None,
    plot: Annotated[Path | None, typer.Option(help="A file .png or .svg, or a folder: one an equipment.")] = None,
    note: Annotated[bool, typer.Option("--note", help="Put the figures onto the cards of the models.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One document.")] = False,
) -> None:
    """Through the live decide path, in the data's own time, into stores that are thrown away."""
    settings = load_settings()
    trials = [Trial(label=AS_IT_STANDS, wishes={})]
    if changes:
        trials.append(Trial(label=CHANGED, wishes=read_changes(changes)))
    asked = Asked(
        rules=tuple(rules or ()),
        models=tuple(models or ()),
        start=read_instant("--from", start, settings.zone),
        end=read_instant("--to", end, settings.zone),
        trials=tuple(trials),
        equipment=tuple(equipment or ()),
        files=tuple(files or ()),
        register=register_file,
        faults=read_faults(faults, settings.zone) if faults is not None else (),
        wish=wish,
        plotted=plot is not None,
    )
    catalog = load_catalog(settings.catalog_dir, settings.service_levels)
    equipment_by_code = {one.equipment.code: one.equipment for one in read_entries(settings, register_file)}
    result = _run_watched(settings, asked)
    if note:
        note_backtests(settings, result)
    reader = Reader(
        catalog=catalog,
        equipment=equipment_by_code,
        language=settings.language,
        zone=settings.zone,
    )
    drawn = [] if plot is None else _draw(plot, result, catalog, equipment_by_code, settings)
    if as_json:
        say_json(reader.document(result))
        return
    for line in backtest_lines(result, settings.language, settings.zone):
        say(line)
    for setting in result.settings:
        for order in setting.orders[:ORDERS_TOLD]:
            say(f"\n[{say_label(setting.label, settings.language)}]\n{reader.order(order)}")
        if (more := len(setting.orders) - ORDERS_TOLD) > 0:
            say(f"\n… +{more} (--json)")
    for path in drawn:
        say(str(path))


def _run_watched(settings: Settings, asked: Asked) -> BacktestResult:
    """Telling how far it has come; of a cluster's machines, which write no files here, only for how long."""
    with tempfile.TemporaryDirectory(prefix="iot-maint-backtest-progress-") as folder:
        progress = Path(folder)

        def far() -> str:
            return _WHAT if settings.dask is not None else f"{_WHAT} {share_done(progress):.0%}"

        with watched(far):
            return run_backtest(settings, asked if settings.dask is not None else replace(asked, progress=progress))


def _draw(
    plot: Path, result: BacktestResult, catalog: Catalog, equipment: Mapping[str, Equipment], settings: Settings
) -> list[Path]:
    """One file with those that have most to show; into a folder one an equipment, of those that have anything."""
    form = _FORMS.get(plot.suffix.lower())
    if form is not None:
        pictures = {plot: picture_of(result, catalog, equipment)}
    else:
        codes = [code for code in most_to_show(result)[:_DRAWN] if _FILE_NAME.fullmatch(code)]
        plot.mkdir(parents=True, exist_ok=True)
        form = "png"
        pictures = {plot / f"{code}.png": picture_of(result, catalog, equipment, [code]) for code in codes}
    for path, picture in pictures.items():
        path.write_bytes(plot_backtest(picture, settings.language, settings.zone, form))
    return list(pictures)
