"""A fleet's detector on one piece of equipment: its rows are brought to the fleet's scale before they are scored.

The fleet's detector has learned from rows that say how far each metric was from its own equipment's middle, in that
equipment's own spreads.  A few days of a new pump are enough for its middle and spreads, not for a detector.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from iot_maint.domain.columns import Floats
from iot_maint.domain.errors import MaintError
from iot_maint.domain.json_value import Json
from iot_maint.models.detector import Detector, DetectorKind, Parts, Recipe, Rows, Scores

# Of a normal distribution, the median distance from the middle times this is its standard deviation.
_SIGMAS_A_MEDIAN = 1.4826
# A metric that hardly moves is no reason to divide by nothing: a thousandth of its size is its least spread.
_LEAST_SHARE = 1e-3
IN_FLEET = ".fleet"  # after the name of the fleet's detector
_CENTER, _SPREAD, _METRICS = "placing.center", "placing.spread", "placing.metrics"


@dataclass(frozen=True, slots=True, kw_only=True)
class Placing:
    """`center` and `spread` (m,), in the order of the rows' metrics; a gate stays as it is (0 and 1)."""

    metrics: tuple[str, ...]
    center: Floats
    spread: Floats

    def place(self, rows: Rows) -> Rows:
        """The rows on the fleet's scale; `ValueError` for rows of other metrics."""
        if rows.metrics != self.metrics:
            raise ValueError(f"rows of {', '.join(rows.metrics)}; placed are {', '.join(self.metrics)}")
        return Rows(metrics=rows.metrics, at_ms=rows.at_ms, values=(rows.values - self.center) / self.spread)


def learn_placing(rows: Rows, gate: str | None) -> Placing:
    """Median and spread of each metric while the equipment runs, where that is known; else of all its rows.

    A metric without any value stays where it is: none of its values will be there to be placed.
    """
    values = rows.values
    if gate is not None and gate in rows.metrics:
        running = values[:, rows.metrics.index(gate)] > 0
        values = values[running] if running.any() else values
    center, spread = np.zeros(len(rows.metrics)), np.ones(len(rows.metrics))
    for column, metric in enumerate(rows.metrics):
        known = values[:, column][~np.isnan(values[:, column])]
        if metric == gate or len(known) == 0:
            continue
        center[column] = np.median(known)
        typical = _SIGMAS_A_MEDIAN * np.median(np.abs(known - center[column]))
        spread[column] = max(typical, _LEAST_SHARE * abs(center[column])) or 1.0
    return Placing(metrics=rows.metrics, center=center, spread=spread)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedDetector:
    """A `Detector`: the fleet's, on one piece of equipment."""

    fleet: Detector
    placing: Placing

    @property
    def recipe(self) -> Recipe:
        """The fleet's."""
        return self.fleet.recipe

    def score(self, rows: Rows, memory: Parts | None) -> tuple[Scores, Parts]:
        """The scores of the next rows, and what to remember of them."""
        return self.fleet.score(self.placing.place(rows), memory)

    def parts(self) -> Parts:
        """The fleet's, with the placing beside them."""
        parts, placing = self.fleet.parts(), self.placing
        values: Mapping[str, Json] = {**parts.values, _METRICS: list(placing.metrics)}
        return Parts(arrays={**parts.arrays, _CENTER: placing.center, _SPREAD: placing.spread}, values=values)


@dataclass(frozen=True, slots=True)
class PlacedKind:
    """A `DetectorKind` around another one."""

    fleet: DetectorKind

    @property
    def name(self) -> str:
        """Its own: scored apart from detectors of the inner kind, whose rows are on no scale."""
        return self.fleet.name + IN_FLEET

    def fit(self, healthy: Rows, recipe: Recipe, seed: int = 0) -> Detector:
        """A fleet of one."""
        placing = learn_placing(healthy, recipe.gate)
        return PlacedDetector(fleet=self.fleet.fit(placing.place(healthy), recipe, seed), placing=placing)

    def restore(self, parts: Parts) -> Detector:
        """The detector that was stored; `MaintError` where the parts are not whole."""
        center, spread = parts.arrays.get(_CENTER), parts.arrays.get(_SPREAD)
        metrics = parts.values.get(_METRICS)
        if center is None or spread is None or isinstance(metrics, str) or not isinstance(metrics, Sequence):
            raise MaintError("a fleet's model without its place on this equipment")
        if not center.shape == spread.shape == (len(metrics),):
            raise MaintError("a fleet's model whose place on this equipment does not fit its metrics")
        placing = Placing(
            metrics=tuple(str(name) for name in metrics),
            center=center.astype(np.float64),
            spread=spread.astype(np.float64),
        )
        own = Parts(
            arrays={name: array for name, array in parts.arrays.items() if name not in (_CENTER, _SPREAD)},
            values={name: value for name, value in parts.values.items() if name != _METRICS},
        )
        return PlacedDetector(fleet=self.fleet.restore(own), placing=placing)

    def score_together(
        self, detectors: Sequence[Detector], rows: Sequence[Rows], memories: Sequence[Parts | None]
    ) -> list[tuple[Scores, Parts]]:
        """The rows placed, each by its own detector; then the fleet's, all in one."""
        placed = [_placed(detector) for detector in detectors]
        on_scale = [one.placing.place(some) for one, some in zip(placed, rows, strict=True)]
        return self.fleet.score_together([one.fleet for one in placed], on_scale, memories)


def _placed(detector: Detector) -> PlacedDetector:
    if not isinstance(detector, PlacedDetector):
        raise TypeError(f"a {type(detector).__name__} has no place in a fleet")
    return detector
