"""Promoting and rolling back: one champion, the story kept, and whoever comes second is told."""

from datetime import timedelta

import pytest

from iot_maint.domain.errors import Conflict, UnknownThing
from iot_maint.domain.trained_models import (
    ModelEventKind,
    ModelStatus,
    TrainedModel,
    owner_of_equipment,
    owner_of_fleet,
)
from iot_maint.services.model_registry import promote_model, register_model, roll_back_model
from iot_maint.storage.relational.database import RelationalDatabase
from tests.api_builders import StandingClock
from tests.trained_models import a_trained_model


def register(database: RelationalDatabase, model: TrainedModel | None = None) -> int:
    with database.transaction() as repositories:
        return register_model(repositories, model or a_trained_model()).id


def promote(database: RelationalDatabase, clock: StandingClock, model_id: int, replaces: int | None = None) -> None:
    clock.at += timedelta(minutes=1)
    with database.transaction() as repositories:
        promote_model(repositories, model_id, by="chief", clock=clock, replaces=replaces)


def roll_back(database: RelationalDatabase, clock: StandingClock, model_id: int) -> int:
    clock.at += timedelta(minutes=1)
    with database.transaction() as repositories:
        return roll_back_model(repositories, model_id, by="chief", clock=clock).id


def statuses(database: RelationalDatabase, *ids: int) -> list[ModelStatus]:
    with database.reading() as repositories:
        return [model.status for one in ids if (model := repositories.models.get(one)) is not None]


def test_a_promoted_model_is_the_champion_and_the_one_before_is_retired(
    database: RelationalDatabase, clock: StandingClock
) -> None:
    first, second = register(database), register(database)

    promote(database, clock, first)
    promote(database, clock, second)

    assert statuses(database, first, second) == [ModelStatus.RETIRED, ModelStatus.CHAMPION]
    with database.reading() as repositories:
        champion = repositories.models.champion(owner_of_equipment("P-1"))
        assert champion is not None
        assert (champion.id, champion.promoted_by, champion.promoted_at) == (second, "chief", clock.at)
        story = [(event.kind, event.by) for event in repositories.models.events(first)]
    assert story == [
        (ModelEventKind.TRAINED, "trainer"),
        (ModelEventKind.PROMOTED, "chief"),
        (ModelEventKind.RETIRED, "chief"),
    ]


def test_rolling_back_goes_one_champion_back_and_again_one_further(
    database: RelationalDatabase, clock: StandingClock
) -> None:
    ids = [register(database) for _ in range(3)]
    for one in ids:
        promote(database, clock, one)

    assert roll_back(database, clock, ids[2]) == ids[1]
    assert roll_back(database, clock, ids[1]) == ids[0]
    with pytest.raises(Conflict, match=f"no champion of P-1 stood before model {ids[0]}"):
        roll_back(database, clock, ids[0])

    retired = ModelStatus.RETIRED
    assert statuses(database, *ids) == [ModelStatus.CHAMPION, retired, retired]
    promote(database, clock, ids[2])
    assert roll_back(database, clock, ids[2]) == ids[0]


def test_only_the_champion_can_be_rolled_back(database: RelationalDatabase, clock: StandingClock) -> None:
    first, second = register(database), register(database)
    promote(database, clock, first)

    with pytest.raises(Conflict, match=f"model {second} is candidate.*its champion is model {first}"):
        roll_back(database, clock, second)


def test_promoting_the_champion_again_changes_nothing(database: RelationalDatabase, clock: StandingClock) -> None:
    first = register(database)
    promote(database, clock, first)
    with database.reading() as repositories:
        revision = repositories.models.revision()

    promote(database, clock, first)

    with database.reading() as repositories:
        assert repositories.models.revision() == revision
        assert len(repositories.models.events(first)) == 2


def test_whoever_knows_an_older_champion_is_told(database: RelationalDatabase, clock: StandingClock) -> None:
    first, second, third = (register(database) for _ in range(3))
    promote(database, clock, first)
    promote(database, clock, second, replaces=first)

    with pytest.raises(Conflict, match=f"is model {second} by now, not model {first}"):
        promote(database, clock, third, replaces=first)

    assert statuses(database, first, second, third) == [
        ModelStatus.RETIRED,
        ModelStatus.CHAMPION,
        ModelStatus.CANDIDATE,
    ]


def test_a_new_shadow_takes_the_place_of_the_older_one_of_its_detector_alone(database: RelationalDatabase) -> None:
    shadow = ModelStatus.SHADOW
    older = register(database, a_trained_model(status=shadow))
    other = register(database, a_trained_model(status=shadow, detector="pca"))
    newer = register(database, a_trained_model(status=shadow))

    assert statuses(database, older, other, newer) == [ModelStatus.RETIRED, shadow, shadow]


def test_what_is_in_use_is_every_champion_and_every_shadow_and_has_a_revision(
    database: RelationalDatabase, clock: StandingClock
) -> None:
    with database.reading() as repositories:
        assert repositories.models.revision() == 0
    register(database)
    with database.reading() as repositories:
        assert repositories.models.revision() == 0  # a candidate is not in use
    champion = register(database)
    promote(database, clock, champion)
    shadow = register(database, a_trained_model(status=ModelStatus.SHADOW))
    fleet = register(database, a_trained_model(owner=owner_of_fleet("pump", "booster")))
    promote(database, clock, fleet)

    with database.reading() as repositories:
        assert [model.id for model in repositories.models.in_use()] == [champion, shadow, fleet]
        assert repositories.models.revision() == 3


def test_an_unknown_model_is_said_to_be_one(database: RelationalDatabase, clock: StandingClock) -> None:
    with pytest.raises(UnknownThing, match="no model 7"):
        promote(database, clock, 7)
