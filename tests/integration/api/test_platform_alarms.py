"""Alarms of the platform itself among those of equipment, and in what the service says of its readiness."""

import csv
import io
from datetime import timedelta
from pathlib import Path

import pytest

from iot_maint.domain.platform_alarms import PlatformAlarm, PlatformAlarmKind
from tests.api_builders import ApiUnderTest, an_api
from tests.builders import DWELL, T0, an_equipment

ALARMS = "/api/v1/alarms"
REFUSED = "InfluxDB answered 401: unauthorized access"


def an_alarm(
    kind: PlatformAlarmKind = PlatformAlarmKind.TELEMETRY_STORE_REFUSES, *, worker: str = "1"
) -> PlatformAlarm:
    return PlatformAlarm(kind=kind, detail=REFUSED, since=T0, worker=worker)


def save(api: ApiUnderTest, *alarms: PlatformAlarm) -> None:
    with api.database.transaction() as repositories:
        for alarm in alarms:
            repositories.platform_alarms.save_standing(alarm)


def test_it_is_listed_beside_the_others_without_equipment_or_orders(api: ApiUnderTest) -> None:
    api.register(an_equipment("P-1"))
    api.happen()
    save(api, an_alarm())

    own, platform = api.reader.get(ALARMS).json()["items"]

    assert (own["equipment"], own["platform"], own["worker"], own["detail"]) == ("P-1", False, None, None)
    assert platform == {
        "id": platform["id"],
        "site": None,
        "equipment": None,
        "equipment_name": None,
        "fault_mode": "telemetry_store_refuses",
        "fault_mode_label": "时序库拒绝访问",
        "severity": "critical",
        "severity_label": "严重",
        "status": "active",
        "status_label": "未确认",
        "onset_at": "2026-01-01T08:00:00+08:00",
        "raised_at": "2026-01-01T08:00:00+08:00",
        "cleared_at": None,
        "acknowledged_at": None,
        "acknowledged_by": None,
        "rules": [],
        "orders": {},
        "notes": [],
        "platform": True,
        "worker": "1",
        "detail": REFUSED,
        "cause": None,
        "locked_out": False,
        "flapping": None,
        "held_back": None,
        "shadow": False,
        "model": None,
    }
    assert api.reader.get(f"{ALARMS}/{platform['id']}").json() == platform


def test_it_speaks_the_readers_language(api: ApiUnderTest) -> None:
    save(api, an_alarm())
    (alarm,) = api.reader.get(ALARMS, headers={"Accept-Language": "en"}).json()["items"]
    assert alarm["fault_mode_label"] == "telemetry store refuses us"


def test_each_kind_is_asked_for_alone(api: ApiUnderTest) -> None:
    api.register(an_equipment("P-1"))
    api.happen()
    save(api, an_alarm())

    def origins(**params: str) -> list[bool]:
        return [alarm["platform"] for alarm in api.reader.get(ALARMS, params=params).json()["items"]]

    assert origins(platform="true") == [True]
    assert origins(platform="false") == [False]
    assert origins(site="s1") == [False]
    assert origins(fault_mode="telemetry_store_refuses") == [True]
    assert api.reader.get(ALARMS, params={"platform": "maybe"}).status_code == 422


def test_it_is_acknowledged_once_and_noted_each_time(api: ApiUnderTest) -> None:
    save(api, an_alarm())
    (alarm,) = api.reader.get(ALARMS).json()["items"]
    seen = api.writer.post(f"{ALARMS}/{alarm['id']}/acknowledge", json={"note": "已换令牌"}).json()
    assert (seen["status"], seen["acknowledged_by"]) == ("acknowledged", "doer")
    api.clock.at += DWELL
    again = api.writer.post(f"{ALARMS}/{alarm['id']}/acknowledge", json={"note": "已恢复"}).json()
    assert again["acknowledged_at"] == seen["acknowledged_at"]
    assert [note["note"] for note in again["notes"]] == ["已换令牌", "已恢复"]
    assert api.reader.get(ALARMS, params={"status": "acknowledged"}).json()["items"] == [again]


def test_it_is_exported_with_the_others(api: ApiUnderTest) -> None:
    api.register(an_equipment("P-1"))
    api.happen()
    save(api, an_alarm())
    own, platform = csv.DictReader(io.StringIO(api.reader.get(f"{ALARMS}.csv").text.removeprefix("\ufeff")))
    assert (own["equipment"], own["platform"], own["worker"]) == ("P-1", "false", "")
    assert (platform["equipment"], platform["fault_mode_label"]) == ("", "时序库拒绝访问")
    assert (platform["platform"], platform["worker"], platform["detail"]) == ("true", "1", REFUSED)


def test_a_history_of_equipment_has_none_of_them(api: ApiUnderTest) -> None:
    api.register(an_equipment("P-1"))
    save(api, an_alarm())
    assert api.reader.get("/api/v1/equipment/P-1/history").json()["alarms"] == []


@pytest.mark.parametrize("kind", PlatformAlarmKind)
def test_one_of_this_process_that_stops_data_makes_it_not_ready(tmp_path: Path, kind: PlatformAlarmKind) -> None:
    answer = an_api(tmp_path, standing=[an_alarm(kind)]).stranger.get("/readyz")

    (said,) = answer.json()["platform_alarms"]
    harmless = kind in {
        PlatformAlarmKind.SPOOL_NEARLY_FULL,
        PlatformAlarmKind.CLOCK_WRONG,
        PlatformAlarmKind.NOTHING_HEARD,
    }
    assert answer.status_code == (200 if harmless else 503)
    assert answer.json()["status"] == ("ready" if harmless else "not ready")
    assert (said["kind"], said["detail"], said["stops_data"]) == (kind.value, REFUSED, not harmless)


def test_one_of_another_worker_is_named_but_does_not_take_the_api_away(tmp_path: Path) -> None:
    api = an_api(tmp_path, standing=[an_alarm(PlatformAlarmKind.SPOOL_NEARLY_FULL)])
    save(api, an_alarm(worker="2"), an_alarm(PlatformAlarmKind.SPOOL_NEARLY_FULL))

    answer = api.stranger.get("/readyz")

    assert answer.status_code == 200
    assert [(one["worker"], one["kind"], one["label"]) for one in answer.json()["platform_alarms"]] == [
        ("1", "spool_nearly_full", "暂存将满"),
        ("2", "telemetry_store_refuses", "时序库拒绝访问"),
    ]


def test_one_that_was_cleared_is_listed_but_stands_no_longer(api: ApiUnderTest) -> None:
    with api.database.transaction() as repositories:
        repositories.platform_alarms.save_cleared(an_alarm(), T0 + timedelta(minutes=1))
    (alarm,) = api.reader.get(ALARMS, params={"status": "cleared_unacknowledged"}).json()["items"]
    assert alarm["cleared_at"] == "2026-01-01T08:01:00+08:00"
    assert api.stranger.get("/readyz").json()["platform_alarms"] == []
