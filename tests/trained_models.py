"""A tiny real detector, models with defaults, and their cards; each test names only what matters to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from iot_maint.domain.columns import Floats
from iot_maint.domain.errors import MaintError, NotEnoughHistory
from iot_maint.domain.trained_models import (
    ModelCard,
    ModelOwner,
    ModelStatus,
    TrainedModel,
    owner_of_equipment,
)
from iot_maint.models.detector import SCORE_DIGITS, Detector, Parts, Recipe, Rows, Scores
from iot_maint.services.model_files import StoredModel
from tests.builders import T0

LEAST_ROWS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class DistanceDetector:
    """The farthest metric from its mean, in deviations, against those of the healthy rows.  It remembers nothing."""

    recipe: Recipe
    mean: Floats
    deviation: Floats
    healthy: Floats

    def score(self, rows: Rows, memory: Parts | None) -> tuple[Scores, Parts]:
        del memory
        far = _far(rows, self.recipe.metrics, self.mean, self.deviation)
        farthest = np.nan_to_num(far).max(axis=1, initial=0.0)
        above = len(self.healthy) - np.searchsorted(self.healthy, farthest)
        score = np.round(-np.log10((above + 1) / (len(self.healthy) + 1)), SCORE_DIGITS)
        total = np.nan_to_num(far).sum(axis=1, keepdims=True)
        scores = Scores(
            score=score + 0.0,
            confidence=(~np.isnan(far)).mean(axis=1),
            contributions=np.divide(np.nan_to_num(far), total, out=np.zeros_like(far), where=total > 0),
            directions=np.zeros(far.shape, dtype=np.int8),
        )
        return scores, Parts(arrays={}, values={})

    def parts(self) -> Parts:
        recipe = self.recipe
        return Parts(
            arrays={"mean": self.mean, "deviation": self.deviation, "healthy": self.healthy},
            values={
                "metrics": list(recipe.metrics),
                "drivers": list(recipe.drivers),
                "gate": recipe.gate,
                "bin_s": recipe.bin_s,
            },
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DistanceKind:
    """A `DetectorKind` of a few lines."""

    name: str = "distance"

    def fit(self, healthy: Rows, recipe: Recipe, seed: int = 0) -> Detector:
        del seed
        if len(healthy) < LEAST_ROWS:
            raise NotEnoughHistory(f"{len(healthy)} healthy rows; it takes {LEAST_ROWS}")
        watched = healthy.values[:, [healthy.metrics.index(name) for name in recipe.metrics]]
        mean, deviation = np.nanmean(watched, axis=0), np.nanstd(watched, axis=0) + 1e-9
        far = np.nan_to_num(_far(healthy, recipe.metrics, mean, deviation)).max(axis=1)
        return DistanceDetector(recipe=recipe, mean=mean, deviation=deviation, healthy=np.sort(far))

    def restore(self, parts: Parts) -> Detector:
        try:
            arrays = {name: np.asarray(parts.arrays[name], dtype=np.float64) for name in parts.arrays}
            metrics, drivers = parts.values["metrics"], parts.values["drivers"]
            gate, bin_s = parts.values["gate"], parts.values["bin_s"]
            mean, deviation, healthy = arrays["mean"], arrays["deviation"], arrays["healthy"]
        except KeyError as error:
            raise MaintError(f"a distance detector lacks {error}") from None
        if not isinstance(metrics, Sequence) or mean.shape != (len(metrics),):
            raise MaintError("a distance detector has a mean that does not fit its metrics")
        recipe = Recipe(
            metrics=tuple(str(name) for name in metrics),
            drivers=tuple(str(name) for name in drivers) if isinstance(drivers, Sequence) else (),
            gate=gate if isinstance(gate, str) else None,
            bin_s=bin_s if isinstance(bin_s, float | int) else 60.0,
        )
        return DistanceDetector(recipe=recipe, mean=mean, deviation=deviation, healthy=healthy)

    def score_together(
        self, detectors: Sequence[Detector], rows: Sequence[Rows], memories: Sequence[Parts | None]
    ) -> list[tuple[Scores, Parts]]:
        return [one.score(some, memory) for one, some, memory in zip(detectors, rows, memories, strict=True)]


def _far(rows: Rows, metrics: Sequence[str], mean: Floats, deviation: Floats) -> Floats:
    far: Floats = np.abs(rows.values[:, [rows.metrics.index(name) for name in metrics]] - mean) / deviation
    return far


KINDS: Mapping[str, DistanceKind] = {"distance": DistanceKind()}


def a_card(
    *,
    detector: str = "distance",
    metrics: tuple[str, ...] = ("vib_rms", "bearing_temp"),
    trained_until: datetime = T0,
    rows: int = 500,
    tail: tuple[float, ...] = (0.3162, 0.1, 0.0316, 0.01, 0.0032, 0.001, 0.0003, 0.0001),
    fleet_file: str | None = None,
) -> ModelCard:
    return ModelCard(
        detector=detector,
        metrics=metrics,
        drivers=(),
        gate=None,
        bin_s=60.0,
        trained_from=trained_until - timedelta(days=30),
        trained_until=trained_until,
        rows=rows,
        left_out={"alarm": 12},
        present=dict.fromkeys(metrics, 1.0),
        limit=3.0,
        clear_limit=1.5,
        dwell_rows=30,
        percentiles={"p99": 2.0},
        tail=tail,
        seed=0,
        versions={"numpy": "2"},
        fleet_file=fleet_file,
    )


def some_rows(
    count: int = 500, *, metrics: tuple[str, ...] = ("vib_rms", "bearing_temp"), seed: int = 0, start_ms: int = 0
) -> Rows:
    values = np.random.default_rng(seed).normal(5.0, 1.0, size=(count, len(metrics)))
    at_ms = start_ms + 60_000 * np.arange(1, count + 1, dtype=np.int64)
    return Rows(metrics=metrics, at_ms=at_ms, values=values)


def a_stored_model(
    code: str = "P-1",
    *,
    arrays: Mapping[str, NDArray[np.generic]] | None = None,
    seed: int = 0,
) -> StoredModel:
    fitted = KINDS["distance"].fit(some_rows(seed=seed), Recipe(metrics=("vib_rms", "bearing_temp")))
    parts = fitted.parts()
    return StoredModel(
        owner=owner_of_equipment(code),
        card=a_card(),
        parts=parts if arrays is None else Parts(arrays=arrays, values=parts.values),
    )


def a_trained_model(
    code: str = "P-1",
    *,
    owner: ModelOwner | None = None,
    status: ModelStatus = ModelStatus.CANDIDATE,
    detector: str = "distance",
    file: str = "0" * 64 + ".model",
    created_at: datetime = T0,
    card: ModelCard | None = None,
) -> TrainedModel:
    return TrainedModel(
        owner=owner or owner_of_equipment(code),
        equipment_type="pump",
        kind="booster",
        detector=detector,
        status=status,
        file=file,
        card=card or a_card(detector=detector),
        created_at=created_at,
        created_by="trainer",
    )
