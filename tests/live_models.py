"""A detector as small as one can be, and models in use, for tests of what is done with their scores."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from iot_maint.models.detector import Detector, Parts, Recipe, Rows, Scores
from iot_maint.services.scoring.live_models import LiveModel


@dataclass(frozen=True)
class Distance:
    """How far each metric is from its healthy mean, in healthy standard deviations; it remembers how many rows."""

    recipe: Recipe
    mean: tuple[float, ...]
    spread: tuple[float, ...]

    def score(self, rows: Rows, memory: Parts | None) -> tuple[Scores, Parts]:
        metrics = len(self.recipe.metrics)
        values = rows.values[:, :metrics]
        known = ~np.isnan(values)
        away = np.where(known, (values - self.mean) / self.spread, 0.0)
        total = np.abs(away).sum(axis=1, keepdims=True)
        seen = 0 if memory is None else int(memory.arrays["rows"][0])
        return Scores(
            score=np.round(np.abs(away).max(axis=1), 6),
            confidence=known.mean(axis=1),
            contributions=np.divide(np.abs(away), total, out=np.zeros_like(away), where=total > 0),
            directions=np.sign(away).astype(np.int8),
        ), Parts(arrays={"rows": np.array([seen + len(rows)])}, values={})

    def parts(self) -> Parts:
        return Parts(arrays={"mean": np.array(self.mean), "spread": np.array(self.spread)}, values={})


class DistanceKind:
    name = "distance"

    def fit(self, healthy: Rows, recipe: Recipe, seed: int = 0) -> Detector:
        del seed
        return Distance(recipe, tuple(healthy.values.mean(axis=0)), tuple(healthy.values.std(axis=0)))

    def restore(self, parts: Parts) -> Detector:
        raise NotImplementedError

    def score_together(
        self, detectors: Sequence[Detector], rows: Sequence[Rows], memories: Sequence[Parts | None]
    ) -> list[tuple[Scores, Parts]]:
        return [one.score(some, memory) for one, some, memory in zip(detectors, rows, memories, strict=True)]


@dataclass
class ModelsInUse:
    """The registry as a test sets it."""

    revision: int = 1
    by_code: Mapping[str, Sequence[LiveModel]] = field(default_factory=dict)

    def of(self, equipment: str) -> Sequence[LiveModel]:
        return self.by_code.get(equipment, ())

    def use(self, code: str, *models: LiveModel) -> None:
        """These from now on."""
        self.by_code = {**self.by_code, code: models}
        self.revision += 1


def a_model(
    *,
    model_id: str = "m1",
    metrics: tuple[str, ...] = ("bearing_temp", "vib_rms"),
    mean: tuple[float, ...] = (60.0, 2.0),
    spread: tuple[float, ...] = (2.0, 0.2),
    limit: float = 4.0,
    dwell_rows: int = 2,
    shadow: bool = False,
) -> LiveModel:
    """A model of a booster pump, a row a minute."""
    return LiveModel(
        id=model_id,
        kind=DistanceKind(),
        detector=Distance(Recipe(metrics=metrics, bin_s=60.0), mean, spread),
        limit=limit,
        clear_limit=limit * 0.75,
        dwell_rows=dwell_rows,
        shadow=shadow,
    )
