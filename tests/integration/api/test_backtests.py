"""Backtests over the API: asked for, queued, run by the jobs, answered and drawn."""

from datetime import timedelta
from threading import Event

import pytest

from iot_maint.bootstrap.backtest_jobs import BacktestJob
from iot_maint.bootstrap.installation import open_installation
from iot_maint.clock import SystemClock
from iot_maint.services.backtest.requests import QUEUE
from iot_maint.settings import Settings
from tests.api_builders import ApiUnderTest
from tests.backtest_stories import store_history
from tests.builders import an_equipment
from tests.pump_stories import COOL, HOT, at, bearing_at

RULE = "pump.bearing_temp_warning"
WISH: dict[str, object] = {"rules": [RULE], "from": at(0).isoformat(), "to": at(120).isoformat()}


@pytest.fixture
def hot(api: ApiUnderTest) -> ApiUnderTest:
    """A pump with twenty hot minutes in its history."""
    api.register(an_equipment("P-1"))
    store_history(Settings(data_dir=api.folder), [*bearing_at(HOT, 30, 49), *bearing_at(COOL, 50, 100)])
    return api


def run_jobs(api: ApiUnderTest, *, within_s: float = 120, stopping: Event | None = None) -> None:
    with open_installation(Settings(data_dir=api.folder)) as installation:
        job = BacktestJob(installation=installation, stopping=stopping or Event(), within_s=within_s)
        job.run_next()


def ask(api: ApiUnderTest, **further: object) -> int:
    answer = api.writer.post("/api/v1/backtests", json=WISH | further)
    assert answer.status_code == 202, answer.text
    backtest_id: int = answer.json()["id"]
    return backtest_id


def test_a_backtest_is_queued_run_answered_and_drawn(hot: ApiUnderTest) -> None:
    changes = {RULE: {"limit": 84, "for_s": 300}}
    number = ask(
        hot, changes=changes, faults=[{"equipment": "P-1", "onset": at(20).isoformat(), "failure": at(90).isoformat()}]
    )
    queued = hot.reader.get(f"/api/v1/backtests/{number}").json()
    assert (queued["status"], queued["result"], queued["asked_by"]) == ("queued", None, "doer")
    assert hot.reader.get(f"/api/v1/backtests/{number}/plot.png").status_code == 409

    run_jobs(hot)

    done = hot.reader.get(f"/api/v1/backtests/{number}", headers={"Accept-Language": "en"}).json()
    assert (done["status"], done["progress"], done["error"]) == ("done", 1.0, None)
    before, after = done["result"]["settings"]
    assert [one["raised_at"] for one in before["episodes"]] == ["2026-01-01T08:40:00+08:00"]
    assert [one["raised_at"] for one in after["episodes"]] == ["2026-01-01T08:35:00+08:00"]
    assert [one["lead_s"] for one in after["faults"]] == [55 * 60]
    assert "above the limit of 84 °C" in after["orders"][0]["text"]
    assert done["result"]["from"] == done["from"] == "2026-01-01T08:00:00+08:00"
    png, svg = (hot.reader.get(f"/api/v1/backtests/{number}/plot.{form}") for form in ("png", "svg"))
    assert (png.headers["content-type"], png.content[:4]) == ("image/png", b"\x89PNG")
    assert svg.headers["content-type"].startswith("image/svg+xml")
    assert [one["id"] for one in hot.reader.get("/api/v1/backtests").json()["items"]] == [number]


@pytest.mark.parametrize("number", ["0", str(2**31), "9" * 128])
def test_a_model_of_a_number_that_no_database_holds_is_not_found(hot: ApiUnderTest, number: str) -> None:
    answer = hot.writer.post("/api/v1/backtests", json=WISH | {"models": [number]})

    assert (answer.status_code, answer.json()["detail"].split(";")[0]) == (404, f"no model {number}")


@pytest.mark.parametrize("form", ["png", "svg"])
def test_the_plot_of_equipment_by_any_name_is_drawn(api: ApiUnderTest, form: str) -> None:
    api.register(an_equipment("P$_4^", name=r"<script>$\foo{</script> & 泵"))
    store_history(Settings(data_dir=api.folder), bearing_at(HOT, 30, 49, code="P$_4^"))
    number = ask(api)

    run_jobs(api)

    plot = api.reader.get(f"/api/v1/backtests/{number}/plot.{form}")
    assert (plot.status_code, b"<script" in plot.content) == (200, False)


def test_a_limit_is_suggested_for_a_wished_rate(hot: ApiUnderTest) -> None:
    number = ask(hot, wish=0.1)

    run_jobs(hot)

    suggestion = hot.reader.get(f"/api/v1/backtests/{number}").json()["result"]["suggestion"]
    assert (suggestion["false_alarms"], suggestion["shown"]) == (0, False)
    assert suggestion["limit"]["value"] >= HOT


