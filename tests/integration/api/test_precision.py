"""Who was right how often, over the API, from alarms to verdicts."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest

from iot_maint.domain.alarms import AlarmEventKind
from iot_maint.domain.catalog import Severity
from tests.api_builders import ApiUnderTest
from tests.builders import DWELL, T0, an_alarm_event, an_equipment

PRECISION = "/api/v1/rules/precision"
WARNING, CRITICAL, VIBRATION = "pump.bearing_temp_warning", "pump.bearing_temp_critical", "pump.vib_rms_warning"


@pytest.fixture(autouse=True)
def _pumps(api: ApiUnderTest) -> None:
    api.register(an_equipment("P-1"), an_equipment("P-2"))


def an_order(api: ApiUnderTest, day: int = 0, *, equipment: str = "P-1", rule: str = WARNING) -> str:
    """An alarm of its own on that day; the clock follows it."""
    raised_at = T0 + DWELL + timedelta(days=day)
    api.clock.at = raised_at
    event = an_alarm_event(rule=rule, equipment=equipment, fault_mode="PMP-BEAR", raised_at=raised_at)
    return api.happen(event).number


def end(api: ApiUnderTest, number: str, verdict: str | None = None, after: timedelta = timedelta(hours=1)) -> None:
    api.clock.at += after
    body = {"verdict": verdict} if verdict is not None else {}
    assert api.writer.post(f"/api/v1/work-orders/{number}/close", json=body).status_code == 200


def asked(api: ApiUnderTest, **params: str | int) -> Any:
    api.clock.at += timedelta(seconds=1)  # the span that is asked for ends before now
    answer = api.reader.get(PRECISION, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_precision_coverage_and_lead_time_of_a_rule(api: ApiUnderTest) -> None:
    for day, verdict in enumerate(["real_fault", "real_fault", "false_alarm", None]):
        end(api, an_order(api, day), verdict, after=timedelta(hours=1 + day))
    (row,) = asked(api)["items"]
    assert (row["key"], row["label"], row["source"]) == (WARNING, "轴承温度（警告）", "rule")
    assert (row["closed"], row["judged"], row["unjudged"], row["confirmed"], row["false"]) == (4, 3, 1, 2, 1)
    assert row["verdicts"] == {"real_fault": 2, "false_alarm": 1, "sensor_fault": 0, "not_found": 0}
    assert (row["precision"], row["coverage"]) == (0.6667, 0.75)
    assert (row["precision_low"], row["precision_high"]) == (0.2077, 0.9385)
    assert row["lead_time"] == {"orders": 2, "failures": 0, "q1_s": 4500.0, "median_s": 5400.0, "q3_s": 6300.0}


def test_a_recorded_failure_is_where_the_lead_time_ends(api: ApiUnderTest) -> None:
    number = an_order(api)
    api.clock.at += timedelta(days=3)
    body = {"verdict": "real_fault", "failed_at": (T0 + DWELL + timedelta(days=2)).isoformat()}
    api.writer.post(f"/api/v1/work-orders/{number}/close", json=body)
    (row,) = asked(api)["items"]
    assert (row["lead_time"]["failures"], row["lead_time"]["median_s"]) == (1, 2 * 86_400.0)


def test_every_rule_that_contributed_is_credited_and_the_one_that_only_cleared_is_not(api: ApiUnderTest) -> None:
    number = an_order(api)
    for kind, rule in (
        (AlarmEventKind.JOINED, VIBRATION),
        (AlarmEventKind.WORSENED, CRITICAL),
        (AlarmEventKind.EASED, "pump.never_raised"),
    ):
        event = an_alarm_event(
            kind, rule=rule, fault_mode="PMP-BEAR", severity=Severity.CRITICAL, after=timedelta(minutes=5)
        )
        assert api.happen(event).number == number
    end(api, number, "real_fault")
    assert [row["key"] for row in asked(api)["items"]] == sorted([WARNING, VIBRATION, CRITICAL])
    assert [row["confirmed"] for row in asked(api, by="equipment")["items"]] == [1]
    assert [row["key"] for row in asked(api, rule=VIBRATION)["items"]] == [VIBRATION]


def test_a_rule_that_spoke_after_the_verdict_is_not_credited(api: ApiUnderTest) -> None:
    number = an_order(api)
    for step in ("dispatch", "arrive"):
        api.writer.post(f"/api/v1/work-orders/{number}/{step}")
    api.writer.post(f"/api/v1/work-orders/{number}/complete", json={"verdict": "real_fault"})
    api.clock.at += timedelta(minutes=1)
    joined = an_alarm_event(AlarmEventKind.JOINED, rule=VIBRATION, fault_mode="PMP-BEAR", after=timedelta(minutes=1))
    api.happen(joined)
    end(api, number)
    assert [row["key"] for row in asked(api)["items"]] == [WARNING]
    assert asked(api, rule=VIBRATION)["items"] == []


def test_detectors_and_forecasts_are_sources_beside_the_rules(api: ApiUnderTest) -> None:
    for day, (rule, verdict) in enumerate(
        [("model.drift", "real_fault"), ("forecast.trend", "not_found"), (WARNING, "real_fault")]
    ):
        end(api, an_order(api, day, rule=rule), verdict)
    assert [(row["key"], row["source"]) for row in asked(api)["items"]] == [
        ("forecast.trend", "forecast"),
        ("model.drift", "model"),
        (WARNING, "rule"),
    ]
    assert [(row["key"], row["precision"]) for row in asked(api, by="source")["items"]] == [
        ("forecast", 0.0),
        ("model", 1.0),
        ("rule", 1.0),
    ]


def test_over_time_in_the_sites_own_days_weeks_and_months(api: ApiUnderTest) -> None:
    for day, verdict in ((0, "real_fault"), (1, "false_alarm"), (31, "real_fault")):
        end(api, an_order(api, day), verdict, after=timedelta(hours=16))  # 00:10 of the next day there
    found = asked(api, every="day", **{"from": "2026-01-01T00:00:00+08:00"})
    assert [row["from"] for row in found["items"]] == [
        "2026-01-02T00:00:00+08:00",
        "2026-01-03T00:00:00+08:00",
        "2026-02-02T00:00:00+08:00",
    ]
    assert [row["precision"] for row in found["items"]] == [1.0, 0.0, 1.0]
    weeks = asked(api, every="week", **{"from": "2026-01-01T00:00:00+08:00"})["items"]
    assert (weeks[0]["from"], weeks[0]["to"]) == ("2026-01-01T00:00:00+08:00", "2026-01-05T00:00:00+08:00")
    assert [row["closed"] for row in asked(api, every="month")["items"]] == [2, 1]


def test_filters_and_pages(api: ApiUnderTest) -> None:
    for day, equipment in enumerate(["P-1", "P-2", "P-2"]):
        end(api, an_order(api, day, equipment=equipment), "real_fault")
    assert [row["closed"] for row in asked(api, equipment="P-2")["items"]] == [2]
    assert asked(api, type="elevator")["items"] == asked(api, fault_mode="PMP-DRY")["items"] == []
    assert asked(api, to="2026-01-01T08:00:00+08:00")["items"] == []
    first = asked(api, by="equipment", limit=1)
    second = asked(api, by="equipment", limit=1, cursor=first["next_cursor"])
    assert [row["key"] for row in first["items"] + second["items"]] == ["P-1", "P-2"]
    assert second["next_cursor"] is None


def test_orders_under_way_and_those_of_people_do_not_count(api: ApiUnderTest) -> None:
    an_order(api)
    assert asked(api)["items"] == []


def test_the_export_says_the_same(api: ApiUnderTest) -> None:
    end(api, an_order(api), "real_fault")
    (row,) = asked(api)["items"]
    (told,) = csv.DictReader(io.StringIO(api.reader.get(f"{PRECISION}.csv").text))
    assert (told["key"], told["closed"], told["real_fault"], told["precision"]) == (WARNING, "1", "1", "1.0")
    assert (told["lead_median_s"], told["precision_low"]) == ("3600.0", str(row["precision_low"]))


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"from": "2026-01-02T00:00:00Z", "to": "2026-01-01T00:00:00Z"}, "from"),
        ({"cursor": "x"}, "cursor"),
        ({"by": "colour"}, "query.by"),
    ],
)
def test_what_cannot_be_counted_is_refused_by_name(api: ApiUnderTest, params: dict[str, str], field: str) -> None:
    answer = api.reader.get(PRECISION, params=params)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]
