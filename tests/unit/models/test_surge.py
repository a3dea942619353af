"""What the surge detector follows, what it does not, and where it begins."""

from dataclasses import replace
from functools import cache

import numpy as np

from iot_maint.models.detector import Detector, Recipe, Rows
from iot_maint.models.kinds import DEFAULT, KINDS
from tests.unit.models.courses import MINUTE_MS, cut, healthy, shifted, with_values

METRICS = ("flow",)
RECIPE = Recipe(metrics=METRICS)
NOISE = 0.2  # of the made-up flow, about 2
ALARM = 3.0


@cache
def fitted(kind: str = "surge") -> Detector:
    return KINDS[kind].fit(course(1500), RECIPE)


@cache
def used_to_swing() -> Detector:
    """It has learnt a long slow swing, within which all steps of these tests lie but one."""
    history = course(6000, seed=6)
    swing = 10 * NOISE * np.sin(np.arange(6000) / 600)[:, None]
    return KINDS["surge"].fit(with_values(history, history.values + swing), RECIPE)


def course(rows: int, seed: int = 1) -> Rows:
    return healthy(rows, seed, METRICS)


def scored(rows: Rows, kind: str = "surge") -> np.ndarray:
    return fitted(kind).score(rows, None)[0].score


def drifting(rows: Rows, by: float) -> Rows:
    """It goes on evenly, and ends so far away."""
    return with_values(rows, rows.values + np.linspace(0.0, by, len(rows))[:, None])


def after_a_gap(rows: Rows, row: int, bins: int) -> Rows:
    at_ms = rows.at_ms.copy()
    at_ms[row:] += bins * MINUTE_MS
    return replace(rows, at_ms=at_ms)


def test_what_changes_slowly_is_followed_where_the_default_alarms() -> None:
    rows = drifting(course(3000, seed=2), 10 * NOISE)
    assert (scored(rows) >= ALARM).mean() < 0.005
    assert (scored(rows, DEFAULT)[-500:] >= ALARM).all()


def test_the_same_way_gone_quickly_is_a_departure() -> None:
    rows = course(600, seed=2)
    values = rows.values.copy()
    values[300:] += 10 * NOISE * np.minimum(np.arange(300) / 40, 1.0)[:, None]
    assert (scored(with_values(rows, values))[340:] >= ALARM).all()


def test_a_departure_stands_as_long_as_the_level_does() -> None:
    assert (scored(shifted(course(3000, seed=3), "flow", 4 * NOISE, 300))[330:] >= ALARM).all()


def test_a_level_that_comes_back_ends_its_departure_and_is_no_second_one() -> None:
    score = scored(shifted(course(900, seed=3), "flow", 4 * NOISE, 300, 500))
    assert (score[330:500] >= ALARM).all()
    assert (score[525:] < ALARM).all()


def test_coming_back_to_the_level_of_hours_ago_is_no_departure() -> None:
    # It sank too slowly to be seen, and jumps: for who knows the last level alone, both ways are the same.
    rows = course(900, seed=7)
    values = rows.values.copy()
    values[300:380] -= np.linspace(0.0, 2 * NOISE, 80)[:, None]
    back = scored(with_values(rows, values))[380:]
    values[380:] -= 4 * NOISE
    onwards = scored(with_values(rows, values))[380:]
    assert back.max() < ALARM
    assert (onwards[30:] >= ALARM).all()


def test_a_step_behind_a_short_gap_is_seen() -> None:
    moved = after_a_gap(shifted(course(600, seed=7), "flow", 8 * NOISE, 300), 300, 80)
    assert (used_to_swing().score(moved, None)[0].score[330:] >= ALARM).all()


def test_a_long_gap_begins_anew_wherever_it_has_been_healthy() -> None:
    rows = course(600, seed=7)
    moved = after_a_gap(shifted(rows, "flow", 8 * NOISE, 300), 300, 500)
    beyond = after_a_gap(shifted(rows, "flow", 40 * NOISE, 300), 300, 500)
    assert (used_to_swing().score(moved, None)[0].score < ALARM).all()
    assert (used_to_swing().score(beyond, None)[0].score[330:] >= ALARM).all()


def test_a_departure_outlasts_a_long_gap() -> None:
    rows = after_a_gap(shifted(course(900, seed=7), "flow", 8 * NOISE, 300), 500, 2000)
    assert (used_to_swing().score(rows, None)[0].score[530:] >= ALARM).all()


def test_it_begins_anywhere_in_the_healthy_range_and_sees_what_begins_beyond() -> None:
    history = drifting(course(4000, seed=8), 20 * NOISE)
    detector = KINDS["surge"].fit(history, RECIPE)
    early = cut(drifting(course(4000, seed=9), 20 * NOISE), 300, 900)
    assert (detector.score(early, None)[0].score < ALARM).all()
    above = with_values(early, early.values + 40 * NOISE)
    assert (detector.score(above, None)[0].score[20:] >= ALARM).all()
