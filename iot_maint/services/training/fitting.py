"""Fitting one detector: a plain function of plain data, so that it can be sent to any process."""

import platform
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version

import numpy as np

from iot_maint.domain.columns import Floats
from iot_maint.domain.errors import NotEnoughHistory
from iot_maint.models.detector import LEAST_CONFIDENCE, Detector, DetectorKind, Parts, Recipe, Rows, cut

# The scores whose share of healthy rows at or above is kept: what the drift check compares with.
TAIL_AT = (0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0)
_PERCENTILES = {"p50": 50.0, "p90": 90.0, "p99": 99.0}
# Two weeks of them at five minutes: a drift check has fewer.
MEASURED_ROWS = 4_000


@dataclass(frozen=True, slots=True, kw_only=True)
class FitJob:
    """What it takes to fit one detector."""

    kind: DetectorKind
    rows: Rows
    recipe: Recipe
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """The detector in parts, and how the rows that it was fitted on score."""

    parts: Parts
    percentiles: Mapping[str, float]
    tail: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NotFitted:
    """Why there is none."""

    reason: str


def fit(job: FitJob) -> Fitted | NotFitted:
    """The detector of these rows; too few of them is an answer, not an error."""
    try:
        detector = job.kind.fit(job.rows, job.recipe, job.seed)
    except NotEnoughHistory as error:
        return NotFitted(reason=str(error))
    return measured(detector, job.rows)


def measured(detector: Detector, rows: Rows) -> Fitted:
    """The detector in parts, with what it says of the newest of these rows."""
    said = confident_scores(detector, cut(rows, max(len(rows) - MEASURED_ROWS, 0)))
    return Fitted(parts=detector.parts(), percentiles=_percentiles(said), tail=tail_of(said))


def confident_scores(detector: Detector, rows: Rows) -> Floats:
    """The scores of those rows of which there was enough to score."""
    scores, _ = detector.score(rows, None)
    return scores.score[scores.confidence >= LEAST_CONFIDENCE]


def tail_of(scores: Floats) -> tuple[float, ...]:
    """The share of the scores at or above each of `TAIL_AT`."""
    if not len(scores):
        return (0.0,) * len(TAIL_AT)
    return tuple(round(float((scores >= at).mean()), 6) for at in TAIL_AT)


def _percentiles(scores: Floats) -> dict[str, float]:
    if not len(scores):
        return {}
    return {name: round(float(np.percentile(scores, share)), 6) for name, share in _PERCENTILES.items()}


def versions() -> dict[str, str]:
    """What a model was made with."""
    return {
        "python": platform.python_version(),
        **{name: version(name) for name in ("iot-maint", "numpy", "scikit-learn")},
    }
