"""What was found, said with the step that ends the work, mended later, and told to everybody who listens."""

from datetime import timedelta
from typing import Any

import pytest

from iot_maint.domain.outbox import Delivery
from iot_maint.domain.work_orders import Origin, WorkOrderStatus
from tests.api_builders import ApiUnderTest, a_bearing_event
from tests.builders import T0, a_work_order, an_alarm_event, an_equipment

ORDERS = "/api/v1/work-orders"


@pytest.fixture(autouse=True)
def _a_pump(api: ApiUnderTest) -> None:
    api.register(an_equipment("P-1"), an_equipment("P-2"))


def step(api: ApiUnderTest, number: str, transition: str, **body: object) -> Any:
    return api.writer.post(f"{ORDERS}/{number}/{transition}", json=body)


def judge(api: ApiUnderTest, number: str, **body: object) -> Any:
    return api.writer.put(f"{ORDERS}/{number}/verdict", json=body)


def waiting(api: ApiUnderTest, channel: str) -> list[Delivery]:
    """All that waits for the channel, of whichever order, oldest first; taken out on the way."""
    found: list[Delivery] = []
    with api.database.transaction() as repositories:
        while due := [one for one in repositories.outbox.due(api.clock.now(), 100) if one.channel.value == channel]:
            found += due
            for one in due:
                repositories.outbox.update(_delivered(one, api))
    return found


def _delivered(delivery: Delivery, api: ApiUnderTest) -> Delivery:
    return Delivery(
        id=delivery.id,
        channel=delivery.channel,
        event=delivery.event,
        attempts=1,
        due_at=delivery.due_at,
        delivered_at=api.clock.now(),
    )


def listed(api: ApiUnderTest, **filters: str | list[str]) -> list[str]:
    return [order["number"] for order in api.reader.get(ORDERS, params=filters).json()["items"]]


def test_closing_takes_what_was_found(api: ApiUnderTest) -> None:
    number = api.happen().number
    closed = step(
        api,
        number,
        "close",
        verdict="real_fault",
        fault_mode="PMP-CAV",
        failed_at="2026-01-01T08:30:00+08:00",
        parts="滤网 × 1",
        note="进口堵塞",
    ).json()
    assert (closed["verdict"], closed["verdict_label"]) == ("real_fault", "真故障")
    assert closed["ended_at"] == "2026-01-01T09:00:00+08:00"
    assert closed["judgement"] == {
        "verdict": "real_fault",
        "label": "真故障",
        "at": "2026-01-01T09:00:00+08:00",
        "by": "doer",
        "fault_mode": "PMP-CAV",
        "fault_mode_label": "汽蚀",
        "failed_at": "2026-01-01T08:30:00+08:00",
        "parts": "滤网 × 1",
    }
    assert closed["timeline"][-1]["judgement"] == closed["judgement"]
    assert api.reader.get(f"{ORDERS}/{number}").json() == closed


def test_a_script_that_closes_without_a_verdict_leaves_the_order_unjudged(api: ApiUnderTest) -> None:
    number = api.happen().number
    assert api.reader.get(f"{ORDERS}/{number}").json()["verdict_label"] is None
    closed = api.writer.post(f"{ORDERS}/{number}/close").json()
    assert (closed["status"], closed["verdict"], closed["verdict_label"]) == ("closed", None, "未判定")


def test_who_was_there_says_it_when_the_work_is_done_and_closing_keeps_it(api: ApiUnderTest) -> None:
    number = api.happen().number
    for transition in ("dispatch", "arrive"):
        step(api, number, transition)
    step(api, number, "complete", verdict="sensor_fault")
    closed = step(api, number, "close").json()
    assert closed["verdict"] == "sensor_fault"
    assert [entry["judgement"] is not None for entry in closed["timeline"]] == [False, False, False, True, False]


def test_an_order_is_cancelled_as_a_false_alarm(api: ApiUnderTest) -> None:
    assert step(api, api.happen().number, "cancel", verdict="false_alarm").json()["verdict"] == "false_alarm"


