"""The flat forest says what scikit-learn's says, faster."""

import numpy as np
from sklearn.ensemble import IsolationForest

from iot_maint.models.conditioning import median_of_seven
from iot_maint.models.flat_forest import flatten, path_scores, train_forest


def test_it_scores_as_scikit_learn_does() -> None:
    chance = np.random.default_rng(1)
    rows = chance.normal(size=(3000, 6))
    theirs = IsolationForest(n_estimators=100, max_samples=256, random_state=4).fit(rows)
    new = np.vstack([chance.normal(size=(500, 6)) * 2.0, rows[:200], np.round(rows[:100], 1)])
    ours = path_scores(flatten(theirs.estimators_, 256), new)
    assert np.abs(ours + theirs.score_samples(new)).max() < 1e-12


def test_a_row_by_itself_scores_as_among_others() -> None:
    chance = np.random.default_rng(2)
    forest = train_forest(chance.normal(size=(600, 3)), trees=100, samples=256, seed=1)
    rows = chance.normal(size=(333, 3))
    alone = np.concatenate([path_scores(forest, row[None]) for row in rows])
    assert alone.tobytes() == path_scores(forest, rows).tobytes()


def test_the_network_finds_the_median_of_whatever_is_known() -> None:
    chance = np.random.default_rng(3)
    values = np.where(chance.random((7, 4000)) < 0.3, np.nan, np.round(chance.normal(size=(7, 4000)), 1))
    values[:, :50] = np.nan
    found = median_of_seven(list(values))
    with np.errstate(all="ignore"):
        known = ~np.isnan(values).all(axis=0)
        assert np.array_equal(found[known], np.nanmedian(values[:, known], axis=0))
    assert np.isnan(found[~known]).all()
