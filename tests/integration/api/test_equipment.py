import csv
from typing import Any

from iot_maint.domain.catalog import Limit
from iot_maint.domain.equipment import Equipment, EquipmentStatus
from iot_maint.domain.telemetry import Point
from iot_maint.rules.memories import BaselineMemory
from iot_maint.rules.state import EquipmentState, Series, encode_state
from tests.api_builders import ApiUnderTest
from tests.builders import T0, an_equipment

EQUIPMENT = "/api/v1/equipment"
NEW = {"code": "P-7", "name": "七号泵", "type": "pump", "site": "yard", "kind": "booster"}


def a_stranger(code: str = "X-1") -> Equipment:
    return Equipment(
        code=code, name=code, type="unregistered", site="s1", status=EquipmentStatus.UNREGISTERED, first_seen_at=T0
    )


def standing_of(api: ApiUnderTest, code: str, key: str) -> Any:
    items = api.reader.get(f"{EQUIPMENT}/{code}/rules").json()["items"]
    return next(item for item in items if item["key"] == key)


def test_equipment_is_registered_and_found_by_its_filters(api: ApiUnderTest) -> None:
    answer = api.writer.post(EQUIPMENT, json={**NEW, "parameters": {"setpoint": 0.45}})
    assert answer.status_code == 201
    assert (answer.json()["type_label"], answer.json()["status_label"]) == ("水泵", "在用")
    api.register(an_equipment("P-8", site="depot"), a_stranger())

    def found(**filters: str) -> list[str]:
        return [one["code"] for one in api.reader.get(EQUIPMENT, params=filters).json()["items"]]

    assert found() == ["P-7", "P-8", "X-1"]
    assert found(site="depot") == ["P-8"]
    assert found(status="unregistered") == ["X-1"]
    assert found(type="pump", kind="booster", text="七号") == ["P-7"]
    assert api.reader.get(f"{EQUIPMENT}/P-7").json() == answer.json()


def test_a_code_that_is_taken_is_a_conflict(api: ApiUnderTest) -> None:
    api.register(an_equipment("P-7"), a_stranger())
    assert api.writer.post(EQUIPMENT, json=NEW).status_code == 409
    assert "confirm it" in api.writer.post(EQUIPMENT, json={**NEW, "code": "X-1"}).json()["detail"]


def test_what_the_catalog_does_not_know_is_refused_by_field(api: ApiUnderTest) -> None:
    answer = api.writer.post(EQUIPMENT, json={**NEW, "type": "pmup"})
    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"field": "type", "reason": "no type 'pmup' in the catalog; did you mean pump?"}]
    assert api.writer.post(EQUIPMENT, json={**NEW, "maekr": "x"}).json()["errors"][0]["field"] == "body.maekr"


def test_a_change_touches_only_what_it_names(api: ApiUnderTest) -> None:
    api.writer.post(
        EQUIPMENT, json={**NEW, "maker": "格兰富", "parameters": {"setpoint": 0.4, "nameplate.power_kw": 15}}
    )
    answer = api.writer.patch(
        f"{EQUIPMENT}/P-7", json={"status": "stopped", "maker": None, "parameters": {"setpoint": None}}
    ).json()
    assert (answer["status"], answer["maker"], answer["name"]) == ("stopped", None, "七号泵")
    assert answer["parameters"] == {"nameplate.power_kw": 15}
    assert api.writer.patch(f"{EQUIPMENT}/P-7", json={"name": None}).status_code == 422
    assert api.writer.patch(f"{EQUIPMENT}/P-9", json={"name": "x"}).status_code == 404


def test_the_type_is_fixed_once_it_has_reported(api: ApiUnderTest) -> None:
    api.writer.post(EQUIPMENT, json={**NEW, "kind": None})
    assert api.writer.patch(f"{EQUIPMENT}/P-7", json={"type": "elevator"}).status_code == 200
    with api.database.transaction() as repositories:
        repositories.checkpoints.save_states({"P-7": encode_state(EquipmentState())})
    answer = api.writer.patch(f"{EQUIPMENT}/P-7", json={"type": "pump"})
    assert answer.status_code == 422
    assert "merge P-7" in answer.json()["detail"]


