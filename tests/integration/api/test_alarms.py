from iot_maint.domain.alarms import AlarmEventKind
from tests.api_builders import ApiUnderTest
from tests.builders import DWELL, an_alarm_event, an_equipment

ALARMS = "/api/v1/alarms"


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
