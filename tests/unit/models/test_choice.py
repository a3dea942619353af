"""The kind that suits given rows, told by healthy rows alone."""

from iot_maint.models.alarming import Limit
from iot_maint.models.choice import choose_kind
from iot_maint.models.kinds import DEFAULT, KINDS
from tests.unit.models.courses import RECIPE, healthy

LIMIT = Limit.at(3.0)


def test_all_kinds_are_tried_and_the_first_is_the_best() -> None:
    name, trials = choose_kind(healthy(900), RECIPE, LIMIT)
    assert {trial.kind for trial in trials} == set(KINDS)
    assert name == trials[0].kind
    assert [trial.merit for trial in trials] == sorted((trial.merit for trial in trials), reverse=True)
    assert trials[0].alarmed < 0.05
    assert trials[0].found > 0.5


def test_too_few_rows_to_try_give_the_default() -> None:
    assert choose_kind(healthy(300), RECIPE, LIMIT) == (DEFAULT, ())


def test_a_kind_that_sees_steps_alone_is_not_the_best_where_nothing_speaks_for_it() -> None:
    _, trials = choose_kind(healthy(2500), RECIPE, LIMIT)
    found = {trial.kind: trial.found for trial in trials}
    assert found["surge"] < found[DEFAULT] - 0.1
