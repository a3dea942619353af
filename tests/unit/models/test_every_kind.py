"""What holds for every kind of detector."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iot_maint.domain.errors import MaintError, NotEnoughHistory
from iot_maint.models.detector import Detector, Parts, Recipe, Rows, Scores
from iot_maint.models.kinds import DEFAULT, KINDS
from tests.unit.models.courses import METRICS, MINUTE_MS, RECIPE, cut, healthy, shifted, with_values

pytestmark = pytest.mark.parametrize("name", KINDS)


@cache
def fitted(name: str, recipe: Recipe = RECIPE) -> Detector:
    return KINDS[name].fit(healthy(), recipe)


def fault() -> Rows:
    """New rows, in whose second half the current is too high, with what goes missing and a gap of an hour."""
    rows = shifted(healthy(400, seed=2), "current", 4.0, 200)
    values = rows.values.copy()
    values[50:60, 0] = np.nan
    values[70, :] = np.nan
    at_ms = rows.at_ms.copy()
    at_ms[300:] += 60 * MINUTE_MS
    return replace(rows, at_ms=at_ms, values=values)


def in_pieces(detector: Detector, rows: Rows, cuts: Sequence[int]) -> tuple[Scores, Parts]:
    memory: Parts | None = None
    pieces = []
    for begin, end in zip([0, *cuts], [*cuts, len(rows)], strict=True):
        scores, memory = detector.score(cut(rows, begin, end), memory)
        pieces.append(scores)
    assert memory is not None
    whole = Scores(
        score=np.concatenate([one.score for one in pieces]),
        confidence=np.concatenate([one.confidence for one in pieces]),
        contributions=np.concatenate([one.contributions for one in pieces]),
        directions=np.concatenate([one.directions for one in pieces]),
    )
    return whole, memory


def as_bytes(scores: Scores) -> tuple[bytes, ...]:
    return tuple(part.tobytes() for part in (scores.score, scores.confidence, scores.contributions, scores.directions))


@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_any_cut_of_the_rows_gives_the_same_scores_to_the_byte(name: str, data: st.DataObject) -> None:
    rows = fault()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(rows)), max_size=6)))
    whole, end = fitted(name).score(rows, None)
    pieces, end_of_pieces = in_pieces(fitted(name), rows, cuts)
    assert as_bytes(whole) == as_bytes(pieces)
    assert end.arrays["state"].tobytes() == end_of_pieces.arrays["state"].tobytes()


def test_one_row_at_a_time_gives_the_same_scores_to_the_byte(name: str) -> None:
    rows = cut(fault(), 150, 320)
    whole, _ = fitted(name).score(rows, None)
    pieces, _ = in_pieces(fitted(name), rows, range(1, len(rows)))
    assert as_bytes(whole) == as_bytes(pieces)


def test_a_score_never_depends_on_rows_after_it(name: str) -> None:
    rows = fault()
    other_end = with_values(rows, np.concatenate([rows.values[:210], rows.values[210:] * 50]))
    whole, _ = fitted(name).score(rows, None)
    other, _ = fitted(name).score(other_end, None)
    assert np.array_equal(whole.score[:210], other.score[:210])


def test_the_same_rows_at_another_time_give_the_same_scores(name: str) -> None:
    rows = fault()
    later = replace(rows, at_ms=rows.at_ms + 977 * MINUTE_MS + 123)
    assert as_bytes(fitted(name).score(rows, None)[0]) == as_bytes(fitted(name).score(later, None)[0])


def test_scoring_together_is_the_same_as_scoring_each(name: str) -> None:
    kind = KINDS[name]
    one = healthy(600, seed=5, metrics=("flow", "pressure"))
    recipes = (RECIPE, RECIPE, replace(RECIPE, drivers=()), Recipe(metrics=one.metrics))
    detectors = [fitted(name), kind.fit(healthy(900, seed=3), RECIPE), fitted(name), kind.fit(one, recipes[3])]
    rows = [fault(), cut(fault(), 180, 260), cut(fault(), 0, 0), healthy(77, seed=8, metrics=one.metrics)]
    memories = [None, detectors[1].score(cut(fault(), 0, 180), None)[1], None, None]
    together = kind.score_together(detectors, rows, memories)
    for detector, its_rows, memory, (scores, after) in zip(detectors, rows, memories, together, strict=True):
        alone, after_alone = detector.score(its_rows, memory)
        assert as_bytes(scores) == as_bytes(alone)
        assert after.arrays["state"].tobytes() == after_alone.arrays["state"].tobytes()


def test_equipment_whose_metrics_have_other_names_or_another_order_is_scored_together(name: str) -> None:
    kind = KINDS[name]
    turned = METRICS[::-1]
    rows = Rows(metrics=turned, at_ms=healthy().at_ms, values=healthy().values[:, ::-1])
    other = kind.fit(rows, Recipe(metrics=turned))
    new = fault()
    new_turned = Rows(metrics=turned, at_ms=new.at_ms, values=new.values[:, ::-1])
    together = kind.score_together([fitted(name), other, other], [new, new_turned, new], [None, None, None])
    assert as_bytes(together[1][0]) == as_bytes(other.score(new_turned, None)[0])
    assert as_bytes(together[2][0]) == as_bytes(together[1][0])


def test_a_restored_detector_is_the_same(name: str) -> None:
    detector = fitted(name)
    parts = detector.parts()
    stored = Parts(arrays={key: array.copy() for key, array in parts.arrays.items()}, values=dict(parts.values))
    restored = KINDS[name].restore(stored)
    assert restored.recipe == detector.recipe
    assert as_bytes(restored.score(fault(), None)[0]) == as_bytes(detector.score(fault(), None)[0])


def test_parts_are_plain(name: str) -> None:
    parts = fitted(name).parts()
    assert all(array.dtype.kind in "fiu" for array in parts.arrays.values())
    assert parts.values["kind"] == name


def test_parts_that_are_not_whole_are_refused_by_name(name: str) -> None:
    parts = fitted(name).parts()
    for lost in parts.arrays:
        rest = {key: array for key, array in parts.arrays.items() if key != lost}
        with pytest.raises(MaintError, match=lost.removeprefix("model.")):
            KINDS[name].restore(replace(parts, arrays=rest))
    cut_short = {key: array[..., :-1] for key, array in parts.arrays.items()}
    with pytest.raises(MaintError, match="train it again"):
        KINDS[name].restore(replace(parts, arrays=cut_short))


@pytest.mark.parametrize(
    ("key", "value"), [("kind", "oracle"), ("metrics", []), ("metrics", 5), ("gate", 1), ("bin_s", 0), ("bin_s", "a")]
)
def test_values_that_are_not_a_recipe_are_refused(name: str, key: str, value: str | float | list[str]) -> None:
    parts = fitted(name).parts()
    with pytest.raises(MaintError, match="again"):
        KINDS[name].restore(replace(parts, values={**parts.values, key: value}))


def test_a_memory_of_something_else_is_refused(name: str) -> None:
    strange = Parts(arrays={"state": np.zeros(3)}, values={})
    with pytest.raises(MaintError, match="state"):
        fitted(name).score(fault(), strange)


def test_a_memory_is_small(name: str) -> None:
    _, memory = fitted(name).score(fault(), None)
    assert sum(array.nbytes for array in memory.arrays.values()) < 1000 * len(METRICS)


def test_missing_values_lower_the_confidence_and_raise_nothing(name: str) -> None:
    rows = healthy(300, seed=4)
    values = rows.values.copy()
    values[100:, 1] = np.nan
    scores, _ = fitted(name).score(with_values(rows, values), None)
    assert np.isfinite(scores.score).all()
    assert (scores.score[150:] < 3).all()
    assert np.allclose(scores.confidence[50:100], 1.0)
    assert np.allclose(scores.confidence[150:], 2 / 3, atol=1e-6)
    assert not scores.contributions[150:, 1].any()


def test_rows_without_any_value_say_nothing(name: str) -> None:
    rows = healthy(60, seed=4)
    scores, memory = fitted(name).score(with_values(rows, np.full(rows.values.shape, np.nan)), None)
    assert not scores.score.any()
    assert not scores.confidence.any()
    again, _ = fitted(name).score(cut(healthy(160, seed=4), 60), memory)
    assert (again.score < 3).all()


def test_infinite_values_count_as_missing(name: str) -> None:
    rows = healthy(120, seed=4)
    infinite, missing = rows.values.copy(), rows.values.copy()
    infinite[40:80, 0], missing[40:80, 0] = np.inf, np.nan
    detector = fitted(name)
    assert as_bytes(detector.score(with_values(rows, infinite), None)[0]) == as_bytes(
        detector.score(with_values(rows, missing), None)[0]
    )


def test_a_planted_fault_is_explained_by_its_metric_and_direction(name: str) -> None:
    for metric, by in (("current", 4.0), ("bearing_temp", -3.0), ("vib_rms", 1.5)):
        rows = shifted(healthy(300, seed=6), metric, by, 150)
        scores, _ = fitted(name).score(rows, None)
        column = METRICS.index(metric)
        assert (scores.score[180:190] > scores.score[100:150].max()).all()
        assert (scores.contributions[180:190].argmax(axis=1) == column).all()
        assert (scores.directions[180:190, column] == np.sign(by)).all()


def test_contributions_are_shares(name: str) -> None:
    scores, _ = fitted(name).score(fault(), None)
    above = scores.score > 0
    assert np.allclose(scores.contributions[above].sum(axis=1), 1.0, atol=1e-5)
    assert not scores.contributions[~above].any()
    assert (scores.score >= 0).all()
    assert np.array_equal(scores.score, np.round(scores.score, 6))


def test_the_scale_is_that_of_healthy_time(name: str) -> None:
    detector = KINDS[name].fit(healthy(20_000, seed=11), RECIPE)
    scores, _ = detector.score(healthy(40_000, seed=12), None)
    for limit in (0.5, 1.0, 2.0):
        share = float((scores.score >= limit).mean())
        assert 10**-limit / 2.5 < share < 10**-limit * 2.5
    assert (scores.score >= 3.0).mean() < 0.004


def test_a_gap_of_an_hour_fakes_nothing(name: str) -> None:
    rows = healthy(400, seed=7)
    at_ms = rows.at_ms.copy()
    at_ms[200:] += 60 * MINUTE_MS
    scores, _ = fitted(name).score(replace(rows, at_ms=at_ms), None)
    assert (scores.score[200:] < 4).all()


def test_one_wild_reading_is_no_anomaly(name: str) -> None:
    rows = shifted(healthy(200, seed=7), "bearing_temp", 500.0, 120, 121)
    quiet, _ = fitted(name).score(healthy(200, seed=7), None)
    scores, _ = fitted(name).score(rows, None)
    assert scores.score[115:150].max() < max(3.0, quiet.score[115:150].max() + 0.5)


def test_standing_is_a_regime_of_its_own(name: str) -> None:
    recipe = replace(RECIPE, gate="running")
    rows = _gated(healthy(2000, seed=13), 60)
    detector = KINDS[name].fit(rows, recipe)
    scores, _ = detector.score(_gated(healthy(900, seed=14), 60), None)
    standing = np.arange(900) // 60 % 2 == 1
    assert not scores.score[standing].any()
    assert not scores.confidence[standing].any()
    assert (scores.score[~standing] < 3).mean() > 0.995
    faulty = _gated(shifted(healthy(900, seed=14), "current", 5.0, 480), 60)
    assert detector.score(faulty, None)[0].score[520:540].min() > 3


def _gated(rows: Rows, every: int) -> Rows:
    """It stands for every second stretch of so many rows, and all its metrics lie at 0 then."""
    runs = np.arange(len(rows)) // every % 2 == 0
    values = np.column_stack([np.where(runs[:, None], rows.values, 0.0), runs.astype(np.float64)])
    return Rows(metrics=(*rows.metrics, "running"), at_ms=rows.at_ms, values=values)


def test_what_a_driver_explains_is_no_anomaly(name: str) -> None:
    recipe = replace(RECIPE, drivers=("load",))
    detector = KINDS[name].fit(_loaded(healthy(3000, seed=15), seed=1), recipe)
    heavy = _loaded(healthy(600, seed=16), seed=2)
    scores, _ = detector.score(heavy, None)
    assert (scores.score < 3).mean() > 0.98
    faulty = shifted(heavy, "current", 6.0, 400)
    assert detector.score(faulty, None)[0].score[440:460].min() > 3
    without = with_values(heavy, np.where(np.arange(4) == 3, np.nan, heavy.values))
    assert detector.score(without, None)[0].confidence[100:].max() == pytest.approx(0.75)


def _loaded(rows: Rows, seed: int) -> Rows:
    """Every metric follows a load that changes by the hour."""
    load = np.repeat(np.random.default_rng(seed).uniform(0.2, 1.0, len(rows) // 60 + 1), 60)[: len(rows)]
    return Rows(
        metrics=(*rows.metrics, "load"),
        at_ms=rows.at_ms,
        values=np.column_stack([rows.values + 10.0 * load[:, None], load]),
    )


def test_a_constant_metric_is_learnt_and_its_change_is_seen(name: str) -> None:
    rows = healthy(1500)
    flat = with_values(rows, np.column_stack([rows.values[:, :2], np.full(1500, 40.0)]))
    detector = KINDS[name].fit(flat, RECIPE)
    quiet, _ = detector.score(cut(flat, 0, 300), None)
    assert (quiet.score < 3).all()
    moved = with_values(cut(flat, 0, 300), np.column_stack([flat.values[:300, :2], np.full(300, 45.0)]))
    scores, _ = detector.score(moved, None)
    assert (scores.contributions[50:, 2] > 0.3).mean() > 0.9


def test_a_single_metric_is_enough(name: str) -> None:
    rows = healthy(600, metrics=("flow",))
    detector = KINDS[name].fit(rows, Recipe(metrics=("flow",)))
    scores, _ = detector.score(shifted(healthy(200, seed=3, metrics=("flow",)), "flow", 2.0, 100), None)
    assert scores.score[130:].min() > 1.0
    assert np.array_equal(scores.contributions[130:, 0], np.ones(70))


def test_a_metric_that_was_never_seen_is_left_out(name: str) -> None:
    rows = healthy(600)
    detector = KINDS[name].fit(rows, Recipe(metrics=(*METRICS, "oil_level")))
    scores, _ = detector.score(fault(), None)
    assert np.isfinite(scores.score).all()
    assert scores.confidence.max() <= 0.75
    later = Rows(
        metrics=(*METRICS, "oil_level"),
        at_ms=fault().at_ms,
        values=np.column_stack([fault().values, np.full(len(fault()), 3.0)]),
    )
    assert np.isfinite(detector.score(later, None)[0].score).all()


@pytest.mark.parametrize("rows", [0, 1, 40, 99])
def test_too_little_history_is_refused_with_numbers(name: str, rows: int) -> None:
    with pytest.raises(NotEnoughHistory, match=rf"^{rows} healthy rows .* it takes 100"):
        KINDS[name].fit(healthy(rows), RECIPE)


def test_a_recipe_without_metrics_is_refused(name: str) -> None:
    with pytest.raises(MaintError, match="at least one metric"):
        KINDS[name].fit(healthy(), Recipe(metrics=()))


def test_fitting_twice_gives_the_same_detector(name: str) -> None:
    first, second = (KINDS[name].fit(healthy(), RECIPE, seed=3).parts() for _ in range(2))
    assert {key: array.tobytes() for key, array in first.arrays.items()} == {
        key: array.tobytes() for key, array in second.arrays.items()
    }


def test_the_default_is_one_of_them(name: str) -> None:
    assert DEFAULT in KINDS
    assert KINDS[name].name == name
