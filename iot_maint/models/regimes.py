"""Rows of many pieces of equipment side by side: when each runs, where its course is broken, what its drivers explain.

Arrays are (rows, equipment, metrics).  Everything is done element by element, so that neither the number of rows nor
the neighbours change a value by a single bit.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iot_maint.domain.columns import Floats
from iot_maint.models.detector import Recipe, Rows

BROKEN_AFTER = 5  # bins without a row: what came before says nothing about what comes after
DRIVER_LAG_S = 3600.0  # heat follows load by about an hour: motors 40 min, dry transformers 45 min (domain.md)
RIDGE = 1e-3  # of the drivers' own variance

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stacked:
    """`values` (T, E, m) and `drivers` (T, E, d), NaN where there is none; the others (T, E).

    `elapsed` is how many bins passed since the row before; `fresh` marks rows whose past is not theirs: the first of
    all, one after a gap, one after a standstill.  Behind the last row of shorter equipment `present` is false.
    """

    values: Floats
    drivers: Floats
    present: Flags
    running: Flags
    fresh: Flags
    elapsed: Floats


STATE_OF_ROWS = 2  # numbers of a memory: the last row's time in epoch ms, whether the equipment ran then


def stack(recipe: Recipe, rows: Sequence[Rows], state: Floats) -> tuple[Stacked, Floats]:
    """Rows of equipment of one recipe side by side, and their new state (E, 2); NaN in `state` before the first row."""
    sizes = np.array([len(one) for one in rows], dtype=np.int64)
    most, equipment = int(sizes.max()), len(rows)
    whole = int(sizes.min()) == most
    present = np.ones((most, equipment), dtype=bool) if whole else np.arange(most)[:, None] < sizes
    at_ms = _side_by_side([one.at_ms for one in rows], most, whole).astype(np.float64)
    gate = np.ones((most, equipment))
    if recipe.gate is not None:
        gate = _side_by_side([_column(one, (recipe.gate,)) for one in rows], most, whole)[..., 0]
    before = np.concatenate([state[None, :, 0], at_ms[:-1]])
    with np.errstate(invalid="ignore"):
        elapsed = np.where(present, (at_ms - before) / 1000.0 / recipe.bin_s, 0.0)
        running, ran_before = _held(gate, state[:, 1], present)
        fresh = present & running & (np.isnan(elapsed) | (elapsed > BROKEN_AFTER) | ~ran_before)
    values = _side_by_side([_column(one, recipe.metrics) for one in rows], most, whole)
    values = np.where((present & running)[..., None] & np.isfinite(values), values, np.nan)
    drivers = _side_by_side([_column(one, recipe.drivers) for one in rows], most, whole)
    drivers = np.where(present[..., None] & np.isfinite(drivers), drivers, np.nan)
    after = state
    if most:
        last = (np.maximum(sizes - 1, 0), np.arange(equipment))
        after = np.stack([at_ms[last], running[last].astype(np.float64)], axis=1)
    stacked = Stacked(
        values=values,
        drivers=drivers,
        present=present,
        running=running & present,
        fresh=fresh,
        elapsed=np.nan_to_num(elapsed, nan=1.0),
    )
    return stacked, after


def _column(rows: Rows, names: tuple[str, ...]) -> Floats:
    """(n, names); a metric that the rows do not have is missing in all of them."""
    if names == rows.metrics:
        return rows.values
    picked = np.full((len(rows), len(names)), np.nan)
    for column, name in enumerate(names):
        if name in rows.metrics:
            picked[:, column] = rows.values[:, rows.metrics.index(name)]
    return picked


def _side_by_side(parts: Sequence[NDArray[np.generic]], most: int, whole: bool) -> Floats:
    if whole:
        return np.stack(parts, axis=1)
    together = np.full((most, len(parts), *parts[0].shape[1:]), np.nan)
    for number, part in enumerate(parts):
        together[: len(part), number] = part
    return together


def _held(gate: Floats, before: Floats, present: Flags) -> tuple[Flags, Flags]:
    """Whether it runs at each row and ran at the row before; an unknown gate stays as it was, at first it runs."""
    known = np.isfinite(gate) & present
    runs = np.where(known, gate > 0.5, False)
    running = np.empty(gate.shape, dtype=bool)
    ran_before = np.empty(gate.shape, dtype=bool)
    if known.all():
        running[:] = runs
        ran_before[1:] = runs[:-1]
        ran_before[:1] = np.where(np.isnan(before), True, before > 0.5)
        return running, ran_before
    now = np.where(np.isnan(before), True, before > 0.5)
    for row in range(len(gate)):
        ran_before[row] = now
        now = np.where(known[row], runs[row], now)
        running[row] = now
    return running, ran_before


@dataclass(frozen=True, slots=True, kw_only=True)
class Drivers:
    """What load, ambient and the like explain of each metric.

    `centre`, `spread` (E, d) of the drivers; `weights` (E, 1 + 4 d, m): a constant, each driver, its square, and both
    of what it was about an hour ago.
    """

    centre: Floats
    spread: Floats
    weights: Floats


def driver_state_size(drivers: int) -> int:
    """Numbers of a memory: each driver's last value and its lagged one, both in units of its spread."""
    return 2 * drivers


