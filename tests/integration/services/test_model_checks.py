"""Champions held against their calibration: due by the clock, done once, and a challenger only for a reason."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from iot_maint.domain.errors import StoreUnavailable
from iot_maint.domain.trained_models import ModelCheck, TrainedModel, owner_of_equipment
from iot_maint.services.model_checks import CLAIM_HELD, ModelChecker, drift_between
from iot_maint.services.model_loading import ModelLoader
from iot_maint.services.model_registry import promote_model
from iot_maint.services.training.history import HistoryReader
from iot_maint.storage.relational.database import RelationalDatabase
from tests.api_builders import SHANGHAI
from tests.trained_models import KINDS
from tests.training_stories import NOW, TrainingRig, a_training_rig

WEEK = timedelta(days=7)


@pytest.fixture
def rig(tmp_path: Path, database: RelationalDatabase) -> Iterator[TrainingRig]:
    rig = a_training_rig(tmp_path, database)
    yield rig
    rig.store.close()


def checker_of(rig: TrainingRig) -> ModelChecker:
    def reader(start: datetime, until: datetime) -> HistoryReader:
        return HistoryReader(database=rig.database, store=rig.store, zone=SHANGHAI, start=start, until=until)

    loader = ModelLoader(files=rig.files, kinds=KINDS)
    return ModelChecker(
        database=rig.database, clock=rig.clock, loader=loader, trainer=rig.trainer, every=WEEK, reader=reader
    )


def crown(rig: TrainingRig, code: str = "P-1") -> TrainedModel:
    """A champion, trained and promoted now."""
    [outcome] = rig.train(code)
    assert outcome.model is not None
    with rig.database.transaction() as repositories:
        return promote_model(repositories, outcome.model.id, by="chief", clock=rig.clock)


def check_of(rig: TrainingRig, code: str = "P-1") -> ModelCheck:
    with rig.database.reading() as repositories:
        check = repositories.models.check_of(code)
    assert check is not None
    return check


def shadows_of(rig: TrainingRig, code: str = "P-1") -> list[TrainedModel]:
    with rig.database.reading() as repositories:
        return repositories.models.shadows(owner_of_equipment(code))


def pass_week(rig: TrainingRig, *, level: float = 2.0, seed: int = 5) -> None:
    rig.run("P-1", rig.clock.at, rig.clock.at + WEEK, level=level, seed=seed)
    rig.clock.at += WEEK


def test_nothing_is_due_before_a_period_has_passed(rig: TrainingRig) -> None:
    rig.pump("P-1", 30)
    crown(rig)
    rig.clock.at += WEEK - timedelta(seconds=1)

    assert checker_of(rig).run_due() == 0


def test_a_champion_as_calibrated_is_checked_once_a_period_and_left_alone(rig: TrainingRig) -> None:
    rig.pump("P-1", 30)
    crown(rig)
    pass_week(rig)

    assert checker_of(rig).run_due() == 1
    assert checker_of(rig).run_due() == 0  # another process, or this one after a restart

    check = check_of(rig)
    assert check.checked_at == rig.clock.at
    assert check.drift is not None
    assert check.drift < 0.3
    assert check.outcome.startswith("as calibrated")
    assert shadows_of(rig) == []
    pass_week(rig, seed=6)
    assert checker_of(rig).run_due() == 1


def test_a_champion_that_has_drifted_gets_a_challenger_in_its_shadow_and_stays(rig: TrainingRig) -> None:
    rig.pump("P-1", 30)
    champion = crown(rig)
    pass_week(rig, level=2.6)

    assert checker_of(rig).run_due() == 1

    [challenger] = shadows_of(rig)
    check = check_of(rig)
    assert check.drift is not None
    assert check.drift > 0.7
    assert check.outcome.endswith(f"challenger {challenger.id} scores in its shadow")
    assert challenger.created_by == "model check"
    assert challenger.card.reason.startswith("drifted")
    assert challenger.card.trained_until == NOW + WEEK
    with rig.database.reading() as repositories:
        standing = repositories.models.champion(owner_of_equipment("P-1"))
    assert standing is not None
    assert standing.id == champion.id


def test_an_old_champion_gets_a_challenger_without_drift(rig: TrainingRig) -> None:
    rig.pump("P-1", 30)
    crown(rig)
    rig.run("P-1", NOW, NOW + timedelta(days=91), seed=7)
    rig.clock.at = NOW + timedelta(days=91)

    checker_of(rig).run_due()

    assert len(shadows_of(rig)) == 1
    assert check_of(rig).outcome.startswith("trained on data up to 2026-03-02")


def test_a_silent_week_says_nothing_of_drift(rig: TrainingRig) -> None:
    rig.pump("P-1", 30)
    crown(rig)
    rig.clock.at += WEEK

    checker_of(rig).run_due()

    assert check_of(rig).drift is None
    assert check_of(rig).outcome == "too little healthy time since"


def test_a_check_whose_process_died_is_done_again_after_an_hour(rig: TrainingRig) -> None:
    rig.pump("P-1", 30)
    crown(rig)
    pass_week(rig)
    with rig.database.transaction() as repositories:
        assert repositories.models.claim_check("P-1", None, rig.clock.at)

    assert checker_of(rig).run_due() == 0
    rig.clock.at += CLAIM_HELD
    assert checker_of(rig).run_due() == 1


def test_a_store_that_is_away_leaves_the_check_to_be_done_again(rig: TrainingRig) -> None:
    rig.pump("P-1", 30)
    crown(rig)
    pass_week(rig)

    def away(start: datetime, until: datetime) -> HistoryReader:
        raise StoreUnavailable(f"no answer for {start} to {until}")

    with pytest.raises(StoreUnavailable):
        replace(checker_of(rig), reader=away).run_due()
    rig.clock.at += CLAIM_HELD
    assert checker_of(rig).run_due() == 1


def test_a_champion_whose_file_is_refused_is_said_to_be_so(rig: TrainingRig) -> None:
    rig.pump("P-1", 30)
    champion = crown(rig)
    (rig.folder / "models" / champion.file).unlink()
    pass_week(rig)

    assert checker_of(rig).run_due() == 1
    assert champion.file in check_of(rig).outcome


@pytest.mark.parametrize(
    ("then", "now", "rows", "drift"),
    [
        ((0.1, 0.01), (0.1, 0.01), 2000, 0.0),
        ((0.1, 0.01), (0.1, 0.1), 2000, 1.0),
        ((0.1, 0.01), (0.01, 0.01), 2000, 1.0),
        ((0.1, 0.0001), (0.1, 0.004), 2000, 0.0),  # eight of 2,000 rows are too few to tell
        ((0.1, 0.0), (0.1, 0.0), 300, 0.0),
    ],
)
def test_drift_is_the_largest_distance_of_two_tails_in_powers_of_ten(
    then: tuple[float, ...], now: tuple[float, ...], rows: int, drift: float
) -> None:
    assert drift_between(then, now, rows) == pytest.approx(drift)
