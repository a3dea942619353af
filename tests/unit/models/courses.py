"""Made-up courses of healthy equipment, and faults planted in them."""

from dataclasses import replace

import numpy as np

from iot_maint.models.detector import Recipe, Rows

METRICS = ("vib_rms", "bearing_temp", "current")
RECIPE = Recipe(metrics=METRICS)
MINUTE_MS = 60_000
START_MS = 1_767_225_600_000


def healthy(rows: int = 1500, seed: int = 1, metrics: tuple[str, ...] = METRICS, bin_s: float = 60.0) -> Rows:
    """Each metric rustles around its own level, half of it shared by all of them."""
    chance = np.random.default_rng(seed)
    noise = chance.normal(size=(rows, len(metrics))) + 0.5 * chance.normal(size=(rows, 1))
    level = 2.0 + 20.0 * np.arange(len(metrics))
    size = 0.2 + 0.3 * np.arange(len(metrics))
    at_ms = START_MS + np.arange(rows, dtype=np.int64) * round(bin_s * 1000)
    return Rows(metrics=metrics, at_ms=at_ms, values=level + size * noise)


def cut(rows: Rows, begin: int, end: int | None = None) -> Rows:
    return replace(rows, at_ms=rows.at_ms[begin:end], values=rows.values[begin:end])


def with_values(rows: Rows, values: np.ndarray) -> Rows:
    return replace(rows, values=values)


def shifted(rows: Rows, metric: str, by: float, begin: int, end: int | None = None) -> Rows:
    values = rows.values.copy()
    values[begin:end, rows.metrics.index(metric)] += by
    return with_values(rows, values)
