import csv
import io
from dataclasses import replace

from iot_maint.domain.alarms import AlarmEventKind, Flapping
from tests.api_builders import ApiUnderTest
from tests.builders import DWELL, T0, an_alarm_event, an_equipment

ALARMS = "/api/v1/alarms"
SITE = (
    an_equipment("PR-1", name="1 号低压柜", equipment_type="power_room", kind="lv"),
    replace(an_equipment("E-1", name="1 号客梯", equipment_type="elevator", kind=None), parent="PR-1"),
)


def test_an_alarm_is_listed_acknowledged_once_and_noted_each_time(api: ApiUnderTest) -> None:
    api.register(an_equipment("P-1"))
    number = api.happen().number
    (alarm,) = api.reader.get(ALARMS).json()["items"]
    assert (alarm["status"], alarm["fault_mode_label"], alarm["orders"]) == ("active", "轴承劣化", {"warning": number})
    seen = api.writer.post(f"{ALARMS}/{alarm['id']}/acknowledge", json={"note": "已通知"}).json()
    assert (seen["status"], seen["acknowledged_by"]) == ("acknowledged", "doer")
    api.clock.at += DWELL
    again = api.writer.post(f"{ALARMS}/{alarm['id']}/acknowledge", json={"note": "已到场"}).json()
    assert again["acknowledged_at"] == seen["acknowledged_at"]
    assert [note["note"] for note in api.reader.get(f"{ALARMS}/{alarm['id']}").json()["notes"]] == ["已通知", "已到场"]


def test_alarms_are_filtered_by_status_and_exported(api: ApiUnderTest) -> None:
    api.register(an_equipment("P-1"))
    api.happen()
    api.happen(an_alarm_event(AlarmEventKind.CLEARED, fault_mode="PMP-BEAR", after=DWELL))
    assert api.reader.get(ALARMS, params={"status": "active"}).json()["items"] == []
    (alarm,) = api.reader.get(ALARMS, params={"status": "cleared_unacknowledged"}).json()["items"]
    assert alarm["cleared_at"] == "2026-01-01T08:20:00+08:00"
    header, row = api.reader.get(f"{ALARMS}.csv").text.splitlines()
    assert header.startswith("id,site,equipment,")
    assert "2026-01-01T08:20:00+08:00" in row


def test_an_alarm_nobody_raised_is_not_found(api: ApiUnderTest) -> None:
    assert api.reader.get(f"{ALARMS}/1").status_code == 404
    assert api.writer.post(f"{ALARMS}/1/acknowledge").status_code == 404


def test_a_symptom_names_its_cause_and_the_cause_s_order_names_it(api: ApiUnderTest) -> None:
    api.register(*SITE)
    number = api.happen(an_alarm_event(equipment="PR-1", fault_mode="PWR-SUPPLY"), "power_room").number
    api.save(an_alarm_event(equipment="E-1", fault_mode="ELV-HVAC", rule="elevator.machine_room_temp_critical"))

    (symptom,) = api.reader.get(ALARMS, params={"equipment": "E-1"}).json()["items"]
    assert symptom["orders"] == {}
    assert symptom["held_back"] == "已并入其他工单，暂不单独派单"
    cause = api.reader.get(ALARMS, params={"equipment": "PR-1"}).json()["items"][0]
    assert symptom["cause"] == {
        "alarm": cause["id"],
        "equipment": "PR-1",
        "equipment_name": "1 号低压柜",
        "fault_mode": "PWR-SUPPLY",
        "fault_mode_label": "供电中断",
        "order": number,
    }

    order = api.reader.get(f"/api/v1/work-orders/{number}", headers={"Accept-Language": "en"}).json()
    (listed,) = order["symptoms"]
    assert (listed["alarm"], listed["equipment"], listed["order"]) == (symptom["id"], "E-1", None)
    assert [(entry["kind"], entry["label"]) for entry in order["timeline"]] == [
        ("opened", "opened"),
        ("symptom", "kept under this order"),
    ]
    assert order["timeline"][1]["note"].startswith("Traction elevator E-1: ")
    told = api.reader.get(f"/api/v1/work-orders/{number}").json()["timeline"][1]["note"]
    assert told.startswith("曳引电梯 E-1：")


def test_causes_lockouts_and_flapping_are_exported(api: ApiUnderTest) -> None:
    api.register(*SITE)
    number = api.happen(an_alarm_event(equipment="PR-1", fault_mode="PWR-SUPPLY"), "power_room").number
    flapping = Flapping(since=T0, count=4)
    api.save(replace(an_alarm_event(equipment="E-1", fault_mode="ELV-HVAC"), flapping=flapping))

    alarms = list(csv.DictReader(io.StringIO(api.reader.get(f"{ALARMS}.csv").text)))
    (symptom,) = (row for row in alarms if row["equipment"] == "E-1")
    assert (symptom["cause_equipment"], symptom["cause_fault_mode"]) == ("PR-1", "PWR-SUPPLY")
    assert (symptom["cause_order"], symptom["flaps"]) == (number, "4")
    assert symptom["flapping_since"] == "2026-01-01T08:00:00+08:00"
    (order,) = csv.DictReader(io.StringIO(api.reader.get("/api/v1/work-orders.csv").text))
    assert order["symptoms"] == "E-1/ELV-HVAC"


def test_an_alarm_that_flaps_says_how_often_and_since_when(api: ApiUnderTest) -> None:
    api.register(an_equipment("P-1"))
    flapping = Flapping(since=T0, count=4)
    order = api.happen(replace(an_alarm_event(fault_mode="PMP-BEAR"), flapping=flapping))

    (alarm,) = api.reader.get(ALARMS).json()["items"]
    assert alarm["flapping"] == {"since": "2026-01-01T08:00:00+08:00", "count": 4}
    assert api.reader.get(f"/api/v1/work-orders/{order.number}").json()["timeline"][0]["note"] == "×4"


def test_an_alarm_under_repair_says_that_it_is_locked_out(api: ApiUnderTest) -> None:
    api.register(an_equipment("P-1"))
    number = api.happen().number
    for step in ("dispatch", "arrive"):
        assert api.writer.post(f"/api/v1/work-orders/{number}/{step}").status_code == 200
    api.save(an_alarm_event(fault_mode="PMP-START"), "pump")

    (alarm,) = api.reader.get(ALARMS, params={"fault_mode": "PMP-START"}).json()["items"]
    assert (alarm["locked_out"], alarm["held_back"], alarm["orders"]) == (True, "设备维修中，暂不派单", {})


def test_a_completed_order_says_since_when_its_fault_is_watched(api: ApiUnderTest) -> None:
    api.register(an_equipment("P-1"))
    number = api.happen().number
    for step in ("dispatch", "arrive", "complete"):
        order = api.writer.post(f"/api/v1/work-orders/{number}/{step}").json()

    assert order["watched_since"] == "2026-01-01T09:00:00+08:00"
    reopened = api.writer.post(f"/api/v1/work-orders/{number}/reopen").json()
    assert reopened["watched_since"] is None
