from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.api_builders import ApiUnderTest, a_bearing_event
from tests.builders import an_alarm_event, an_equipment

ORDERS = "/api/v1/work-orders"


@pytest.fixture(autouse=True)
def _a_pump(api: ApiUnderTest) -> None:
    api.register(an_equipment("P-1", name="一号生活水泵"), an_equipment("P-2", name="二号生活水泵"))


def _step(api: ApiUnderTest, number: str, transition: str, note: str = "") -> Any:
    return api.writer.post(f"{ORDERS}/{number}/{transition}", json={"note": note})


def test_a_new_order_is_in_the_list_at_once(api: ApiUnderTest) -> None:
    assert api.reader.get(ORDERS).json() == {"items": [], "next_cursor": None}
    number = api.happen().number
    assert [order["number"] for order in api.reader.get(ORDERS).json()["items"]] == [number]


def test_an_order_says_what_where_why_what_to_do_and_by_when(api: ApiUnderTest) -> None:
    order = api.reader.get(f"{ORDERS}/{api.happen().number}").json()
    assert order["number"] == "WO-20260101-0001"
    assert order["title"] == "一号生活水泵：轴承劣化"
    assert order["urgency"] == 3
    assert order["deadlines"] == {"finish": "2026-01-02T09:00:00+08:00"}
    assert order["onset_at"] == "2026-01-01T08:00:00+08:00"
    assert order["evidence"][0]["text"].startswith("轴承温度 84.25 °C，连续 10 min 高于限值 80 °C（工程经验值）")
    assert order["spares"] == [{"code": "bearing", "label": "轴承"}]
    assert order["transitions"] == ["dispatch", "close", "cancel"]


def test_a_reader_of_english_gets_english(api: ApiUnderTest) -> None:
    number = api.happen().number
    order = api.reader.get(f"{ORDERS}/{number}", headers={"Accept-Language": "en-GB,zh;q=0.5"}).json()
    assert order["title"] == "一号生活水泵: Bearing wear"
    assert order["evidence"][0]["text"].startswith(
        "Bearing temperature 84.25 °C, for 10 min above the limit of 80 °C (engineering default)"
    )


def test_an_order_goes_the_whole_way_and_keeps_who_and_why(api: ApiUnderTest) -> None:
    number = api.happen().number
    for transition in ("dispatch", "acknowledge", "arrive", "pause", "resume", "complete", "verify"):
        assert _step(api, number, transition).status_code == 200
    closed = _step(api, number, "close", "轴承已更换").json()
    assert closed["status"] == "closed"
    last = closed["timeline"][-1]
    assert (last["transition"], last["by"], last["note"]) == ("close", "doer", "轴承已更换")
    assert api.reader.get(f"{ORDERS}/{number}").json() == closed


def test_an_illegal_step_is_a_conflict_that_names_the_legal_ones(api: ApiUnderTest) -> None:
    number = api.happen().number
    answer = _step(api, number, "verify")
    assert answer.status_code == 409
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["legal"] == ["dispatch", "close", "cancel"]
    assert api.reader.get(f"{ORDERS}/{number}").json()["status"] == "open"


def test_an_order_cannot_be_reopened_beside_another_of_its_fault(api: ApiUnderTest) -> None:
    first = api.happen().number
    _step(api, first, "close")
    second = api.happen(an_alarm_event(fault_mode="PMP-BEAR", raised_at=a_bearing_event().key.raised_at + timedelta(1)))
    answer = _step(api, first, "reopen")
    assert answer.status_code == 409
    assert second.number in answer.json()["detail"]


def test_closing_an_order_whose_alarm_stands_leaves_a_note_at_the_alarm(api: ApiUnderTest) -> None:
    number = api.happen().number
    _step(api, number, "close", "下周停机处理")
    with api.database.reading() as repositories:
        alarm = repositories.orders.alarm_of(number)
        assert alarm is not None
        notes = [(by, note) for _, by, note in repositories.alarms.notes(alarm.id)]
    assert notes == [("doer", f"{number} → closed: 下周停机处理")]