def follow_drivers(stacked: Stacked, drivers: Drivers, bin_s: float, state: Floats) -> tuple[Floats, Floats]:
    """The drivers' terms (T, E, 1 + 4 d) by row, and the new state (E, 2 d)."""
    rows, equipment, count = stacked.drivers.shape
    terms = np.ones((rows, equipment, 1 + 4 * count))
    if count == 0:
        return terms, state
    scaled = (stacked.drivers - drivers.centre) / drivers.spread
    held, lagged = state[:, :count].copy(), state[:, count:].copy()
    step = stacked.elapsed * (bin_s / DRIVER_LAG_S)
    share = (step / (1.0 + step))[..., None]
    for row in range(rows):
        known = ~np.isnan(scaled[row])
        held = np.where(known, scaled[row], held)
        lagged = np.where(np.isnan(lagged), held, lagged + share[row] * (held - lagged))
        terms[row, :, 1 : 1 + count] = held
        terms[row, :, 1 + 2 * count : 1 + 3 * count] = lagged
    first, second = terms[..., 1 : 1 + count], terms[..., 1 + 2 * count : 1 + 3 * count]
    terms[..., 1 + count : 1 + 2 * count] = first * first
    terms[..., 1 + 3 * count :] = second * second
    # A driver that was never seen is taken to be at its usual place.
    return np.nan_to_num(terms, nan=0.0), np.concatenate([held, lagged], axis=1)


def without_drivers(values: Floats, terms: Floats, weights: Floats) -> Floats:
    """The values less what their drivers explain; one term after the other, so that the sum never depends on shapes."""
    rest = values - terms[..., :1] * weights[:, 0]
    for term in range(1, terms.shape[-1]):
        rest = rest - terms[..., term : term + 1] * weights[:, term]
    return rest


def learn_drivers(stacked: Stacked, bin_s: float) -> Drivers:
    """By ridge regression on rows in which the equipment runs; without drivers the constant is each metric's median."""
    count = stacked.drivers.shape[-1]
    metrics = stacked.values.shape[-1]
    weights = np.zeros((1, 1 + 4 * count, metrics))
    centre, spread = np.zeros((1, count)), np.ones((1, count))
    for number in range(count):
        seen = stacked.drivers[..., number]
        seen = seen[~np.isnan(seen)]
        if len(seen):
            centre[0, number] = np.median(seen)
            spread[0, number] = max(float(np.std(seen)), 1e-9)
    drivers = Drivers(centre=centre, spread=spread, weights=weights)
    terms, _ = follow_drivers(stacked, drivers, bin_s, np.full((1, driver_state_size(count)), np.nan))
    for metric in range(metrics):
        known = ~np.isnan(stacked.values[:, 0, metric])
        if not known.any():
            weights[0, :, metric] = np.nan
            continue
        target = stacked.values[known, 0, metric]
        weights[0, 0, metric] = np.median(target)
        if count:
            weights[0, :, metric] = _ridge(terms[known, 0], target)
    return drivers


def _ridge(terms: Floats, target: Floats) -> Floats:
    """Least squares that lets a term go which moves too little to be known; the constant is not held back."""
    rows = len(target)
    squares = terms.T @ terms / rows
    penalty = RIDGE * np.eye(terms.shape[1])
    penalty[0, 0] = 0.0
    return np.linalg.solve(squares + penalty, terms.T @ target / rows).astype(np.float64)
