"""A fleet's detector on one piece of equipment: the rows are placed, and that is all the difference."""

import numpy as np
import pytest

from iot_maint.domain.errors import MaintError
from iot_maint.models.detector import Parts, Recipe, Rows
from iot_maint.models.kinds import KINDS
from iot_maint.models.placing import PlacedKind, learn_placing
from tests.trained_models import some_rows

RECIPE = Recipe(metrics=("a", "b"), gate="running")


def rows_of(level: float, spread: float, seed: int, count: int = 3_000) -> Rows:
    values = np.random.default_rng(seed).normal(level, spread, size=(count, 2))
    at_ms = 60_000 * np.arange(1, count + 1, dtype=np.int64)
    return Rows(metrics=("a", "b", "running"), at_ms=at_ms, values=np.column_stack([values, np.ones(count)]))


def test_placed_rows_are_in_spreads_from_their_own_middle_and_the_gate_stays() -> None:
    placing = learn_placing(rows_of(40.0, 5.0, 1), "running")

    placed = placing.place(
        Rows(metrics=("a", "b", "running"), at_ms=np.array([1]), values=np.array([[50.0, 40.0, 0.0]]))
    )

    assert placed.values[0] == pytest.approx([2.0, 0.0, 0.0], abs=0.15)


def test_what_stands_does_not_shape_the_place() -> None:
    running, standing = rows_of(40.0, 5.0, 1), rows_of(0.0, 0.1, 2)
    standing.values[:, 2] = 0.0
    both = Rows(
        metrics=running.metrics,
        at_ms=np.concatenate([running.at_ms, running.at_ms + running.at_ms[-1]]),
        values=np.concatenate([running.values, standing.values]),
    )

    assert learn_placing(both, "running").center[0] == pytest.approx(40.0, abs=0.5)


def test_a_metric_that_never_moves_or_never_comes_divides_by_nothing() -> None:
    values = np.array([[5.0, 0.0, np.nan]] * 10)
    placing = learn_placing(Rows(metrics=("a", "b", "c"), at_ms=np.arange(10), values=values), None)

    assert placing.spread == pytest.approx([0.005, 1.0, 1.0])
    assert np.isnan(placing.place(Rows(metrics=("a", "b", "c"), at_ms=np.arange(10), values=values)).values[:, 2]).all()


@pytest.mark.parametrize("name", sorted(KINDS))
def test_every_kind_of_this_release_scores_placed_rows_alike_alone_together_and_restored(name: str) -> None:
    kind = PlacedKind(KINDS[name])
    first, second = rows_of(40.0, 5.0, 1), rows_of(2.0, 0.1, 2)
    detectors = [kind.fit(first, RECIPE), kind.fit(second, RECIPE)]
    news = [rows_of(40.0, 5.0, 3, 200), rows_of(2.0, 0.1, 4, 200)]

    alone = [detector.score(rows, None)[0].score for detector, rows in zip(detectors, news, strict=True)]
    together = [scores.score for scores, _ in kind.score_together(detectors, news, [None, None])]
    restored = [kind.restore(one.parts()).score(rows, None)[0].score for one, rows in zip(detectors, news, strict=True)]

    for said in (together, restored):
        for scores, expected in zip(said, alone, strict=True):
            assert scores.tobytes() == expected.tobytes()


def test_its_kind_goes_by_a_name_of_its_own() -> None:
    assert PlacedKind(KINDS["tracker"]).name == "tracker.fleet"


def test_parts_that_are_not_whole_are_refused() -> None:
    kind = PlacedKind(KINDS["pca"])
    parts = kind.fit(rows_of(40.0, 5.0, 1), RECIPE).parts()
    without = {name: array for name, array in parts.arrays.items() if name != "placing.center"}
    shorter = {**parts.arrays, "placing.center": np.zeros(2)}

    with pytest.raises(MaintError, match="without its place"):
        kind.restore(Parts(arrays=without, values=parts.values))
    with pytest.raises(MaintError, match="does not fit its metrics"):
        kind.restore(Parts(arrays=shorter, values=parts.values))


def test_rows_of_other_metrics_have_no_place() -> None:
    placing = learn_placing(some_rows(), None)

    with pytest.raises(ValueError, match="placed are vib_rms, bearing_temp"):
        placing.place(some_rows(metrics=("vib_rms", "tank_level")))
