"""A fleet's rows: those of all its equipment, each on its own scale, one after the other in time."""

from collections.abc import Sequence

import numpy as np

from iot_maint.models.detector import Recipe, Rows
from iot_maint.models.placing import learn_placing
from iot_maint.services.training.history import History

MOST_ROWS = 200_000
_WEEK_MS = 7 * 86_400_000


def common_recipe(histories: Sequence[History], declared: Recipe) -> Recipe | None:
    """Of what the type declares, what at least half of the equipment has; None where that is nothing."""

    def shared(names: Sequence[str]) -> tuple[str, ...]:
        half = len(histories) / 2
        return tuple(name for name in names if sum(name in one.rows.metrics for one in histories) >= half)

    metrics = shared(declared.metrics)
    if not metrics:
        return None
    gate = shared((declared.gate,)) if declared.gate is not None else ()
    return Recipe(
        metrics=metrics,
        drivers=shared(declared.drivers),
        gate=gate[0] if gate else None,
        bin_s=declared.bin_s,
    )


def aligned(rows: Rows, columns: tuple[str, ...]) -> Rows:
    """The same rows with these metrics, NaN where there is none of it."""
    values = np.full((len(rows), len(columns)), np.nan)
    for column, name in enumerate(columns):
        if name in rows.metrics:
            values[:, column] = rows.values[:, rows.metrics.index(name)]
    return Rows(metrics=columns, at_ms=rows.at_ms, values=values)


def pool(histories: Sequence[History], recipe: Recipe) -> Rows:
    """Each one's newest rows, as many of each, placed; moved by whole weeks, so that hours and days stay what they are.

    At most `MOST_ROWS`.
    """
    columns = recipe.columns
    share = MOST_ROWS // max(len(histories), 1)
    times, values = [], []
    free_from_ms = 0
    for history in histories:
        rows = aligned(history.rows, columns)
        if not len(rows):
            continue
        placed = learn_placing(rows, recipe.gate).place(rows)
        own = placed.at_ms[-share:]
        weeks = -(-(free_from_ms - int(own[0])) // _WEEK_MS)
        moved = own + weeks * _WEEK_MS
        times.append(moved)
        values.append(placed.values[-share:])
        free_from_ms = int(moved[-1]) + 1
    if not times:
        return Rows(metrics=columns, at_ms=np.zeros(0, dtype=np.int64), values=np.zeros((0, len(columns))))
    return Rows(metrics=columns, at_ms=np.concatenate(times), values=np.concatenate(values))
