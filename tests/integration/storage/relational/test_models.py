"""The registry in either database: what is kept of a model, and the index that holds one champion an owner."""

from datetime import timedelta

from iot_maint.domain.errors import Conflict
from iot_maint.domain.queries import PageRequest
from iot_maint.domain.trained_models import (
    ModelCheck,
    ModelQuery,
    ModelScope,
    ModelStatus,
    TrainedModel,
    owner_of_equipment,
    owner_of_fleet,
)
from iot_maint.services.model_registry import promote_model, register_model
from iot_maint.storage.relational.database import RelationalDatabase
from tests.api_builders import StandingClock
from tests.builders import T0
from tests.integration.storage.relational.test_races import ROUNDS
from tests.racing import race
from tests.trained_models import a_card, a_trained_model


def add(database: RelationalDatabase, model: TrainedModel) -> int:
    with database.transaction() as repositories:
        return repositories.models.add(model).id


def test_a_model_comes_back_with_its_card(database: RelationalDatabase) -> None:
    model = a_trained_model(card=a_card(fleet_file="f" * 64 + ".model"))

    with database.transaction() as repositories:
        stored = repositories.models.add(model)

    with database.reading() as repositories:
        assert repositories.models.get(stored.id) == stored
    assert (stored.card, stored.owner, stored.created_at) == (model.card, model.owner, T0)
    assert stored.equipment == "P-1"


def test_models_are_listed_by_whose_they_are_and_where_they_stand(database: RelationalDatabase) -> None:
    ids = [add(database, a_trained_model(code, created_at=T0 + timedelta(days=n))) for n, code in enumerate("AABC")]
    fleet = add(database, a_trained_model(owner=owner_of_fleet("pump", None), created_at=T0 - timedelta(days=1)))

    def listed(query: ModelQuery, limit: int = 50) -> list[int]:
        found: list[int] = []
        cursor: str | None = None
        while True:
            with database.reading() as repositories:
                page = repositories.models.page(query, PageRequest(limit=limit, cursor=cursor))
            found += [model.id for model in page.items]
            cursor = page.next_cursor
            if cursor is None:
                return found

    assert listed(ModelQuery(), limit=2) == [*reversed(ids), fleet]
    assert listed(ModelQuery(equipment="A")) == [ids[1], ids[0]]
    assert listed(ModelQuery(scope=ModelScope.FLEET)) == [fleet]
    assert listed(ModelQuery(type="elevator")) == listed(ModelQuery(status=ModelStatus.CHAMPION)) == []


def test_a_second_champion_of_one_owner_is_what_the_database_refuses(database: RelationalDatabase) -> None:
    candidate, champion = ModelStatus.CANDIDATE, ModelStatus.CHAMPION
    first, second, other = (add(database, a_trained_model(code)) for code in ("A", "A", "B"))

    with database.transaction() as repositories:
        assert repositories.models.set_status(first, candidate, champion, T0)
        assert not repositories.models.set_status(second, candidate, champion, T0)
        assert repositories.models.set_status(other, candidate, champion, T0)
        assert not repositories.models.set_status(first, candidate, ModelStatus.RETIRED, T0)  # it is none any more

    with database.reading() as repositories:
        standing = repositories.models.champion(owner_of_equipment("A"))
    assert standing is not None
    assert standing.id == first


def test_of_two_that_promote_at_once_one_wins_and_the_other_is_told(database: RelationalDatabase) -> None:
    clock = StandingClock()
    champion = add(database, a_trained_model())
    with database.transaction() as repositories:
        promote_model(repositories, champion, by="chief", clock=clock)

    def promote(model_id: int) -> bool:
        try:
            with database.transaction() as repositories:
                promote_model(repositories, model_id, by="chief", clock=clock, replaces=champion)
        except Conflict:
            return False
        return True

    for _ in range(ROUNDS):
        racers = [add(database, a_trained_model()) for _ in range(2)]

        won = race(promote, racers)

        assert sorted(won) == [False, True]
        with database.reading() as repositories:
            standing = repositories.models.champion(owner_of_equipment("P-1"))
            loser = repositories.models.get(racers[won.index(False)])
        assert standing is not None
        assert standing.id == racers[won.index(True)]
        assert loser is not None
        assert loser.status is ModelStatus.CANDIDATE
        champion = standing.id


def test_of_two_that_crown_the_first_champion_at_once_exactly_one_does(database: RelationalDatabase) -> None:
    def crown(model_id: int) -> bool:
        with database.transaction() as repositories:
            return repositories.models.set_status(model_id, ModelStatus.CANDIDATE, ModelStatus.CHAMPION, T0)

    for number in range(ROUNDS):
        racers = [add(database, a_trained_model(f"P-{number}")) for _ in range(2)]
        assert sorted(race(crown, racers)) == [False, True]


def test_of_two_that_put_a_model_into_the_shadow_at_once_one_scores_there(database: RelationalDatabase) -> None:
    """A drift check and a person who trains, say: two of one detector would alarm twice."""

    def put(model: TrainedModel) -> None:
        with database.transaction() as repositories:
            register_model(repositories, model)

    for number in range(ROUNDS):
        shadow = a_trained_model(f"P-{number}", status=ModelStatus.SHADOW)

        race(put, [shadow, shadow])

        with database.reading() as repositories:
            [standing] = repositories.models.shadows(shadow.owner)
            page = repositories.models.page(ModelQuery(equipment=f"P-{number}"), PageRequest())
        assert sorted((one.id == standing.id, one.status) for one in page.items) == [
            (False, ModelStatus.RETIRED),
            (True, ModelStatus.SHADOW),
        ]


def test_of_two_that_claim_a_check_exactly_one_has_it(database: RelationalDatabase) -> None:
    def claim(seen: ModelCheck | None) -> bool:
        at = T0 if seen is None else seen.claimed_at + timedelta(days=7)
        with database.transaction() as repositories:
            return repositories.models.claim_check("P-1", seen, at)

    assert sorted(race(claim, [None, None])) == [False, True]
    for _ in range(ROUNDS):
        with database.reading() as repositories:
            seen = repositories.models.check_of("P-1")
        assert sorted(race(claim, [seen, seen])) == [False, True]


def test_what_came_of_a_check_is_kept(database: RelationalDatabase) -> None:
    check = ModelCheck(equipment="P-1", claimed_at=T0, checked_at=T0, drift=0.31, outcome="drifted")
    with database.transaction() as repositories:
        repositories.models.claim_check("P-1", None, T0)
        repositories.models.save_check(check)

    with database.reading() as repositories:
        assert repositories.models.checks() == [check]