def test_asking_is_a_write_and_bounded(hot: ApiUnderTest) -> None:
    assert hot.reader.post("/api/v1/backtests", json=WISH).status_code == 403
    for _ in range(QUEUE):
        ask(hot)

    refused = hot.writer.post("/api/v1/backtests", json=WISH)

    assert (refused.status_code, refused.json()["type"]) == (429, "urn:iot-maint:problem:queue-full")
    assert int(refused.headers["Retry-After"]) > 0
    assert hot.writer.delete("/api/v1/backtests/1").json() == {"id": 1}
    ask(hot)


@pytest.mark.parametrize(
    ("further", "status", "said"),
    [
        ({"rules": ["pump.bearing_temp_warn"]}, 404, RULE),
        ({"to": at(-1).isoformat()}, 422, "is not after from"),
        ({"to": (at(0) + timedelta(days=401)).isoformat()}, 422, "400 days"),
        ({"equipment": ["P-9"]}, 404, "P-9"),
        ({"rules": ["elevator.*"]}, 422, "no equipment"),
        ({"changes": {RULE: {"limit": 9000}}}, 422, "outside the range"),
        ({"rules": ["pump.*"], "wish": 0.1}, 422, "one rule at a time"),
        ({"rules": []}, 422, "Name rules or models"),
        ({"rules": [], "models": ["best"]}, 404, "no model best"),
        ({"rules": [], "models": ["champion"]}, 404, "no champion of this equipment"),
        ({"faults": [{"equipment": "P-1", "onset": at(5).isoformat(), "failure": at(4).isoformat()}]}, 422, "onset"),
    ],
)
def test_what_could_only_fail_is_refused_at_once(
    further: dict[str, object], status: int, said: str, hot: ApiUnderTest
) -> None:
    answer = hot.writer.post("/api/v1/backtests", json=WISH | further)

    assert answer.status_code == status
    assert said in answer.json()["detail"]
    assert hot.reader.get("/api/v1/backtests").json()["items"] == []


def test_a_backtest_without_history_says_what_there_is(hot: ApiUnderTest) -> None:
    number = ask(hot, **{"from": at(-300).isoformat(), "to": at(-200).isoformat()})

    run_jobs(hot)

    failed = hot.reader.get(f"/api/v1/backtests/{number}").json()
    assert failed["status"] == "failed"
    assert "P-1: 2026-01-01T08:30:00+08:00 to 2026-01-01T09:40:00+08:00" in failed["error"]


def test_a_service_that_stops_puts_its_backtest_back_and_the_next_start_runs_it(hot: ApiUnderTest) -> None:
    number = ask(hot)
    stopping = Event()
    stopping.set()
    run_jobs(hot, stopping=stopping)
    assert hot.reader.get(f"/api/v1/backtests/{number}").json()["status"] == "queued"

    run_jobs(hot)

    assert hot.reader.get(f"/api/v1/backtests/{number}").json()["status"] == "done"


def test_one_whose_process_was_killed_is_run_again_and_given_up_after_its_second_start(hot: ApiUnderTest) -> None:
    number = ask(hot)
    now = SystemClock().now()
    statuses = []
    for hours in range(3):
        with hot.database.transaction() as repositories:
            at_that_time = now + timedelta(hours=hours)
            repositories.backtests.take(at_that_time, at_that_time - timedelta(minutes=1))
            found = repositories.backtests.get(number)
        assert found is not None
        statuses.append((found.status.value, found.attempts))

    assert statuses == [("running", 1), ("running", 2), ("failed", 2)]
    assert hot.writer.delete(f"/api/v1/backtests/{number}").status_code == 200


def test_only_one_runs_at_a_time_and_it_cannot_be_dropped(hot: ApiUnderTest) -> None:
    first, second = ask(hot), ask(hot)
    now = SystemClock().now()
    with hot.database.transaction() as repositories:
        assert repositories.backtests.take(now, now) is not None
        assert repositories.backtests.take(now, now - timedelta(minutes=1)) is None

    assert hot.writer.delete(f"/api/v1/backtests/{first}").status_code == 409
    assert hot.writer.delete(f"/api/v1/backtests/{second}").status_code == 200


def test_one_that_takes_too_long_fails_and_says_so(hot: ApiUnderTest) -> None:
    number = ask(hot)

    run_jobs(hot, within_s=0)

    failed = hot.reader.get(f"/api/v1/backtests/{number}").json()
    assert failed["status"] == "failed"
    assert "took longer than 0 s" in failed["error"]
