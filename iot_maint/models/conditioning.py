"""From raw values to what detectors look at: spikes cut by a median of seven, then the mean of twenty rows.

A single wild reading is a matter of data quality; a detector asks whether the level of a metric has moved.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from iot_maint.domain.columns import Floats, Integers
from iot_maint.domain.errors import MaintError, NotEnoughHistory
from iot_maint.models.detector import Recipe, Rows
from iot_maint.models.regimes import (
    STATE_OF_ROWS,
    Drivers,
    Flags,
    Stacked,
    driver_state_size,
    follow_drivers,
    learn_drivers,
    stack,
    without_drivers,
)

MEDIAN_OF = 7
MEAN_OF = 20
FEWEST_VALUES = 5  # of the mean's rows: below that nothing is said
FEWEST_ROWS = 100  # of a metric in the healthy history
SPIKE = 1.5  # times the distance from the median of seven that 95 % of healthy values keep
NEVER_MOVED = 0.01  # the scale of a metric that was constant: a share of its size

# Pairs that sort seven values, by the network of 16 comparisons (Knuth, vol. 3, 5.3.4).
_NETWORK = (
    (0, 6), (2, 3), (4, 5), (0, 2), (1, 4), (3, 6), (0, 1), (2, 5),
    (3, 4), (1, 2), (4, 6), (2, 3), (4, 5), (1, 2), (3, 4), (5, 6),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditioning:
    """What was learnt of the values themselves, for E pieces of equipment: `clip`, `floor` (E, m), and the drivers.

    `floor` is the smallest scale that a metric's resolution allows to tell from nothing.
    """

    clip: Floats
    floor: Floats
    centre: Floats
    spread: Floats
    weights: Floats

    @property
    def drivers(self) -> Drivers:
        return Drivers(centre=self.centre, spread=self.spread, weights=self.weights)


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditioned:
    """`level` (T, E, m): how far each metric's level stands from where it usually is; NaN where nothing can be said.

    `firmness` (T, E, m), 0–1: the mean of few rows rustles more, by this much, than that of all.
    """

    level: Floats
    firmness: Floats
    stacked: Stacked
    confidence: Floats


def state_size(recipe: Recipe) -> int:
    """Numbers of a memory."""
    past = (MEDIAN_OF - 1 + MEAN_OF - 1) * len(recipe.metrics)
    return STATE_OF_ROWS + driver_state_size(len(recipe.drivers)) + past


def condition(recipe: Recipe, learnt: Conditioning, rows: Sequence[Rows], state: Floats) -> tuple[Conditioned, Floats]:
    """The levels of the next rows and the new state (E, `state_size`), all NaN before the first row."""
    driven = STATE_OF_ROWS + driver_state_size(len(recipe.drivers))
    stacked, after_rows = stack(recipe, rows, state[:, :STATE_OF_ROWS])
    terms, after_drivers = follow_drivers(stacked, learnt.drivers, recipe.bin_s, state[:, STATE_OF_ROWS:driven])
    rest = without_drivers(stacked.values, terms, learnt.weights)
    sizes = stacked.present.sum(axis=0)
    level, firmness, past = _levels(rest, stacked, learnt.clip, state[:, driven:], sizes)
    conditioned = Conditioned(level=level, firmness=firmness, stacked=stacked, confidence=_confidence(level, stacked))
    after = np.concatenate([after_rows, after_drivers, past], axis=1)
    return conditioned, np.where((sizes > 0)[:, None], after, state)


def _confidence(level: Floats, stacked: Stacked) -> Floats:
    """The share of metrics and drivers that are known."""
    expected = level.shape[-1] + stacked.drivers.shape[-1]
    known = (~np.isnan(level)).sum(axis=-1) + (~np.isnan(stacked.drivers)).sum(axis=-1)
    return np.where(stacked.running & (~np.isnan(level)).any(axis=-1), known / expected, 0.0)


def _levels(
    values: Floats, stacked: Stacked, clip: Floats, past: Floats, sizes: Integers
) -> tuple[Floats, Floats, Floats]:
    equipment, metrics = values.shape[1:]
    raw_past = past[:, : (MEDIAN_OF - 1) * metrics].reshape(equipment, MEDIAN_OF - 1, metrics).swapaxes(0, 1)
    cut_past = past[:, (MEDIAN_OF - 1) * metrics :].reshape(equipment, MEAN_OF - 1, metrics).swapaxes(0, 1)
    stretch: Integers = np.cumsum(stacked.fresh.astype(np.int64), axis=0)
    unbroken = not stacked.fresh.any()
    raw = np.concatenate([raw_past, values])
    window = _window(raw, stretch, MEDIAN_OF, unbroken)
    median = median_of_seven(window)
    with np.errstate(invalid="ignore"):
        cut = np.clip(values, median - clip, median + clip)
    together = np.concatenate([cut_past, cut])
    total = np.zeros(values.shape)
    count = np.zeros(values.shape)
    for shifted in _window(together, stretch, MEAN_OF, unbroken):
        known = ~np.isnan(shifted)
        total += np.where(known, shifted, 0.0)
        count += known
    level = np.where((count >= FEWEST_VALUES) & stacked.running[..., None], total / np.maximum(count, 1.0), np.nan)
    kept = [_last(part, stretch, size - 1, sizes, unbroken) for part, size in ((raw, MEDIAN_OF), (together, MEAN_OF))]
    return level, np.sqrt(count / MEAN_OF), np.concatenate(kept, axis=1)


def _window(together: Floats, stretch: Integers, size: int, unbroken: bool) -> list[Floats]:
    """The value of each row and of the `size` − 1 before it, oldest last; NaN for those of another stretch."""
    rows = len(stretch)
    shifted = [together[size - 1 - back : size - 1 - back + rows] for back in range(size)]
    if unbroken:
        return shifted
    stretches = np.concatenate([np.zeros((size - 1, stretch.shape[1]), dtype=stretch.dtype), stretch])
    return [
        np.where((stretches[size - 1 - back : size - 1 - back + rows] == stretch)[..., None], part, np.nan)
        for back, part in enumerate(shifted)
    ]


def median_of_seven(window: Sequence[Floats]) -> Floats:
    """The median of those of seven values that are known, NaN where none is."""
    ordered = [np.where(np.isnan(part), np.inf, part) for part in window]
    known = np.zeros(window[0].shape, dtype=np.int64)
    for part in window:
        known += ~np.isnan(part)
    for low, high in _NETWORK:
        ordered[low], ordered[high] = (
            np.minimum(ordered[low], ordered[high]),
            np.maximum(ordered[low], ordered[high]),
        )
    if (known == MEDIAN_OF).all():
        return ordered[MEDIAN_OF // 2]
    stacked = np.stack(ordered)
    below = np.take_along_axis(stacked, np.maximum(known - 1, 0)[None] // 2, axis=0)[0]
    above = np.take_along_axis(stacked, np.minimum(known // 2, MEDIAN_OF - 1)[None], axis=0)[0]
    with np.errstate(invalid="ignore"):
        return np.where(known > 0, (below + above) / 2.0, np.nan)


def _last(together: Floats, stretch: Integers, size: int, sizes: Integers, unbroken: bool) -> Floats:
    """The last `size` values of each piece of equipment as (E, size × m), NaN for those of an earlier stretch."""
    equipment = stretch.shape[1]
    places = sizes + np.arange(size)[:, None]
    columns = np.arange(equipment)
    values = together[places, columns]
    if not unbroken:
        stretches = np.concatenate([np.zeros((size, equipment), dtype=stretch.dtype), stretch])
        values = np.where((stretches[places, columns] == stretch[-1])[..., None], values, np.nan)
    return np.ascontiguousarray(values.swapaxes(0, 1)).reshape(equipment, -1)


def learn_conditioning(healthy: Rows, recipe: Recipe) -> tuple[Conditioning, Conditioned]:
    """What is usual of the values, and the levels of the same rows; `NotEnoughHistory` where it takes more of them."""
    if not recipe.metrics:
        raise MaintError("a detector needs at least one metric to watch")
    stacked, _ = stack(recipe, [healthy], np.full((1, STATE_OF_ROWS), np.nan))
    known = (~np.isnan(stacked.values[:, 0])).sum(axis=0)
    if not len(known) or int(known.max()) < FEWEST_ROWS:
        best = int(known.max()) if len(known) else 0
        raise NotEnoughHistory(
            f"{best} healthy rows with a value while the equipment runs, it takes {FEWEST_ROWS}"
            f" (of {len(healthy)} rows given): train on a longer history"
        )
    drivers = learn_drivers(stacked, recipe.bin_s)
    terms, _ = follow_drivers(
        stacked, drivers, recipe.bin_s, np.full((1, driver_state_size(len(recipe.drivers))), np.nan)
    )
    rest = without_drivers(stacked.values, terms, drivers.weights)
    clip, floor = _clip_and_floor(rest[:, 0], stacked.values[:, 0], stacked.fresh)
    few = known < FEWEST_ROWS
    learnt = Conditioning(
        clip=np.where(few, np.nan, clip)[None],
        floor=floor[None],
        centre=drivers.centre,
        spread=drivers.spread,
        weights=np.where(few, np.nan, drivers.weights),
    )
    conditioned, _ = condition(recipe, learnt, [healthy], np.full((1, state_size(recipe)), np.nan))
    return learnt, conditioned


def _clip_and_floor(rest: Floats, values: Floats, fresh: Flags) -> tuple[Floats, Floats]:
    stretch: Integers = np.cumsum(fresh.astype(np.int64), axis=0)
    metrics = rest.shape[1]
    together = np.concatenate([np.full((MEDIAN_OF - 1, 1, metrics), np.nan), rest[:, None]])
    distance = np.abs(rest - median_of_seven(_window(together, stretch, MEDIAN_OF, False))[:, 0])
    clip, floor = np.zeros(metrics), np.zeros(metrics)
    for metric in range(metrics):
        seen = values[~np.isnan(values[:, metric]), metric]
        if not len(seen):
            continue
        step = resolution(seen)
        clip[metric] = SPIKE * max(float(np.quantile(distance[~np.isnan(distance[:, metric]), metric], 0.95)), step)
        size = float(np.median(np.abs(seen)))
        moved = float(seen.max()) > float(seen.min())
        # The mean of twenty values that are rounded to `step` is known to about a third of step / √20.
        floor[metric] = 0.3 * step / np.sqrt(MEAN_OF) if moved else NEVER_MOVED * (size or 1.0)
        clip[metric] = max(clip[metric], 3.0 * floor[metric])
    return clip, np.maximum(floor, 1e-9)


def resolution(values: Floats) -> float:
    """The usual step between values that are coarsely rounded; 0 where they are fine."""
    steps = np.diff(np.unique(values))
    return float(np.median(steps)) if 0 < len(steps) < 50 else 0.0


CONDITIONING_FIELDS = tuple(field.name for field in fields(Conditioning))