def test_every_step_goes_out_to_every_channel(api: ApiUnderTest) -> None:
    number = api.happen().number
    with api.database.transaction() as repositories:
        for opened in repositories.outbox.due(api.clock.now(), 10):
            repositories.outbox.update(replace(opened, delivered_at=api.clock.now()))
    _step(api, number, "dispatch")
    with api.database.transaction() as repositories:
        due = repositories.outbox.due(api.clock.now(), 10)
    assert [(one.event.event, one.channel.value) for one in due] == [("dispatch", "telemetry"), ("dispatch", "webhook")]


def test_the_list_is_filtered_and_paged(api: ApiUnderTest) -> None:
    numbers = []
    for i, code in enumerate(("P-1", "P-2", "P-1")):
        event = an_alarm_event(equipment=code, fault_mode=("PMP-BEAR", "PMP-BEAR", "PMP-DRY")[i])
        numbers.append(api.happen(event).number)
        api.clock.at += timedelta(minutes=1)
    _step(api, numbers[0], "cancel")

    def found(**filters: str) -> list[str]:
        return [order["number"] for order in api.reader.get(ORDERS, params=filters).json()["items"]]

    assert found() == numbers[::-1]
    assert found(equipment="P-1", status="open") == [numbers[2]]
    assert found(urgency="1") == [numbers[2]]
    assert found(opened_from="2026-01-01T09:01:00+08:00", opened_until="2026-01-01T09:02:00+08:00") == [numbers[1]]
    first = api.reader.get(ORDERS, params={"limit": 2}).json()
    second = api.reader.get(ORDERS, params={"limit": 2, "cursor": first["next_cursor"]}).json()
    assert [order["number"] for order in first["items"] + second["items"]] == numbers[::-1]
    assert second["next_cursor"] is None


def test_the_export_holds_every_order_and_no_formula(api: ApiUnderTest) -> None:
    api.register(an_equipment("P-9", name='=HYPERLINK("x")'))
    number = api.happen(an_alarm_event(equipment="P-9", fault_mode="PMP-BEAR")).number
    answer = api.reader.get(f"{ORDERS}.csv")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    header, row, *rest = answer.text.splitlines()
    assert header.startswith("number,title,site,equipment,")
    assert row.startswith(f'{number},"\'=HYPERLINK(""x"")：轴承劣化",s1,P-9,')
    assert rest == []


def test_the_same_write_sent_again_happens_once(api: ApiUnderTest) -> None:
    number = api.happen().number
    headers = {"Idempotency-Key": "one"}
    first = api.writer.post(f"{ORDERS}/{number}/dispatch", json={"note": "甲"}, headers=headers)
    again = api.writer.post(f"{ORDERS}/{number}/dispatch", json={"note": "甲"}, headers=headers)
    assert (again.status_code, again.content) == (200, first.content)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(api.reader.get(f"{ORDERS}/{number}").json()["timeline"]) == 2


def test_a_key_of_another_write_is_refused(api: ApiUnderTest) -> None:
    number = api.happen().number
    headers = {"Idempotency-Key": "one"}
    api.writer.post(f"{ORDERS}/{number}/dispatch", json={}, headers=headers)
    answer = api.writer.post(f"{ORDERS}/{number}/cancel", json={}, headers=headers)
    assert answer.status_code == 422
    assert answer.json()["type"] == "urn:iot-maint:problem:idempotency-key-reused"


def test_a_write_that_failed_may_be_sent_again_under_its_key(api: ApiUnderTest) -> None:
    number = api.happen().number
    headers = {"Idempotency-Key": "one"}
    assert api.writer.post(f"{ORDERS}/{number}/acknowledge", headers=headers).status_code == 409
    _step(api, number, "dispatch")
    assert api.writer.post(f"{ORDERS}/{number}/acknowledge", headers=headers).status_code == 200


def test_an_order_nobody_opened_is_not_found(api: ApiUnderTest) -> None:
    for answer in (api.reader.get(f"{ORDERS}/WO-20260101-0009"), _step(api, "WO-20260101-0009", "dispatch")):
        assert answer.status_code == 404
