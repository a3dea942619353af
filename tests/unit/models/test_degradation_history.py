import numpy as np
import pytest

from iot_maint.models.degradation_history import DAY_MS, HOUR_MS, Hourly, by_hour, daily_levels, worse_hours

HOURS = np.arange(24)


def test_days_are_counted_back_from_now_so_that_the_last_is_whole() -> None:
    now_ms = 10 * DAY_MS + 5 * HOUR_MS + 1234
    at_ms = now_ms - now_ms % HOUR_MS - HOUR_MS * np.array([50, 24, 1])
    table = by_hour(Hourly(at_ms=at_ms, values=np.array([1.0, 2.0, 3.0])), now_ms, 2)
    assert table.shape == (2, 24)
    assert table[1, 0] == 2.0
    assert table[1, 23] == 3.0
    assert np.isfinite(table).sum() == 2


def test_what_the_load_explains_within_the_days_is_taken_out_of_the_trend() -> None:
    days = 60
    heavier = np.linspace(1.0, 1.5, days)[:, None]  # the load grows for sixty days
    load = heavier * (0.5 + 0.3 * np.sin(2 * np.pi * HOURS / 24))[None, :]
    temperature = 30 + 60 * load + np.random.default_rng(0).normal(0, 0.5, load.shape)

    plain, explained = daily_levels(temperature, []), daily_levels(temperature, [load])

    assert plain[-1] - plain[0] > 12
    assert abs(explained[-1] - explained[0]) < 1.5


def test_wear_stays_where_the_load_explains_the_days() -> None:
    days = 60
    load = np.tile(0.5 + 0.3 * np.sin(2 * np.pi * HOURS / 24), (days, 1))
    wear = np.linspace(0, 20, days)[:, None]
    explained = daily_levels(30 + 60 * load + wear, [load])
    assert abs(explained[-1] - explained[0] - 20) < 1


def test_a_driver_that_explains_nothing_within_the_days_changes_nothing() -> None:
    chance = np.random.default_rng(1)
    values, driver = chance.normal(5, 1, (40, 24)), chance.normal(0, 1, (40, 24)) + np.linspace(0, 9, 40)[:, None]
    assert np.array_equal(daily_levels(values, [driver]), daily_levels(values, []))


@pytest.mark.filterwarnings("error")
def test_a_driver_of_which_nothing_is_stored_changes_nothing_and_says_nothing() -> None:
    values = np.random.default_rng(1).normal(5, 1, (40, 24))
    assert np.array_equal(daily_levels(values, [np.full((40, 24), np.nan)]), daily_levels(values, []))


def test_days_with_few_hours_and_days_before_the_restart_are_unknown() -> None:
    values = np.ones((10, 24))
    values[4, 2:] = np.nan
    assert np.flatnonzero(np.isnan(daily_levels(values, [], since=2))).tolist() == [0, 1, 4]


def test_what_comes_once_a_day_has_a_level_every_day() -> None:
    values = np.full((10, 24), np.nan)
    values[:, 3] = np.arange(10)
    assert daily_levels(values, []).tolist() == list(range(10))


def test_the_worst_hour_of_the_days_course_is_worse_and_the_noise_of_hours_is_not() -> None:
    course = np.tile(10 * np.sin(2 * np.pi * HOURS / 24), (20, 1))
    noise = np.random.default_rng(2).normal(0, 1, (20, 24))
    unknown = np.full((20, 24), np.nan)
    assert worse_hours(course, np.zeros(20), upward=True) == pytest.approx(10)
    assert worse_hours(course, np.zeros(20), upward=False) == pytest.approx(-10)
    assert worse_hours(noise, np.median(noise, axis=1), upward=True) < 0.8
    assert worse_hours(unknown, unknown[:, 0], upward=True) == 0.0


def test_heavy_days_lie_as_far_beyond_the_level_as_their_load_puts_them() -> None:
    course = np.tile(10 * np.sin(2 * np.pi * HOURS / 24), (20, 1))
    heavy = np.tile([5.0, 5.0, 5.0, 5.0, 5.0, 0.0, 0.0], 3)[:20]
    assert worse_hours(course + heavy[:, None], np.zeros(20), upward=True) == pytest.approx(15)
