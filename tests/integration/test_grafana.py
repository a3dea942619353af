"""Every query of every board, on a real InfluxDB with what simulated devices sent."""

from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest

from iot_maint.storage.telemetry import open_telemetry_store
from tests.grafana.asking import Grafana, UselessAnswer, judge
from tests.grafana.boards import BOARDS, Question, alerts, load_board, marks_of, targets_of, variables_of
from tests.grafana.expectations import expect
from tests.grafana.filling_in import UnknownMacro
from tests.grafana.story import AWKWARD_CODE, Story, tell_story
from tests.servers.influxdb import InfluxdbBucket, InfluxdbServer

LOADED = {board["uid"]: board for board in map(load_board, BOARDS)}
TARGETS = [question for board in LOADED.values() for question in targets_of(board)]
MARKS = [question for board in LOADED.values() for question in marks_of(board)]
PUMP, QUALITY = "iot-maint-pump", "iot-maint-data-quality"


def every(questions: list[Question]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("question", questions, ids=str)


@pytest.fixture(scope="module")
def story() -> Story:
    return tell_story()


def bucket_client(bucket: InfluxdbBucket) -> httpx.Client:
    headers = {"Authorization": f"Token {bucket.token}"}
    return httpx.Client(base_url=bucket.url, headers=headers, timeout=30, trust_env=False)


@pytest.fixture(scope="module")
def grafana(influxdb_server: InfluxdbServer, story: Story) -> Iterator[Grafana]:
    bucket = influxdb_server.create_bucket("boards")
    store = open_telemetry_store(bucket.telemetry_url)
    try:
        store.write(story.points())
        with bucket_client(bucket) as client:
            yield Grafana(client=client, database=bucket.bucket, time_range=story.time_range)
    finally:
        store.close()
        influxdb_server.delete_bucket("boards")


@pytest.fixture(scope="module")
def all_chosen(grafana: Grafana) -> dict[str, dict[str, list[str]]]:
    """By board: every variable with all its values."""
    return {uid: grafana.choose_all(board) for uid, board in LOADED.items()}


@every(TARGETS)
def test_a_panel_shows_what_was_sent(
    grafana: Grafana, all_chosen: dict[str, dict[str, list[str]]], story: Story, question: Question
) -> None:
    answer = grafana.ask(question, all_chosen[question.board])

    judge(question, answer)
    expect(question, answer, story)


@every(MARKS)
def test_an_annotation_has_its_text_and_tags(
    grafana: Grafana, all_chosen: dict[str, dict[str, list[str]]], story: Story, question: Question
) -> None:
    answer = grafana.ask(question, all_chosen[question.board])

    judge(question, answer)
    assert all(value is not None for row in answer.rows for value in row.values())
    numbers = {
        event.number for event in story.events if question.board.endswith(("overview", event.type.replace("_", "-")))
    }
    assert {row["number"] for row in answer.rows} <= numbers


@pytest.mark.parametrize("uid", sorted(set(LOADED) - {QUALITY}))
def test_the_variables_offer_what_reports(all_chosen: dict[str, dict[str, list[str]]], story: Story, uid: str) -> None:
    chosen = all_chosen[uid]

    assert {"云庭", "滨海"} <= set(chosen["site"])
    for name in story.catalog.types:
        if uid.endswith(name.replace("_", "-")):
            assert set(chosen["equipment"]) == {p.tags["equipment"] for p in story.telemetry if p.measurement == name}


def test_the_data_quality_board_offers_the_workers(all_chosen: dict[str, dict[str, list[str]]]) -> None:
    assert all_chosen[QUALITY] == {"worker": ["roof", "yard"]}


@every([question for question in TARGETS if "$worker" in question.query])
def test_one_worker_can_be_chosen(grafana: Grafana, question: Question) -> None:
    answer = grafana.ask(question, {"worker": ["roof"]})

    judge(question, answer)
    assert {row["worker"] for row in answer.rows if "worker" in row} <= {"roof"}


def test_a_worker_that_reported_nothing_for_a_while_leaves_a_gap(grafana: Grafana) -> None:
    [question] = [question for question in TARGETS if question.place == "接收速率"]

    gaps = [row["time"] for row in grafana.ask(question, {"worker": ["roof"]}).rows[1:-1] if row["last"] is None]

    assert len(gaps) == 10


@every([question for question in TARGETS + MARKS if question.board != QUALITY])
def test_one_awkward_equipment_can_be_chosen(grafana: Grafana, question: Question) -> None:
    answer = grafana.ask(question, {"site": ["滨海"], "equipment": [AWKWARD_CODE]})

    assert {row["equipment"] for row in answer.rows if "equipment" in row and question.board == PUMP} <= {AWKWARD_CODE}


def test_the_awkward_equipment_is_found(grafana: Grafana) -> None:
    [question] = [question for question in TARGETS if '"vib_rms") FROM' in question.query and "mean" in question.query]

    judge(question, grafana.ask(question, {"site": ["滨海"], "equipment": [AWKWARD_CODE, "P-1"]}))


@every([question for board in LOADED.values() for question in variables_of(board)])
def test_a_variable_can_be_asked_for_one_site(grafana: Grafana, question: Question) -> None:
    judge(question, grafana.ask(question, {"site": ["滨海"]}))


@every(alerts())
def test_an_alert_rule_gets_series_with_the_labels_of_its_message(grafana: Grafana, question: Question) -> None:
    judge(question, grafana.ask(replace(question, time_from=None), {}))


def test_a_silent_site_is_told_from_a_reporting_one(grafana: Grafana) -> None:
    [question] = [question for question in alerts() if question.place == "站点停止上报"]

    newest = {row["site"]: row["moving_average"] for row in grafana.ask(question, {}).rows}

    assert newest["静园"] == 0
    assert isinstance(newest["云庭"], int | float)
    assert newest["云庭"] > 1


@pytest.fixture
def vibration() -> Question:
    return next(question for question in TARGETS if 'mean("vib_rms") FROM "pump"' in question.query)


@pytest.mark.parametrize(
    ("right", "wrong", "complaint"),
    [
        ('FROM "pump"', 'FROM "pumps"', "no rows"),
        ('"vib_rms"', '"vib_rsm"', "no rows"),
        ('"equipment" fill', '"site" fill', "no tag equipment"),
        ("GROUP BY", "GROUPED BY", "HTTP 400"),
        ("mean(", "average(", "undefined function"),
    ],
)
def test_a_mistake_in_a_query_is_found(
    grafana: Grafana,
    all_chosen: dict[str, dict[str, list[str]]],
    vibration: Question,
    right: str,
    wrong: str,
    complaint: str,
) -> None:
    assert right in vibration.query
    mistaken = replace(vibration, query=vibration.query.replace(right, wrong))

    with pytest.raises(UselessAnswer, match=complaint):
        judge(mistaken, grafana.ask(mistaken, all_chosen[PUMP]))


@pytest.mark.parametrize("macro", ["$__timeFilter", "${__timeGroup}", "$equipmnt", "[[pump]]"])
def test_a_macro_that_grafana_does_not_know_is_found(grafana: Grafana, vibration: Question, macro: str) -> None:
    mistaken = replace(vibration, query=vibration.query.replace("$timeFilter", macro))

    with pytest.raises(UnknownMacro, match=macro.strip("${}[]")):
        grafana.ask(mistaken, {"site": ["云庭"], "equipment": ["P-1"]})


def test_a_table_column_that_the_panel_does_not_know_is_found(
    grafana: Grafana, all_chosen: dict[str, dict[str, list[str]]]
) -> None:
    fleet = next(question for question in TARGETS if question.board == PUMP and "设备一览" in question.place)
    mistaken = replace(fleet, query=fleet.query.replace(' AS "vib_rms"', ' AS "vibration"'))

    with pytest.raises(UselessAnswer, match="no column vib_rms"):
        judge(mistaken, grafana.ask(mistaken, all_chosen[PUMP]))
