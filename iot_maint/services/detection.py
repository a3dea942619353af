"""A detector on recorded rows: trained on healthy ones, run over all in the order of time, told as episodes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iot_maint.domain.columns import Floats
from iot_maint.models.alarming import Limit, alarms
from iot_maint.models.choice import Trial, choose_kind
from iot_maint.models.detector import Recipe, Rows, Scores
from iot_maint.models.kinds import KINDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """Rows `begin` to `end` (not included) in alarm: the height of the score, who drove it there, and which way."""

    begin: int
    end: int
    peak: float
    metric: str
    direction: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """What one run says of n rows: `top` (n,) is the column of the metric that drives the score, −1 where it is 0."""

    kind: str
    chosen: bool
    trials: Sequence[Trial]
    limit: Limit
    scores: Scores
    alarm: NDArray[np.bool_]
    top: NDArray[np.int64]
    episodes: Sequence[Episode]


def detect(healthy: Rows, rows: Rows, recipe: Recipe, limit: Limit, kind: str | None = None) -> Detection:
    """Without a kind the best one is chosen on the healthy rows alone; `NotEnoughHistory` where those are too few."""
    trials: Sequence[Trial] = ()
    chosen = kind is None
    if kind is None:
        kind, trials = choose_kind(healthy, recipe, limit)
    scores, _ = KINDS[kind].fit(healthy, recipe).score(rows, None)
    alarm = alarms(scores.score, limit)
    top = np.where(scores.score > 0, scores.contributions.argmax(axis=1), -1)
    return Detection(
        kind=kind,
        chosen=chosen,
        trials=trials,
        limit=limit,
        scores=scores,
        alarm=alarm,
        top=top,
        episodes=_episodes(scores, alarm, top, recipe),
    )


def _episodes(scores: Scores, alarm: NDArray[np.bool_], top: NDArray[np.int64], recipe: Recipe) -> list[Episode]:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], alarm.astype(np.int8), [0]])))
    episodes = []
    for begin, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        height = begin + int(scores.score[begin:end].argmax())
        metric = int(top[height])
        episodes.append(
            Episode(
                begin=begin,
                end=end,
                peak=float(scores.score[height]),
                metric=recipe.metrics[metric],
                direction=int(scores.directions[height, metric]),
            )
        )
    return episodes


def usual_bin_s(at_ms: NDArray[np.int64]) -> float:
    """The usual span between rows, in seconds; a minute where it cannot be told."""
    steps = np.diff(at_ms)
    steps = steps[steps > 0]
    return float(np.median(steps)) / 1000.0 if len(steps) else 60.0


def most_telling(detection: Detection, recipe: Recipe, at_most: int) -> list[str]:
    """The metrics that drove the scores most: those of alarms first, then of all rows."""
    weights: Floats = detection.scores.contributions * detection.scores.score[:, None]
    weights = weights * np.where(detection.alarm, 1000.0, 1.0)[:, None]
    order = np.argsort(-weights.sum(axis=0), kind="stable")
    return [recipe.metrics[column] for column in order[:at_most].tolist()]
