"""Who scores what: champions and shadows from verified files, and the one before while a file is refused."""

from datetime import timedelta
from pathlib import Path

import pytest

from iot_maint.domain.errors import StoreUnavailable
from iot_maint.domain.trained_models import ModelStatus, TrainedModel
from iot_maint.services.model_choice import ModelChoice
from iot_maint.services.model_loading import ModelLoader
from iot_maint.services.model_registry import promote_model, register_model, roll_back_model
from iot_maint.storage.model_files import DiskModelFiles
from iot_maint.storage.relational.database import RelationalDatabase
from tests.api_builders import StandingClock
from tests.fakes import FaultyDatabase
from tests.trained_models import KINDS, a_stored_model, a_trained_model


class Rig:
    """A registry, files and the choice over them."""

    def __init__(self, database: RelationalDatabase, folder: Path, clock: StandingClock) -> None:
        self.database = database
        self.folder = folder / "models"
        self.clock = clock
        self.files = DiskModelFiles(self.folder, lambda: bytes(32))
        self.choice = self.fresh_choice()
        self.seed = 0

    def fresh_choice(self) -> ModelChoice:
        """As of a process that has just started."""
        return ModelChoice(self.database, ModelLoader(files=self.files, kinds=KINDS))

    def model(self, code: str = "P-1", status: ModelStatus = ModelStatus.CANDIDATE) -> TrainedModel:
        """A model with a file of its own."""
        self.seed += 1
        file = self.files.save(a_stored_model(code, seed=self.seed))
        with self.database.transaction() as repositories:
            return register_model(repositories, a_trained_model(code, status=status, file=file))

    def promote(self, model: TrainedModel) -> None:
        self.clock.at += timedelta(minutes=1)
        with self.database.transaction() as repositories:
            promote_model(repositories, model.id, by="chief", clock=self.clock)

    def champion(self, code: str = "P-1") -> TrainedModel:
        model = self.model(code)
        self.promote(model)
        return model

    def damage(self, model: TrainedModel) -> None:
        path = self.folder / model.file
        content = bytearray(path.read_bytes())
        content[-1] ^= 1
        path.write_bytes(content)

    def scoring(self, code: str = "P-1", choice: ModelChoice | None = None) -> list[tuple[str, bool]]:
        chosen = choice or self.choice
        chosen.refresh()
        return [(model.id, model.shadow) for model in chosen.of(code)]


@pytest.fixture
def rig(database: RelationalDatabase, tmp_path: Path, clock: StandingClock) -> Rig:
    return Rig(database, tmp_path, clock)


def test_the_champion_comes_first_and_its_shadows_after_it(rig: Rig) -> None:
    champion, shadow = rig.champion(), rig.model(status=ModelStatus.SHADOW)
    rig.model()  # a candidate scores nothing
    other = rig.champion("P-2")

    assert rig.scoring() == [(str(champion.id), False), (str(shadow.id), True)]
    assert rig.scoring("P-2") == [(str(other.id), False)]
    assert rig.scoring("P-3") == []
    [live, _] = rig.choice.of("P-1")
    assert (live.limit, live.clear_limit, live.dwell_rows) == (3.0, 1.5, 30)


def test_the_revision_moves_with_what_is_in_use_and_with_nothing_else(rig: Rig) -> None:
    first = rig.choice.revision  # the first look
    assert not rig.choice.refresh()
    champion = rig.champion()
    assert rig.choice.refresh()
    second = rig.choice.revision
    rig.model()
    assert not rig.choice.refresh()
    assert rig.choice.revision == second != first
    rig.champion()
    assert rig.choice.refresh()
    assert rig.choice.revision not in (first, second)
    assert champion.status is ModelStatus.CANDIDATE


def test_a_promoted_model_whose_file_is_refused_leaves_the_one_before_in_place(rig: Rig) -> None:
    good, bad = rig.champion(), rig.model()
    rig.choice.refresh()
    rig.damage(bad)
    rig.promote(bad)

    assert rig.scoring() == [(str(good.id), False)]
    assert "was changed after it was written" in rig.choice.refused[bad.id]
    assert rig.scoring(choice=rig.fresh_choice()) == [(str(good.id), False)]  # a process that starts finds it too


def test_a_file_that_is_whole_again_is_used_again(rig: Rig) -> None:
    good, bad = rig.champion(), rig.champion()
    content = (rig.folder / bad.file).read_bytes()
    rig.damage(bad)
    assert rig.scoring() == [(str(good.id), False)]

    (rig.folder / bad.file).write_bytes(content)

    assert rig.scoring() == [(str(bad.id), False)]
    assert rig.choice.refused == {}


def test_with_no_good_file_at_all_nothing_scores_and_other_equipment_does(rig: Rig) -> None:
    bad, other = rig.champion(), rig.champion("P-2")
    rig.damage(bad)

    assert rig.scoring() == []
    assert rig.scoring("P-2") == [(str(other.id), False)]


def test_a_shadow_whose_file_is_refused_is_left_out(rig: Rig) -> None:
    champion, shadow = rig.champion(), rig.model(status=ModelStatus.SHADOW)
    rig.damage(shadow)

    assert rig.scoring() == [(str(champion.id), False)]
    assert list(rig.choice.refused) == [shadow.id]


def test_a_damaged_file_of_a_model_that_scores_already_disturbs_nothing(rig: Rig) -> None:
    champion = rig.champion()
    rig.choice.refresh()
    rig.damage(champion)
    other = rig.champion("P-2")

    assert rig.scoring() == [(str(champion.id), False)]
    assert rig.scoring("P-2") == [(str(other.id), False)]


def test_a_rollback_is_followed(rig: Rig) -> None:
    first, second = rig.champion(), rig.champion()
    assert rig.scoring() == [(str(second.id), False)]

    with rig.database.transaction() as repositories:
        roll_back_model(repositories, second.id, by="chief", clock=rig.clock)

    assert rig.scoring() == [(str(first.id), False)]


def test_another_equipments_model_is_refused_though_its_file_is_good(rig: Rig) -> None:
    theirs = rig.model("P-2")
    with rig.database.transaction() as repositories:
        mine = register_model(repositories, a_trained_model("P-1", file=theirs.file))
    rig.promote(mine)

    assert rig.scoring() == []
    assert "its file is of P-2, not of P-1" in rig.choice.refused[mine.id]


def test_a_detector_that_this_release_does_not_have_is_refused_by_name(rig: Rig) -> None:
    champion = rig.champion()
    choice = ModelChoice(rig.database, ModelLoader(files=rig.files, kinds={}))

    assert rig.scoring(choice=choice) == []
    assert "no detector distance" in choice.refused[champion.id]


def test_before_the_first_look_nobody_is_told_that_there_are_no_models(rig: Rig) -> None:
    rig.champion()

    def away() -> None:
        raise StoreUnavailable("the database is away")

    choice = ModelChoice(FaultyDatabase(inner=rig.database, before=away), ModelLoader(files=rig.files, kinds=KINDS))

    with pytest.raises(StoreUnavailable):
        _ = choice.revision
