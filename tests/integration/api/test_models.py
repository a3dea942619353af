from iot_maint.domain.trained_models import ModelStatus, TrainedModel, owner_of_fleet
from iot_maint.services.model_registry import register_model
from tests.api_builders import ApiUnderTest
from tests.trained_models import a_trained_model

MODELS = "/api/v1/models"


def register(api: ApiUnderTest, model: TrainedModel | None = None) -> int:
    with api.database.transaction() as repositories:
        return register_model(repositories, model or a_trained_model(), note="first").id


def test_a_model_is_listed_with_its_card_and_its_story(api: ApiUnderTest) -> None:
    number = register(api)

    (listed,) = api.reader.get(MODELS).json()["items"]

    assert listed == api.reader.get(f"{MODELS}/{number}").json()
    assert (listed["equipment"], listed["status"], listed["status_label"]) == ("P-1", "candidate", "候选")
    assert listed["card"]["metrics"] == ["vib_rms", "bearing_temp"]
    assert listed["card"]["left_out"] == {"alarm": 12}
    assert [(event["event"], event["by"], event["note"]) for event in listed["events"]] == [
        ("trained", "trainer", "first")
    ]


def test_models_are_filtered(api: ApiUnderTest) -> None:
    mine, shadow = register(api), register(api, a_trained_model("P-2", status=ModelStatus.SHADOW))
    fleet = register(api, a_trained_model(owner=owner_of_fleet("pump", "booster")))

    def ids(**filters: str) -> list[int]:
        return sorted(model["id"] for model in api.reader.get(MODELS, params=filters).json()["items"])

    assert ids() == [mine, shadow, fleet]
    assert ids(equipment="P-1") == [mine]
    assert ids(status="shadow") == [shadow]
    assert ids(scope="fleet") == [fleet]
    assert ids(type="elevator") == ids(detector="pca") == []


def test_promoting_and_rolling_back_keep_who_did_it(api: ApiUnderTest) -> None:
    first, second = register(api), register(api)

    promoted = api.writer.post(f"{MODELS}/{first}/promote", json={"note": "回测通过"}).json()
    assert (promoted["status"], promoted["promoted_by"], promoted["replaced"]) == ("champion", "doer", None)
    assert promoted["events"][-1]["note"] == "回测通过"
    assert api.writer.post(f"{MODELS}/{second}/promote", json={"replaces": first}).json()["replaced"] == first

    back = api.writer.post(f"{MODELS}/{second}/rollback", json={"note": "误报增多"}).json()

    assert (back["id"], back["status"]) == (first, "champion")
    assert (back["events"][-1]["event"], back["events"][-1]["by"]) == ("rolled_back", "doer")
    assert api.reader.get(f"{MODELS}/{second}").json()["status"] == "retired"


def test_the_same_promotion_sent_twice_happens_once_and_answers_alike(api: ApiUnderTest) -> None:
    number, headers = register(api), {"Idempotency-Key": "once"}

    first = api.writer.post(f"{MODELS}/{number}/promote", headers=headers)
    again = api.writer.post(f"{MODELS}/{number}/promote", headers=headers)

    assert again.content == first.content
    assert again.headers["Idempotency-Replayed"] == "true"


def test_a_champion_that_changed_meanwhile_is_a_conflict(api: ApiUnderTest) -> None:
    first, second, third = (register(api) for _ in range(3))
    api.writer.post(f"{MODELS}/{first}/promote")
    api.writer.post(f"{MODELS}/{second}/promote")

    refused = api.writer.post(f"{MODELS}/{third}/promote", json={"replaces": first})

    assert refused.status_code == 409
    assert f"is model {second} by now" in refused.json()["detail"]
    assert api.writer.post(f"{MODELS}/{third}/rollback").status_code == 409
    assert api.writer.post(f"{MODELS}/99/promote").status_code == 404
    assert api.writer.post(f"{MODELS}/{third}/promote", json={"force": True}).status_code == 422


def test_what_a_backtest_said_stands_beside_the_card(api: ApiUnderTest) -> None:
    number = register(api)
    with api.database.transaction() as repositories:
        repositories.models.note_backtest(number, '{"false_per_month": 0.2}')

    assert api.reader.get(f"{MODELS}/{number}").json()["backtest"] == {"false_per_month": 0.2}