def test_a_stranger_is_confirmed_or_merged_and_the_job_is_the_answer(api: ApiUnderTest) -> None:
    api.register(an_equipment("P-1"), a_stranger("X-1"), a_stranger("X-2"))
    confirmed = api.writer.post(f"{EQUIPMENT}/X-1/confirm", json={"type": "pump", "kind": "sump"}).json()
    assert (confirmed["kind"], confirmed["to_measurement"], confirmed["finished_at"]) == ("confirm", "pump", None)
    assert api.reader.get(f"{EQUIPMENT}/X-1").json()["status"] == "in_service"
    merged = api.writer.post(f"{EQUIPMENT}/X-2/merge", json={"into": "P-1"}).json()
    assert (merged["kind"], merged["source"], merged["target"]) == ("merge", "X-2", "P-1")
    assert api.reader.get(f"{EQUIPMENT}/X-2").json()["merged_into"] == "P-1"
    assert api.writer.post(f"{EQUIPMENT}/P-1/merge", json={"into": "X-2"}).status_code == 409


def test_the_export_is_a_table_of_the_archive(api: ApiUnderTest) -> None:
    api.register(an_equipment("P-1", name="@一号"))
    rows = list(csv.DictReader(api.reader.get(f"{EQUIPMENT}.csv").text.splitlines()))
    assert [(row["code"], row["name"], row["type"]) for row in rows] == [("P-1", "'@一号", "pump")]


def test_parts_replacements_and_documents_are_kept(api: ApiUnderTest) -> None:
    api.register(an_equipment("P-1"))
    number = api.happen().number
    api.writer.post(f"{EQUIPMENT}/P-1/parts", json={"code": "bearing", "name": "轴承 6308", "quantity": 2})
    replaced = {"quantity": 1, "replaced_on": "2026-01-02", "work_order": number}
    answer = api.writer.post(f"{EQUIPMENT}/P-1/parts/bearing/replacements", json=replaced)
    assert (answer.status_code, answer.json()["recorded_by"]) == (201, "doer")
    assert api.writer.post(f"{EQUIPMENT}/P-1/parts/seal/replacements", json=replaced).status_code == 422
    parts = api.reader.get(f"{EQUIPMENT}/P-1/parts").json()
    assert parts["parts"] == [{"code": "bearing", "name": "轴承 6308", "quantity": 2}]
    assert len(parts["replacements"]) == 1
    link = {"title": "说明书", "url": "https://example.org/m.pdf"}
    assert api.writer.post(f"{EQUIPMENT}/P-1/documents", json=link).status_code == 201
    assert api.writer.post(f"{EQUIPMENT}/P-1/documents", json={**link, "url": "javascript:alert(1)"}).status_code == 422
    assert api.reader.get(f"{EQUIPMENT}/P-1/documents").json() == {"documents": [link]}


def test_history_tells_orders_alarms_replacements_and_limits(api: ApiUnderTest) -> None:
    api.register(an_equipment("P-1"))
    number = api.happen().number
    api.writer.post(f"/api/v1/work-orders/{number}/close", json={"note": "误报"})
    api.writer.put(f"{EQUIPMENT}/P-1/limits/bearing_temp_warning", json={"limit": 85})
    history = api.reader.get(f"{EQUIPMENT}/P-1/history").json()
    assert [order["number"] for order in history["work_orders"]] == [number]
    assert [note["note"] for note in history["alarms"][0]["notes"]] == [f"{number} → closed: 误报"]
    (change,) = history["limit_changes"]
    assert (change["rule_key"], change["changed_by"], change["old"]) == ("bearing_temp_warning", "doer", None)
    assert change["new"]["clear_limit"]["value"] == 84


