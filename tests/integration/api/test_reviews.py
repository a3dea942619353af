"""A rule that is wrong too often asks for review and names a better limit, which is set like any other."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from iot_maint.domain.alarms import AlarmEvent
from iot_maint.domain.catalog import Comparison
from iot_maint.domain.feedback import ReviewPolicy
from iot_maint.services.feedback.reviews import reviews
from tests.api_builders import CATALOG, ApiUnderTest
from tests.builders import DWELL, T0, an_alarm_event, an_equipment

RULE = "pump.bearing_temp_warning"
REVIEWS = "/api/v1/rules/reviews"


@pytest.fixture(autouse=True)
def _pumps(api: ApiUnderTest) -> None:
    api.register(an_equipment("P-1", parameters={"setpoint": 0.5}), an_equipment("P-2"))


def an_alarm(day: int, peak: float, *, rule: str = RULE, equipment: str = "P-1", limit: float = 80.0) -> AlarmEvent:
    """A bearing that was as hot as `peak`, on a day of its own."""
    event = an_alarm_event(
        rule=rule, equipment=equipment, fault_mode="PMP-BEAR", raised_at=T0 + DWELL + timedelta(days=day)
    )
    evidence = replace(event.finding.evidence, readings=((0, peak),), limit=limit)
    return replace(event, finding=replace(event.finding, evidence=evidence))


def judged(api: ApiUnderTest, *orders: tuple[AlarmEvent, str | None]) -> None:
    """Each alarm's order, ended an hour later with that verdict."""
    for event, verdict in orders:
        api.clock.at = event.finding.at
        number = api.happen(event).number
        api.clock.at += timedelta(hours=1)
        body = {"verdict": verdict} if verdict is not None else {}
        assert api.writer.post(f"/api/v1/work-orders/{number}/close", json=body).status_code == 200
    api.clock.at += timedelta(seconds=1)


def asking(api: ApiUnderTest, language: str = "zh-CN") -> list[Any]:
    items: list[Any] = api.reader.get(REVIEWS, headers={"Accept-Language": language}).json()["items"]
    return items


def mostly_false(api: ApiUnderTest) -> None:
    judged(
        api,
        (an_alarm(0, 97.0), "real_fault"),
        (an_alarm(1, 81.0), "false_alarm"),
        (an_alarm(2, 84.0, equipment="P-2"), "false_alarm"),
        (an_alarm(3, 82.0), "not_found"),
        (an_alarm(4, 91.0), "real_fault"),
        (an_alarm(5, 83.0), "sensor_fault"),
        (an_alarm(6, 90.0), None),
    )


def test_a_rule_that_is_wrong_more_often_than_not_asks_for_review(api: ApiUnderTest) -> None:
    mostly_false(api)
    (review,) = asking(api)
    assert (review["rule"], review["label"], review["source"]) == (RULE, "轴承温度（警告）", "rule")
    assert review["text"] == "近 90 天判定 6 张工单，2 张属实，精确率 33.3 %，低于 50 %，请复核"
    assert (review["judged"], review["confirmed"], review["false"], review["closed"]) == (6, 2, 4, 7)
    assert review["since"] == "2026-01-05T09:10:00+08:00"  # the fifth verdict, two of them right
    assert review["equipment"] == [
        {"code": "P-1", "confirmed": 2, "false": 3},
        {"code": "P-2", "confirmed": 0, "false": 1},
    ]


def test_it_suggests_the_limit_that_spares_the_false_and_keeps_the_right(api: ApiUnderTest) -> None:
    mostly_false(api)
    (review,) = asking(api)
    assert review["suggestion"] == {"limit": 85.0, "avoided": 4, "remaining": 0, "kept": 2}
    assert review["advice_text"] == "建议限值 85：4 张不属实工单中可避免 4 张，2 张属实工单全部保留"
    accepted = {"limit": review["suggestion"]["limit"]}
    answer = api.writer.put("/api/v1/equipment/P-1/limits/bearing_temp_warning", json=accepted)
    assert answer.json()["override"]["limit"]["value"] == 85.0


def test_the_rules_themselves_say_that_they_ask(api: ApiUnderTest) -> None:
    mostly_false(api)
    for path in ("/api/v1/rules", "/api/v1/equipment/P-2/rules"):
        rules = {rule["id"]: rule["review"] for rule in api.reader.get(path).json()["items"]}
        assert {rule for rule, review in rules.items() if review is not None} == {RULE}
        assert rules[RULE] == asking(api)[0]


