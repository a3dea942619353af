"""`iot-maint detect`: a detector on the user's own CSV, before anything is installed."""

import importlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from iot_maint.cli.console import say, say_error, say_json
from iot_maint.cli.detect_text import language, summary, words_left_out
from iot_maint.domain.errors import InvalidInput, MaintError
from iot_maint.domain.instants import instant
from iot_maint.ingest.sheets import Sheet, read_sheet
from iot_maint.ingest.sheets.records import write_records
from iot_maint.models.alarming import DEFAULT_LIMIT, Limit
from iot_maint.models.detector import Recipe, Rows, cut
from iot_maint.models.kinds import KINDS
from iot_maint.services.detection import Detection, detect, usual_bin_s

ADDED = ("score", "alarm", "top_metric")
PLOTS = (".png", ".svg")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("detect", help="在自己的 CSV 上试用异常检测 · A detector on your own CSV: score, alarm, top_metric.")(
        run
    )


def run(
    file: Annotated[Path, typer.Argument(help="CSV with a header, a time column and columns of numbers.")],
    train: Annotated[Path | None, typer.Option(help="CSV of healthy rows to learn from.")] = None,
    train_rows: Annotated[int | None, typer.Option(min=1, help="Learn from so many first rows of FILE.")] = None,
    detector: Annotated[str | None, typer.Option(help=f"{', '.join(KINDS)}; default chosen on healthy rows.")] = None,
    out: Annotated[Path | None, typer.Option(help="Where the rows go; default standard output.")] = None,
    plot: Annotated[Path | None, typer.Option(help="Also a picture, .png or .svg.")] = None,
    limit: Annotated[
        float, typer.Option(min=0.1, help="Alarm at this score: 3 is passed by 1 healthy row in 1,000.")
    ] = DEFAULT_LIMIT,
    metrics: Annotated[str | None, typer.Option(help="Watch only these columns: A,B,…")] = None,
    drivers: Annotated[str | None, typer.Option(help="Columns that explain others (load, ambient): A,B,…")] = None,
    gate: Annotated[str | None, typer.Option(help="Column of 0 and 1: whether the equipment runs.")] = None,
    time_column: Annotated[str | None, typer.Option(help="Column of the time; default guessed by name.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The summary as JSON instead of rows and words.")] = False,
) -> None:
    """Every row gets a score that never depends on rows after it; the rest of the file stays as it is."""
    _check_usage(train, train_rows, detector, plot)
    watched, driving = _names(metrics), _names(drivers)
    wished = (*watched, *driving, *((gate,) if gate is not None else ())) if watched else ()
    sheet = read_sheet(file, time_column, wished)
    healthy_sheet = read_sheet(train, time_column, wished) if train is not None else sheet
    recipe = _recipe(sheet, healthy_sheet, driving, gate)
    rows, healthy = _rows(sheet), _rows(healthy_sheet)
    if train_rows is not None:
        if train_rows > len(rows):
            raise InvalidInput(str(file), f"--train-rows {train_rows}, but the file has {len(rows)} rows")
        healthy = cut(healthy, 0, train_rows)
    found = detect(healthy, rows, recipe, Limit.at(limit), detector)
    content = _with_scores(sheet, found, recipe)
    if out is not None:
        _write(out, content)
    elif not as_json:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    if plot is not None:
        # Loaded now: only who wants a picture waits for matplotlib.
        picture = importlib.import_module("iot_maint.cli.detect_plot")
        picture.draw(plot, sheet, found, recipe, train_rows or 0, language())
    if as_json:
        say_json(_document(sheet, found, recipe, len(healthy)))
        return
    tell = say if out is not None else say_error
    for line in (*words_left_out(sheet, language()), *summary(sheet, found, recipe, len(healthy), language())):
        tell(line)


def _check_usage(train: Path | None, train_rows: int | None, detector: str | None, plot: Path | None) -> None:
    if (train is None) == (train_rows is None):
        raise typer.BadParameter("name healthy rows: --train FILE, or --train-rows N of the file itself")
    if detector is not None and detector not in KINDS:
        raise typer.BadParameter(f"no detector {detector}; there are {', '.join(KINDS)}", param_hint="--detector")
    if plot is not None and plot.suffix.lower() not in PLOTS:
        raise typer.BadParameter(f"a picture ends in {' or '.join(PLOTS)}", param_hint="--plot")


def _names(listed: str | None) -> tuple[str, ...]:
    return tuple(name.strip() for name in (listed or "").split(",") if name.strip())


def _recipe(sheet: Sheet, healthy: Sheet, drivers: Sequence[str], gate: str | None) -> Recipe:
    """Watched is what both files have, but for what only explains."""
    for name in (*drivers, *((gate,) if gate is not None else ())):
        for one in (sheet, healthy):
            if name not in one.metrics:
                known = ", ".join(one.metrics)
                raise InvalidInput(f"{one.path}:1", f"no column of numbers {name}; there are {known}")
    aside = {*drivers, gate}
    metrics = tuple(name for name in sheet.metrics if name in healthy.metrics and name not in aside)
    if not metrics:
        raise InvalidInput(f"{healthy.path}:1", f"no column of numbers in common with {sheet.path} to watch")
    return Recipe(metrics=metrics, drivers=tuple(drivers), gate=gate, bin_s=usual_bin_s(healthy.at_ms))


def _rows(sheet: Sheet) -> Rows:
    return Rows(metrics=sheet.metrics, at_ms=sheet.at_ms, values=sheet.values)


def _with_scores(sheet: Sheet, found: Detection, recipe: Recipe) -> bytes:
    taken = [name for name in ADDED if name in sheet.records.header]
    if taken:
        raise InvalidInput(f"{sheet.path}:{sheet.records.first.line}: {taken[0]}", "the file has such a column already")
    tops = ["", *recipe.metrics]
    cells = [
        (_number(score, sheet), "1" if alarm else "0", tops[top + 1])
        for score, alarm, top in zip(found.scores.score.tolist(), found.alarm.tolist(), found.top.tolist(), strict=True)
    ]
    return write_records(sheet.records, ADDED, cells)


def _number(score: float, sheet: Sheet) -> str:
    text = f"{score:.6f}"
    return text.replace(".", ",") if sheet.decimal_comma else text


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise MaintError(f"{path}: {error.strerror or 'cannot be written'}") from None


def _document(sheet: Sheet, found: Detection, recipe: Recipe, healthy: int) -> dict[str, object]:
    return {
        "file": str(sheet.path),
        "rows": len(sheet.at_ms),
        "trained_on": healthy,
        "detector": found.kind,
        "trials": [{"detector": one.kind, "alarmed": one.alarmed, "found": one.found} for one in found.trials],
        "limit": found.limit.raised,
        "cleared": found.limit.cleared,
        "metrics": recipe.metrics,
        "left_out": [{"column": name, "reason": reason} for name, reason in sheet.left_out],
        "alarmed": round(float(np.mean(found.alarm)), 6),
        "episodes": [
            {
                "from": instant(int(sheet.at_ms[one.begin])),
                "to": instant(int(sheet.at_ms[one.end - 1])),
                "rows": [one.begin, one.end],
                "peak": one.peak,
                "top_metric": one.metric,
                "direction": one.direction,
            }
            for one in found.episodes
        ],
    }
