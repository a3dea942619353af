"""What the kinds of detectors share: a fitted detector, its memory, and scoring many of them in a few steps.

A kind says what it learns of healthy levels and what number it makes of new ones; conditioning, regimes, calibration,
explanation and storage are the same for all.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from iot_maint.domain.columns import Floats
from iot_maint.domain.errors import MaintError
from iot_maint.models import calibration, conditioning
from iot_maint.models.conditioning import CONDITIONING_FIELDS, Conditioned, Conditioning
from iot_maint.models.detector import SCORE_DIGITS, Detector, Parts, Recipe, Rows, Scores

Arrays = Mapping[str, NDArray[np.generic]]
_MODEL = "model."
# Rows of a long history that are worked on at once: what they take stays in the processor's cache.
_AT_ONCE = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What a kind says of each row: its own `number` (T, E), what each metric adds to it, and the way it went.

    `shares` (T, E, m) are not negative; `directions` (T, E, m) are −1, 0 or 1.
    """

    number: Floats
    shares: Floats
    directions: Floats


class Method(Protocol):
    """What one kind does by itself."""

    @property
    def name(self) -> str: ...

    def memory_size(self, metrics: int) -> int:
        """Numbers that it remembers beside those of conditioning."""
        ...

    def learn(self, levels: Conditioned, floor: Floats, seed: int) -> tuple[Arrays, Floats]:
        """A model of healthy levels (T, 1, m), and its own number for each of those rows (n,), to be calibrated."""
        ...

    def judge(self, models: Sequence[Arrays], levels: Conditioned, state: Floats) -> tuple[Judged, Floats]:
        """The next rows by one model each, and the new state (E, `memory_size`); NaN before the first row."""
        ...

    def check(self, model: Arrays, metrics: int) -> None:
        """Raises `MaintError` where an array of a stored model is missing or of the wrong shape."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """A fitted detector of any kind."""

    kind: "Kind"
    recipe: Recipe
    conditioning: Arrays
    scale: Floats
    model: Arrays

    def score(self, rows: Rows, memory: Parts | None) -> tuple[Scores, Parts]:
        return self.kind.score_together([self], [rows], [memory])[0]

    def parts(self) -> Parts:
        arrays: dict[str, NDArray[np.generic]] = {**self.conditioning, "scale": self.scale}
        arrays |= {f"{_MODEL}{name}": array for name, array in self.model.items()}
        recipe = self.recipe
        return Parts(
            arrays=arrays,
            values={
                "kind": self.kind.name,
                "metrics": list(recipe.metrics),
                "drivers": list(recipe.drivers),
                "gate": recipe.gate,
                "bin_s": recipe.bin_s,
            },
        )


@dataclass(frozen=True, slots=True)
class Kind:
    """One way to detect, made of its method."""

    method: Method

    @property
    def name(self) -> str:
        return self.method.name

    def fit(self, healthy: Rows, recipe: Recipe, seed: int = 0) -> Fitted:
        learnt, levels = conditioning.learn_conditioning(healthy, recipe)
        model, numbers = self.method.learn(levels, learnt.floor, seed)
        scale = calibration.learn_scale(numbers, conditioning.MEAN_OF)
        arrays = {name: getattr(learnt, name) for name in CONDITIONING_FIELDS}
        return Fitted(kind=self, recipe=recipe, conditioning=arrays, scale=scale[None], model=model)

    def restore(self, parts: Parts) -> Fitted:
        recipe = _restore_recipe(parts, self.name)
        metrics, drivers = len(recipe.metrics), len(recipe.drivers)
        shapes = {
            "clip": (1, metrics),
            "floor": (1, metrics),
            "centre": (1, drivers),
            "spread": (1, drivers),
            "weights": (1, 1 + 4 * drivers, metrics),
            "scale": (1, calibration.SIZE),
        }
        for name, shape in shapes.items():
            demand(parts.arrays, name, shape)
        model = {name.removeprefix(_MODEL): array for name, array in parts.arrays.items() if name.startswith(_MODEL)}
        self.method.check(model, metrics)
        return Fitted(
            kind=self,
            recipe=recipe,
            conditioning={name: parts.arrays[name] for name in CONDITIONING_FIELDS},
            scale=parts.arrays["scale"].astype(np.float64),
            model=model,
        )

    def score_together(
        self, detectors: Sequence[Detector], rows: Sequence[Rows], memories: Sequence[Parts | None]
    ) -> list[tuple[Scores, Parts]]:
        groups: dict[tuple[int, int, str | None, float, int], list[int]] = {}
        fitted = [_own(detector, self) for detector in detectors]
        for number, (one, its_rows) in enumerate(zip(fitted, rows, strict=True)):
            recipe = one.recipe
            # Of about the same length, so that little is worked on beyond the end of the shorter.
            key = (len(recipe.metrics), len(recipe.drivers), recipe.gate, recipe.bin_s, len(its_rows).bit_length())
            groups.setdefault(key, []).append(number)
        results: dict[int, tuple[Scores, Parts]] = {}
        for members in groups.values():
            scored = self._score_group(
                [fitted[n] for n in members], [rows[n] for n in members], [memories[n] for n in members]
            )
            results.update(zip(members, scored, strict=True))
        return [results[number] for number in range(len(detectors))]

    def _score_group(
        self, fitted: Sequence[Fitted], rows: Sequence[Rows], memories: Sequence[Parts | None]
    ) -> list[tuple[Scores, Parts]]:
        first = fitted[0].recipe
        own = conditioning.state_size(first)
        size = own + self.method.memory_size(len(first.metrics))
        state = np.stack([_state(memory, size) for memory in memories])
        # Recipes of a group differ in their metrics' names only; the columns are brought into the first one's.
        renamed = [_named_as(first, one.recipe, its_rows) for one, its_rows in zip(fitted, rows, strict=True)]
        learnt = Conditioning(
            **{
                name: np.concatenate([one.conditioning[name] for one in fitted]).astype(np.float64)
                for name in CONDITIONING_FIELDS
            }
        )
        scale = np.concatenate([one.scale for one in fitted])
        models = [one.model for one in fitted]
        longest = max(map(len, rows))
        step = max(1, _AT_ONCE // len(fitted))
        pieces: list[list[Scores]] = []
        for begin in range(0, longest, step):
            part = [_cut(one, begin, begin + step) for one in renamed] if longest > step else renamed
            levels, after = conditioning.condition(first, learnt, part, state[:, :own])
            judged, after_method = self.method.judge(models, levels, state[:, own:])
            state = np.concatenate([after, after_method], axis=1)
            pieces.append(_scores(judged, levels, scale, [len(one) for one in part]))
        return [
            (
                _joined([piece[number] for piece in pieces], len(first.metrics)),
                Parts(arrays={"state": state[number].copy()}, values={}),
            )
            for number in range(len(fitted))
        ]


def _own(detector: Detector, kind: Kind) -> Fitted:
    if not isinstance(detector, Fitted) or detector.kind.name != kind.name:
        raise MaintError(f"a detector of another kind than {kind.name} was given to it")
    return detector


def _state(memory: Parts | None, size: int) -> Floats:
    if memory is None:
        return np.full(size, np.nan)
    demand(memory.arrays, "state", (size,))
    state = memory.arrays["state"]
    return state.astype(np.float64, copy=False)


def _named_as(first: Recipe, own: Recipe, rows: Rows) -> Rows:
    if own.metrics == first.metrics and own.drivers == first.drivers:
        return rows
    names = {
        theirs: ours
        for ours, theirs in zip((*first.metrics, *first.drivers), (*own.metrics, *own.drivers), strict=True)
    }
    if own.gate is not None and first.gate is not None:
        names[own.gate] = first.gate
    known = [column for column, name in enumerate(rows.metrics) if name in names]
    return Rows(
        metrics=tuple(names[rows.metrics[column]] for column in known), at_ms=rows.at_ms, values=rows.values[:, known]
    )


def _cut(rows: Rows, begin: int, end: int) -> Rows:
    return Rows(metrics=rows.metrics, at_ms=rows.at_ms[begin:end], values=rows.values[begin:end])


def _scores(judged: Judged, levels: Conditioned, scale: Floats, sizes: Sequence[int]) -> list[Scores]:
    running = levels.stacked.running
    known = np.where(running, calibration.to_scale(judged.number, scale), 0.0)
    score = np.round(known, SCORE_DIGITS).astype(np.float64, copy=False)
    shares = np.where((score > 0)[..., None], judged.shares, 0.0)
    total = np.zeros(score.shape)
    for metric in range(shares.shape[-1]):
        total = total + shares[..., metric]
    contributions = np.round(shares / np.where(total > 0, total, 1.0)[..., None], SCORE_DIGITS)
    # Without a share there is nobody to name: then there is no score either.
    score = np.where(total > 0, score, 0.0)
    directions = np.where(contributions > 0, judged.directions, 0.0).astype(np.int8)
    confidence = np.round(levels.confidence, SCORE_DIGITS)
    return [
        Scores(
            score=score[:size, number],
            confidence=confidence[:size, number],
            contributions=contributions[:size, number],
            directions=directions[:size, number],
        )
        for number, size in enumerate(sizes)
    ]


def _joined(pieces: Sequence[Scores], metrics: int) -> Scores:
    if len(pieces) == 1:
        return pieces[0]
    if not pieces:
        return Scores(
            score=np.zeros(0),
            confidence=np.zeros(0),
            contributions=np.zeros((0, metrics)),
            directions=np.zeros((0, metrics), dtype=np.int8),
        )
    return Scores(
        score=np.concatenate([piece.score for piece in pieces]),
        confidence=np.concatenate([piece.confidence for piece in pieces]),
        contributions=np.concatenate([piece.contributions for piece in pieces]),
        directions=np.concatenate([piece.directions for piece in pieces]),
    )


def demand(arrays: Arrays, name: str, shape: tuple[int | None, ...]) -> None:
    """Raises `MaintError` unless there is a numeric array of that name and shape; None is any length."""
    array = arrays.get(name)
    if array is None:
        raise MaintError(f"a stored detector lacks its array {name}: train it again")
    fits = len(array.shape) == len(shape) and all(
        want is None or have == want for have, want in zip(array.shape, shape, strict=True)
    )
    if not fits or array.dtype.kind not in "fiu":
        raise MaintError(f"a stored detector's array {name} is {array.dtype}{array.shape}: train it again")


def _restore_recipe(parts: Parts, kind: str) -> Recipe:
    values = parts.values
    metrics, drivers, gate, bin_s = (values.get(name) for name in ("metrics", "drivers", "gate", "bin_s"))
    if values.get("kind") != kind:
        raise MaintError(f"stored parts are of kind {values.get('kind')!r}, not {kind!r}: train the detector again")
    if not isinstance(metrics, list | tuple) or not isinstance(drivers, list | tuple):
        raise MaintError("a stored detector names no metrics: train it again")
    if not all(isinstance(name, str) for name in (*metrics, *drivers)) or not metrics:
        raise MaintError("a stored detector names no metrics: train it again")
    if not (gate is None or isinstance(gate, str)):
        raise MaintError("a stored detector's gate is no metric: train it again")
    if isinstance(bin_s, bool) or not isinstance(bin_s, int | float) or bin_s <= 0:
        raise MaintError("a stored detector's bin_s is no number of seconds: train it again")
    return Recipe(
        metrics=tuple(str(name) for name in metrics),
        drivers=tuple(str(name) for name in drivers),
        gate=gate,
        bin_s=float(bin_s),
    )
