"""A fleet's rows: each on its own scale, one after the other, at the hours and weekdays at which they were."""

from datetime import timedelta

import numpy as np

from iot_maint.models.detector import Recipe, Rows
from iot_maint.services.training import pooling
from iot_maint.services.training.history import History
from iot_maint.services.training.pooling import common_recipe, pool
from tests.builders import an_equipment
from tests.trained_models import some_rows

WEEK_MS = timedelta(days=7) // timedelta(milliseconds=1)
RECIPE = Recipe(metrics=("vib_rms", "bearing_temp"), drivers=("tank_level",), bin_s=60.0)


def a_history(rows: Rows, code: str = "P-1") -> History:
    return History(
        equipment=an_equipment(code),
        recipe=RECIPE,
        rows=rows,
        left_out={},
        present={},
        absent=(),
        count=len(rows),
    )


def test_time_goes_on_and_keeps_its_place_in_the_week() -> None:
    start_ms = 1_767_225_600_000
    histories = [a_history(some_rows(50, seed=n, start_ms=start_ms)) for n in range(3)]

    pooled = pool(histories, Recipe(metrics=("vib_rms", "bearing_temp"), bin_s=60.0))

    assert len(pooled) == 150
    assert (np.diff(pooled.at_ms) > 0).all()
    for number, history in enumerate(histories):
        own = pooled.at_ms[50 * number : 50 * (number + 1)]
        assert ((own - history.rows.at_ms) % WEEK_MS == 0).all()
    assert abs(np.median(pooled.values, axis=0)).max() < 0.2


def test_each_gives_as_many_of_its_newest_rows() -> None:
    long, short = some_rows(pooling.MOST_ROWS, seed=1), some_rows(10, seed=2)

    pooled = pool([a_history(long), a_history(short)], Recipe(metrics=("vib_rms", "bearing_temp"), bin_s=60.0))

    assert len(pooled) == pooling.MOST_ROWS // 2 + 10


def test_what_half_of_them_have_is_looked_at() -> None:
    with_tank = some_rows(metrics=("vib_rms", "bearing_temp", "tank_level"))
    without = some_rows(metrics=("vib_rms",))

    recipe = common_recipe([a_history(with_tank), a_history(without)], RECIPE)

    assert recipe is not None
    assert (recipe.metrics, recipe.drivers) == (("vib_rms", "bearing_temp"), ("tank_level",))
    few = common_recipe([a_history(with_tank), a_history(without), a_history(without)], RECIPE)
    assert few is not None
    assert (few.metrics, few.drivers) == (("vib_rms",), ())
    assert common_recipe([a_history(some_rows(metrics=("tank_level",)))], RECIPE) is None
    pooled = pool([a_history(with_tank), a_history(without)], recipe)
    assert np.isnan(pooled.values[len(with_tank) :, 1:]).all()