def test_a_verdict_is_mended_and_the_old_one_stays_in_the_story(api: ApiUnderTest) -> None:
    number = api.happen().number
    step(api, number, "close", verdict="not_found")
    api.clock.at += timedelta(days=2)
    mended = judge(api, number, verdict="real_fault", note="两天后抱轴").json()
    assert mended["verdict"] == "real_fault"
    assert mended["ended_at"] == "2026-01-01T09:00:00+08:00"
    assert [entry["judgement"]["verdict"] for entry in mended["timeline"][-2:]] == ["not_found", "real_fault"]
    assert (mended["timeline"][-1]["label"], mended["timeline"][-1]["note"]) == ("判定", "两天后抱轴")


def test_the_same_verdict_again_changes_nothing(api: ApiUnderTest) -> None:
    number = api.happen().number
    closed = step(api, number, "close", verdict="not_found").json()
    api.clock.at += timedelta(days=2)
    assert judge(api, number, verdict="not_found").json() == closed


def test_a_verdict_on_the_wrong_order_is_taken_back(api: ApiUnderTest) -> None:
    number = api.happen().number
    step(api, number, "close", verdict="not_found")
    unjudged = api.writer.delete(f"{ORDERS}/{number}/verdict").json()
    assert (unjudged["verdict"], unjudged["verdict_label"]) == (None, "未判定")
    assert (unjudged["timeline"][-1]["kind"], unjudged["timeline"][-1]["judgement"]) == ("judged", None)


def test_an_order_that_is_opened_again_is_not_judged(api: ApiUnderTest) -> None:
    number = api.happen().number
    step(api, number, "close", verdict="false_alarm")
    opened = step(api, number, "reopen").json()
    assert (opened["verdict"], opened["ended_at"]) == (None, None)
    assert api.reader.get(f"{ORDERS}/{number}").json() == opened


def test_a_fault_that_comes_back_takes_the_verdict_away(api: ApiUnderTest) -> None:
    number = api.happen().number
    for transition in ("dispatch", "arrive"):
        step(api, number, transition)
    step(api, number, "complete", verdict="not_found")
    api.happen(an_alarm_event(fault_mode="PMP-BEAR", raised_at=a_bearing_event().key.raised_at + timedelta(days=1)))
    order = api.reader.get(f"{ORDERS}/{number}").json()
    assert (order["status"], order["verdict"]) == ("open", None)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"verdict": "no_idea"}, "body.verdict"),
        ({"verdict": "false_alarm", "fault_mode": "PMP-CAV"}, "fault_mode"),
        ({"verdict": "not_found", "failed_at": "2026-01-01T08:30:00+08:00"}, "failed_at"),
        ({"verdict": "real_fault", "fault_mode": "ELV-DOOR"}, "fault_mode"),
        ({"verdict": "real_fault", "failed_at": "2026-01-01T09:00:01+08:00"}, "failed_at"),
        ({"verdict": "real_fault", "failed_at": "2025-01-01T08:30:00+08:00"}, "failed_at"),
        ({"verdict": "real_fault", "failed_at": "2026-01-01T08:30:00"}, "body.failed_at"),
        ({"parts": "轴承"}, "verdict"),
    ],
)
def test_what_cannot_be_is_refused_and_the_order_stays_open(
    api: ApiUnderTest, body: dict[str, object], field: str
) -> None:
    number = api.happen().number
    answer = step(api, number, "close", **body)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert api.reader.get(f"{ORDERS}/{number}").json()["status"] == "open"


def test_nobody_judges_before_the_work_is_done(api: ApiUnderTest) -> None:
    number = api.happen().number
    assert step(api, number, "dispatch", verdict="false_alarm").status_code == 422
    assert judge(api, number, verdict="false_alarm").status_code == 409
    assert judge(api, "WO-20260101-0009", verdict="false_alarm").status_code == 404


