"""Alarms rise at a limit and clear well below it."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from iot_maint.models.alarming import Limit, alarms

LIMIT = Limit(raised=2.0, cleared=1.0)


def test_a_score_that_hovers_at_the_limit_is_one_alarm() -> None:
    score = np.array([0.0, 1.5, 2.0, 1.9, 2.1, 1.0, 0.9, 1.5, 2.5])
    assert alarms(score, LIMIT).astype(int).tolist() == [0, 0, 1, 1, 1, 1, 0, 0, 1]


@given(st.lists(st.floats(0, 4), max_size=30), st.integers(0, 30), st.booleans())
def test_any_cut_gives_the_same_alarms(scores: list[float], place: int, before: bool) -> None:
    whole = alarms(np.array(scores), LIMIT, before=before)
    place = min(place, len(scores))
    first = alarms(np.array(scores[:place]), LIMIT, before=before)
    rest = alarms(np.array(scores[place:]), LIMIT, before=bool(first[-1]) if place else before)
    assert np.concatenate([first, rest]).tolist() == whole.tolist()