def test_too_few_verdicts_ask_nothing(api: ApiUnderTest) -> None:
    judged(api, *((an_alarm(day, 81.0), "false_alarm") for day in range(4)), (an_alarm(4, 81.0), None))
    assert asking(api) == []


def test_a_rule_that_was_right_half_of_the_time_asks_nothing(api: ApiUnderTest) -> None:
    verdicts = ("real_fault", "false_alarm") * 3
    judged(api, *((an_alarm(day, 81.0), verdict) for day, verdict in enumerate(verdicts)))
    assert asking(api) == []


def test_what_is_long_ago_is_forgotten(api: ApiUnderTest) -> None:
    mostly_false(api)
    api.clock.at += timedelta(days=89)
    assert asking(api) == []


def test_where_reviews_are_switched_off_nothing_asks(api: ApiUnderTest) -> None:
    mostly_false(api)
    with api.database.reading() as repositories:
        assert reviews(repositories, CATALOG, ReviewPolicy(below=0), api.clock.now()) == {}


def test_since_begins_anew_after_it_was_right_again(api: ApiUnderTest) -> None:
    verdicts = ["false_alarm"] * 5 + ["real_fault"] * 5 + ["false_alarm"]
    judged(api, *((an_alarm(day, 81.0), verdict) for day, verdict in enumerate(verdicts)))
    (review,) = asking(api)
    assert review["since"] == "2026-01-11T09:10:00+08:00"


def test_where_no_limit_parts_them_the_cost_is_said(api: ApiUnderTest) -> None:
    judged(
        api,
        (an_alarm(0, 81.0), "real_fault"),
        *((an_alarm(day, 83.0 + day), "false_alarm") for day in range(1, 5)),
    )
    (review,) = asking(api, "en")
    assert (review["advice"], review["suggestion"]) == ("no_limit_parts", None)
    assert (
        review["advice_text"] == "no limit parts them: 87, which spares all false orders, would lose 1 of 1 right ones"
    )


def test_without_a_right_order_nobody_knows_what_the_limit_would_miss(api: ApiUnderTest) -> None:
    judged(api, *((an_alarm(day, 81.0), "false_alarm") for day in range(5)))
    (review,) = asking(api)
    assert (review["advice"], review["suggestion"]["kept"]) == ("suggested_blindly", 0)


def test_a_limit_beyond_the_critical_one_is_not_suggested(api: ApiUnderTest) -> None:
    judged(api, *((an_alarm(day, 94.0 + day), "false_alarm") for day in range(5)))
    (review,) = asking(api, "en")
    assert (review["advice"], review["suggestion"]) == ("not_sound", None)
    assert "critical at 95 is crossed before" in review["advice_text"]


def test_false_orders_of_a_tighter_own_limit_do_not_loosen_the_catalogs(api: ApiUnderTest) -> None:
    judged(api, *((an_alarm(day, 72.0, limit=70.0), "false_alarm") for day in range(5)))
    assert asking(api)[0]["advice"] == "own_limits"


def test_a_detector_asks_too_but_has_no_limit(api: ApiUnderTest) -> None:
    judged(api, *((an_alarm(day, 81.0, rule="model.drift"), "false_alarm") for day in range(5)))
    (review,) = asking(api)
    assert (review["rule"], review["source"], review["advice"]) == ("model.drift", "model", "no_limit_to_set")


def test_a_limit_relative_to_a_parameter_is_suggested_relative_to_it(api: ApiUnderTest) -> None:
    rule = "pump.discharge_pressure_low_warning"
    declared = {one["key"]: one for one in api.reader.get("/api/v1/rules", params={"type": "pump"}).json()["items"]}
    key = next(key for key, one in declared.items() if (one["limit"] or {}).get("parameter") == "setpoint")
    limit, side = declared[key]["limit"], declared[key]["comparison"]
    rule = f"pump.{key}"
    resolved = 0.5 * limit["times"] + limit["plus"]
    further = 0.004 if side == "above" else -0.004
    for day in range(5):
        event = an_alarm(day, resolved + further, rule=rule, limit=resolved)
        comparison = Comparison(side)
        evidence = replace(event.finding.evidence, comparison=comparison)
        judged(api, (replace(event, finding=replace(event.finding, evidence=evidence)), "false_alarm"))
    (review,) = asking(api)
    suggested = review["suggestion"]["limit"]
    assert (suggested["parameter"], suggested["times"]) == ("setpoint", limit["times"])
    assert abs(suggested["plus"]) > abs(limit["plus"] + further)
    assert api.writer.put(f"/api/v1/equipment/P-1/limits/{key}", json={"limit": suggested}).status_code == 200