def test_only_orders_of_rules_and_models_are_judged(api: ApiUnderTest) -> None:
    with api.database.transaction() as repositories:
        repositories.orders.add(a_work_order("WO-20260101-0007", origin=Origin.MANUAL))
    assert step(api, "WO-20260101-0007", "close", verdict="real_fault").status_code == 422
    assert step(api, "WO-20260101-0007", "close").json()["verdict_label"] is None


def test_an_order_that_a_rule_cancelled_itself_is_nobodys_to_judge(api: ApiUnderTest) -> None:
    number = api.happen().number
    with api.database.transaction() as repositories:
        assert repositories.orders.set_status(number, WorkOrderStatus.OPEN, WorkOrderStatus.CANCELLED)
    assert judge(api, number, verdict="false_alarm").status_code == 409
    assert api.reader.get(f"{ORDERS}/{number}").json()["verdict_label"] is None
    assert listed(api, verdict="unjudged") == []


def test_reading_is_not_enough_to_judge(api: ApiUnderTest) -> None:
    number = api.happen().number
    step(api, number, "close")
    assert api.reader.put(f"{ORDERS}/{number}/verdict", json={"verdict": "real_fault"}).status_code == 403


def test_the_list_and_its_export_are_filtered_by_verdict(api: ApiUnderTest) -> None:
    numbers = [api.happen(an_alarm_event(equipment="P-1", fault_mode=mode)).number for mode in ("PMP-BEAR", "PMP-DRY")]
    open_one = api.happen(an_alarm_event(equipment="P-2", fault_mode="PMP-BEAR")).number
    step(api, numbers[0], "close", verdict="real_fault", parts="轴承")
    step(api, numbers[1], "close")
    assert listed(api, verdict="real_fault") == [numbers[0]]
    assert listed(api, verdict="unjudged") == [numbers[1]]
    assert listed(api, verdict=["real_fault", "unjudged"]) == [numbers[1], numbers[0]]
    assert open_one in listed(api)
    header, row = api.reader.get(f"{ORDERS}.csv", params={"verdict": "real_fault"}).text.splitlines()
    told = dict(zip(header.split(","), row.split(","), strict=True))
    assert (told["verdict"], told["verdict_label"], told["parts"]) == ("real_fault", "真故障", "轴承")


def test_the_event_of_the_end_says_what_was_found(api: ApiUnderTest) -> None:
    first, second = api.happen().number, api.happen(an_alarm_event(equipment="P-2", fault_mode="PMP-BEAR")).number
    step(api, first, "close", verdict="real_fault")
    step(api, second, "cancel")
    told = [(one.event.event, one.event.details.get("verdict")) for one in waiting(api, "telemetry")]
    assert sorted(told, key=str) == [
        ("cancel", "unjudged"),
        ("close", "real_fault"),
        ("opened", None),
        ("opened", None),
    ]


def test_a_mended_verdict_is_an_event_of_its_own_but_in_the_telemetry_store_the_end_again(api: ApiUnderTest) -> None:
    number = api.happen().number
    step(api, number, "close", verdict="not_found")
    end = waiting(api, "telemetry")[-1].event
    waiting(api, "webhook")
    api.clock.at += timedelta(hours=1)
    judge(api, number, verdict="real_fault")
    (again,), (judged,) = waiting(api, "telemetry"), waiting(api, "webhook")
    assert (again.event.event, again.event.at) == ("close", end.at)
    assert again.event.details == {**end.details, "verdict": "real_fault"}
    assert (judged.event.event, judged.event.at) == ("judged", T0 + timedelta(hours=2))


def test_the_same_end_sent_again_happens_once(api: ApiUnderTest) -> None:
    number = api.happen().number
    headers = {"Idempotency-Key": "one"}
    answers = [
        api.writer.post(f"{ORDERS}/{number}/close", json={"verdict": "real_fault"}, headers=headers) for _ in range(2)
    ]
    assert answers[0].content == answers[1].content
    assert len(answers[1].json()["timeline"]) == 2