def test_a_limit_of_ones_own_holds_until_it_is_dropped(api: ApiUnderTest) -> None:
    api.register(an_equipment("P-1"))
    limit = f"{EQUIPMENT}/P-1/limits/bearing_temp_warning"
    assert api.reader.get(limit).json()["override"] is None
    assert api.writer.put(limit, json={"limit": 75, "for_s": 300}).status_code == 200
    active = standing_of(api, "P-1", "bearing_temp_warning")["active"]
    assert (active["limit"], active["clear_limit"], active["dwell_s"]) == (75, 74, 300)
    assert api.writer.delete(limit).status_code == 200
    assert standing_of(api, "P-1", "bearing_temp_warning")["active"]["limit"] == 80
    assert api.writer.delete(limit).status_code == 404


def test_a_limit_that_would_flap_or_never_hold_is_refused(api: ApiUnderTest) -> None:
    api.register(an_equipment("P-1"))
    limits = f"{EQUIPMENT}/P-1/limits"
    refused = {
        "bearing_temp_warning": {"limit": 75, "clear_limit": 76},
        "bearing_temp_critical": {"limit": 70},
        "vib_rms_warning": {"limit": 1e9},
        "discharge_pressure_low_warning": {"limit": 0.4},
    }
    for key, body in refused.items():
        assert api.writer.put(f"{limits}/{key}", json=body).status_code == 422, key
    assert api.writer.put(f"{limits}/no_such_rule", json={"limit": 1}).status_code == 404


def test_rules_say_what_runs_and_what_the_others_lack(api: ApiUnderTest) -> None:
    api.register(an_equipment("P-1", kind="booster"))
    missing = standing_of(api, "P-1", "discharge_pressure_low_warning")
    assert missing["standing"] == "missing_parameter"
    assert missing["standing_label"] == "未运行：缺少参数 setpoint（出口压力设定值）"
    assert standing_of(api, "P-1", "bearing_temp_warning")["standing"] == "running"
    api.writer.patch(f"{EQUIPMENT}/P-1", json={"parameters": {"setpoint": 0.4}})
    assert standing_of(api, "P-1", "discharge_pressure_low_warning")["active"]["limit"] == 0.35


def test_a_series_that_comes_too_slowly_is_said_not_to_run(api: ApiUnderTest) -> None:
    api.register(an_equipment("P-1"))
    slow = EquipmentState(series={"bearing_temp": Series(((0, 70.0),), 3)})
    with api.database.transaction() as repositories:
        repositories.checkpoints.save_states({"P-1": encode_state(slow)})
    rule = standing_of(api, "P-1", "bearing_temp_warning")
    assert (rule["standing"], rule["standing_label"]) == ("sampled_too_slowly", "未运行：采样过慢")


def test_all_declared_rules_are_listed_with_their_kinds(api: ApiUnderTest) -> None:
    rules = api.reader.get("/api/v1/rules").json()["items"]
    assert {rule["type"] for rule in rules} == {"elevator", "pump", "power_room"}
    assert {rule["signal"]["kind"] for rule in rules} == {"threshold", "baseline", "share", "sequence"}
    drag = next(rule for rule in rules if rule["id"] == "elevator.door_open_time_warning")
    assert (drag["unit"], drag["limit"]["value"], drag["signal"]["learn_days"]) == ("%", 15, 7)
    assert drag["signal"]["text"] == "相对自身基线的偏差（14 天日中位数的中位数，满 14 天后保持不变）"


def test_a_rule_over_its_own_base_says_how_many_days_it_still_learns(api: ApiUnderTest) -> None:
    api.register(an_equipment("E-1", equipment_type="elevator", kind=None))
    two_days = BaselineMemory(48, (2.7,), (2.7, 2.71))
    state = EquipmentState(signals={"door_open_time~baseline 14d 7d held": two_days})
    with api.database.transaction() as repositories:
        repositories.checkpoints.save_states({"E-1": encode_state(state)})
    rule = standing_of(api, "E-1", "door_open_time_warning")
    assert (rule["standing"], rule["detail"]) == ("learning", "2/7")
    assert rule["standing_label"] == "学习自身基线中：已有 2/7 天"


