"""What every detector offers: it learns from healthy rows, and scores rows in the order of time.

Rows are the metrics of one piece of equipment at the ends of equal bins of event time.  A score never depends on rows
after it, nor on a row's number: scoring is a fold, so that any cut of the same rows gives the same scores.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from iot_maint.domain.columns import Floats, Integers
from iot_maint.domain.json_value import Json

LEAST_CONFIDENCE = 0.5  # of the metrics known: below it a score says nothing
SCORE_DIGITS = 6  # scores are rounded on leaving a detector, and limits compare the rounded ones


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """n rows of m metrics: `at_ms` (n,) ascending, `values` (n, m), NaN where a metric has no value in its bin."""

    metrics: tuple[str, ...]
    at_ms: Integers
    values: Floats

    def __len__(self) -> int:
        return len(self.at_ms)


def cut(rows: Rows, begin: int, end: int | None = None) -> Rows:
    """Some of the rows."""
    return Rows(metrics=rows.metrics, at_ms=rows.at_ms[begin:end], values=rows.values[begin:end])


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What a detector looks at.

    `metrics` are watched and may be culprits; `drivers` (load, ambient, flow) only explain them; while `gate`, a
    metric of 0 and 1, is 0 the equipment stands, which is a regime of its own, never an anomaly of the running one.
    `bin_s`: seconds between rows.
    """

    metrics: tuple[str, ...]
    drivers: tuple[str, ...] = ()
    gate: str | None = None
    bin_s: float = 60.0

    @property
    def columns(self) -> tuple[str, ...]:
        """The metrics of its rows, each once: the watched ones first, then what explains them, then the gate."""
        return tuple(dict.fromkeys((*self.metrics, *self.drivers, *([] if self.gate is None else [self.gate]))))


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """By row: `score` (n,) on the one scale of all detectors, `confidence` (n,) 0–1 (missing metrics lower it).

    The scale is −log10 of the share of healthy time above: 3 is passed one healthy row in a thousand; 0 where nothing
    can be said.  `contributions` (n, m) are each metric's share of the score, 0–1, summing to 1 where the score is
    above 0; `directions` (n, m) are +1 where the metric is higher than it should be, −1 where lower, else 0.
    """

    score: Floats
    confidence: Floats
    contributions: Floats
    directions: NDArray[np.int8]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """A fitted detector or its memory as it is stored: plain arrays and plain values, nothing that runs."""

    arrays: Mapping[str, NDArray[np.generic]]
    values: Mapping[str, Json]


class Detector(Protocol):
    """A fitted detector.  `memory` is what it remembers of the rows before; None before the first."""

    @property
    def recipe(self) -> Recipe: ...

    def score(self, rows: Rows, memory: Parts | None) -> tuple[Scores, Parts]:
        """The scores of the next rows, and what to remember of them."""
        ...

    def parts(self) -> Parts:
        """What `restore` makes the same detector of."""
        ...


class DetectorKind(Protocol):
    """A way to detect, by name in `iot_maint.models.kinds.KINDS`."""

    @property
    def name(self) -> str: ...

    def fit(self, healthy: Rows, recipe: Recipe, seed: int = 0) -> Detector:
        """Learn what is healthy; `NotEnoughHistory` says what is missing."""
        ...

    def restore(self, parts: Parts) -> Detector:
        """The detector that was stored; `MaintError` where the parts are not whole."""
        ...

    def score_together(
        self, detectors: Sequence[Detector], rows: Sequence[Rows], memories: Sequence[Parts | None]
    ) -> list[tuple[Scores, Parts]]:
        """The same as `score` of each, in a few steps over all of them: one call a batch of telemetry."""
        ...