def test_telemetry_is_read_as_series_with_names_and_units(api: ApiUnderTest) -> None:
    api.register(an_equipment("P-1"))
    start_ms = int(T0.timestamp() * 1000)
    api.context.telemetry.write(
        [
            Point(
                measurement="pump",
                tags={"site": "s1", "equipment": "P-1"},
                at_ms=start_ms + i * 60_000,
                fields={"bearing_temp": 70.0 + i, "vib_rms": 2.0},
            )
            for i in range(10)
        ]
    )
    url = f"{EQUIPMENT}/P-1/telemetry"
    answer = api.reader.get(url, params={"metric": "bearing_temp", "from": "2026-01-01T08:00:00+08:00", "limit": 3})
    (series,) = answer.json()["series"]
    assert (series["label"], series["unit"], series["complete"]) == ("轴承温度", "°C", False)
    assert [point["value"] for point in series["points"]] == [70, 71, 72]
    assert series["points"][0]["at"] == "2026-01-01T08:00:00+08:00"
    means = api.reader.get(url, params={"metric": "bearing_temp", "every": "5m"}).json()["series"][0]["points"]
    assert [point["value"] for point in means] == [72, 77]
    newest = api.reader.get(url).json()["series"]
    assert [(one["metric"], one["points"][0]["value"]) for one in newest] == [("bearing_temp", 79), ("vib_rms", 2)]
    backwards = {"metric": "vib_rms", "from": "2026-01-02T00:00:00Z", "to": "2026-01-01T00:00:00Z"}
    assert api.reader.get(url, params=backwards).status_code == 422


def test_the_decide_path_sees_a_change_by_the_registers_revision(api: ApiUnderTest) -> None:
    api.register(an_equipment("P-1"))
    with api.database.reading() as repositories:
        before = repositories.equipment.revision()
    api.writer.put(f"{EQUIPMENT}/P-1/limits/bearing_temp_warning", json={"limit": 75})
    with api.database.reading() as repositories:
        (changed,) = repositories.equipment.monitored(before)
    assert changed.overrides["bearing_temp_warning"].limit == Limit(value=75)


def test_the_quality_of_the_data_is_told_by_metric_in_the_readers_language(api: ApiUnderTest) -> None:
    api.register(an_equipment("P-1"))
    url = f"{EQUIPMENT}/P-1/quality"
    assert api.reader.get(url).json()["at"] is None
    tags = {"site": "s1", "equipment": "P-1"}
    at_ms = int(T0.timestamp() * 1000)
    earlier = {"completeness": 0.5, "vib_rms.completeness": 0.5, "vib_rms.jumps": 2.0}
    now = {"completeness": 0.97, "skew_s": 90.0, "ahead": 3.0, "vib_rms.completeness": 0.97, "vib_rms.frozen_s": 7200.0}
    api.context.telemetry.write(
        [
            Point(measurement="data_quality", tags=tags, at_ms=at_ms, fields={**earlier}),
            Point(measurement="data_quality", tags=tags, at_ms=at_ms + 300_000, fields={**now}),
        ]
    )

    answer = api.reader.get(url, headers={"Accept-Language": "en"}).json()

    assert (answer["completeness"], answer["clock_skew_s"], answer["refused_ahead"]) == (0.97, 90.0, 3)
    assert answer["flaws"] == [{"flaw": "skewed", "label": "clock skew"}]
    [vibration] = answer["metrics"]
    assert (vibration["interval_s"], vibration["frozen_s"], vibration["jumps"]) == (60.0, 7200.0, 0)
    assert vibration["flaws"] == [{"flaw": "frozen", "label": "frozen"}]
    [vibration] = api.reader.get(url).json()["metrics"]
    assert vibration["flaws"] == [{"flaw": "frozen", "label": "数值冻结"}]
    assert api.reader.get(f"{EQUIPMENT}/P-9/quality").status_code == 404
