from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from iot_maint.catalog.load import load_catalog
from iot_maint.domain.catalog import Catalog, Comparison, Language
from iot_maint.domain.findings import Evidence, FindingKind, RunningKnowledge, Silence
from iot_maint.domain.work_orders import EntryKind, Origin, TimelineEntry, WorkOrder, WorkOrderStatus
from iot_maint.services.evidence import evidence_document, say_evidence
from iot_maint.services.order_text import order_text
from iot_maint.services.rendering import order_document
from tests.builders import DWELL, T0, a_work_order, an_equipment, an_evidence

SHANGHAI = ZoneInfo("Asia/Shanghai")
CATALOG = load_catalog()
PUMP, ELEVATOR = CATALOG.types["pump"], CATALOG.types["elevator"]


def an_entry(kind: EntryKind = EntryKind.OPENED, evidence: Evidence | None = None) -> TimelineEntry:
    return TimelineEntry(
        kind=kind, at=T0 + DWELL, recorded_at=T0 + DWELL, by="rules", evidence=evidence or an_evidence()
    )


def a_bearing_order() -> WorkOrder:
    return a_work_order(
        fault_mode="PMP-BEAR",
        urgency=3,
        deadlines={"finish": T0 + timedelta(hours=24)},
        timeline=(an_entry(),),
    )


def of_a_metric(
    metric: str, comparison: Comparison, value: float, limit: float, *, dwell_s: float = 0.0, occurrences: int = 1
) -> Evidence:
    return replace(
        an_evidence(),
        metric=metric,
        comparison=comparison,
        limit=limit,
        readings=((0, value),),
        dwell_s=dwell_s,
        occurrences=occurrences,
    )


def test_a_dwell_is_said_with_its_span_limit_and_basis() -> None:
    assert (
        say_evidence(an_evidence(), PUMP, Language.ZH_CN)
        == "轴承温度 84.25 °C，连续 10 min 高于限值 80 °C（工程经验值）"
    )
    assert (
        say_evidence(an_evidence(), PUMP, Language.EN)
        == "Bearing temperature 84.25 °C, for 10 min above the limit of 80 °C (engineering default)"
    )


def test_values_per_trip_are_counted_and_a_standard_is_named() -> None:
    evidence = replace(of_a_metric("cabin_noise", Comparison.ABOVE, 57.5, 55.0, occurrences=5), basis="GB/T 10058")
    assert (
        say_evidence(evidence, ELEVATOR, Language.ZH_CN)
        == "轿厢内噪声 57.5 dB(A)，连续 5 次高于限值 55 dB(A)（GB/T 10058）"
    )


@pytest.mark.parametrize(
    ("dwell_s", "said"), [(0.0, "备用泵倒流：是（工程经验值）"), (30.0, "备用泵倒流：是，连续 30 s（工程经验值）")]
)
def test_a_boolean_is_said_as_yes_or_no(dwell_s: float, said: str) -> None:
    evidence = of_a_metric("standby_reverse_flow", Comparison.IS, 1.0, 1.0, dwell_s=dwell_s)
    assert say_evidence(evidence, PUMP, Language.ZH_CN) == said


def test_a_running_state_that_was_assumed_is_said() -> None:
    evidence = replace(an_evidence(), running=RunningKnowledge.ASSUMED)
    assert say_evidence(evidence, PUMP, Language.ZH_CN).endswith("；运行状态未知，按运行中判断")
    assert say_evidence(evidence, PUMP, Language.EN).endswith("; the running state was unknown and taken as running")


def test_a_clear_is_said_against_the_clear_limit() -> None:
    evidence = replace(an_evidence(), readings=((0, 74.0),))
    assert (
        say_evidence(evidence, PUMP, Language.EN, kind=FindingKind.CLEARED)
        == "Bearing temperature 74 °C, back below the clear limit of 75 °C"
    )


def test_a_clear_of_a_rule_that_stopped_running_claims_no_recovery() -> None:
    assert (
        say_evidence(an_evidence(), PUMP, Language.ZH_CN, kind=FindingKind.CLEARED)
        == "轴承温度 84.25 °C；此规则在该设备上不再运行"
    )


def test_readings_carry_the_sites_offset() -> None:
    readings = evidence_document(an_evidence(), PUMP, Language.EN, SHANGHAI)["readings"]
    assert readings == [
        {"at": "2026-01-01T07:59:00+08:00", "value": 79.5},
        {"at": "2026-01-01T08:00:00+08:00", "value": 80.5},
        {"at": "2026-01-01T08:10:00+08:00", "value": 84.25},
    ]


def test_a_type_gone_from_the_catalog_leaves_its_codes() -> None:
    empty = Catalog(types={}, service_levels={})
    document = order_document(a_bearing_order(), empty, None, Language.ZH_CN, SHANGHAI)
    assert document["title"] == "P-1：PMP-BEAR"
    assert "pump/PMP-BEAR" in str(document["cause"])
    assert document["spares"] == []
    assert "bearing_temp 84.25" in order_text(a_bearing_order(), empty, None, Language.ZH_CN, SHANGHAI)


def test_the_page_of_an_order_says_everything_on_one_screen() -> None:
    equipment = replace(an_equipment(), building="1 号楼", floor="B1", room="水泵房")
    assert order_text(a_bearing_order(), CATALOG, equipment, Language.ZH_CN, SHANGHAI).splitlines() == [
        "工单 WO-20260101-0001 · " + CATALOG.service_levels[3].label.zh + " · 待派单",
        "  故障  一号生活水泵：轴承劣化（警告）",
        "  地点  s1 / 1 号楼 / B1 / 水泵房 · P-1",
        "  原因  " + PUMP.fault_modes["PMP-BEAR"].cause.zh,
        "  证据  轴承温度 84.25 °C，连续 10 min 高于限值 80 °C（工程经验值）",
        "  处理  " + PUMP.fault_modes["PMP-BEAR"].action.zh,
        "  工种  机修工",
        "  备件  轴承",
        "  时限  完成 2026-01-02 08:00",
    ]


PLANNED = replace(
    a_bearing_order(),
    origin=Origin.FORECAST,
    status=WorkOrderStatus.PLANNED,
    urgency=2,
    deadlines={},
    planned_for=datetime(2026, 1, 8, 14, tzinfo=UTC),
    planned_until=datetime(2026, 1, 8, 22, tzinfo=UTC),
)


def test_a_planned_order_shows_its_window_and_no_hurry_before_it_is_due() -> None:
    level = "Basic living (water, power): resolved within 2 h"
    lines = order_text(PLANNED, CATALOG, None, Language.EN, SHANGHAI).splitlines()
    assert lines[0] == "Work order WO-20260101-0001 · planned"
    assert lines[-2:] == [
        "  Planned    2026-01-08 22:00 – 2026-01-09 06:00",
        f"  By when    in that window; once an alarm makes it due: {level}",
    ]
    document = order_document(PLANNED, CATALOG, None, Language.EN, SHANGHAI)
    assert document["urgency_label"] == f"{level}, counted once it is due"
    assert order_text(PLANNED, CATALOG, None, Language.ZH_CN, SHANGHAI).endswith(
        "  计划  2026-01-08 22:00 – 2026-01-09 06:00\n"
        "  时限  计划时段内；出现告警即到期：影响基本生活（水、电）：2 小时内解决"
    )


def test_a_plan_that_an_alarm_made_due_has_its_service_level_and_deadlines() -> None:
    due = replace(PLANNED, status=WorkOrderStatus.OPEN, deadlines={"finish": datetime(2026, 1, 3, tzinfo=UTC)})
    said = order_text(due, CATALOG, None, Language.EN, SHANGHAI)
    assert said.startswith("Work order WO-20260101-0001 · Basic living (water, power): resolved within 2 h · open\n")
    assert said.endswith("By when    finish 2026-01-03 08:00")
    assert "once" not in str(order_document(due, CATALOG, None, Language.EN, SHANGHAI)["urgency_label"])


def test_a_plan_that_was_withdrawn_promises_nothing() -> None:
    gone = replace(PLANNED, status=WorkOrderStatus.CANCELLED)
    assert order_text(gone, CATALOG, None, Language.EN, SHANGHAI).endswith("By when    no deadline")


def test_the_evidence_of_a_silence_names_no_limit() -> None:
    silence = Silence(heard_at_ms=0, silent_s=30.0, interval_s=10.0)
    document = evidence_document(replace(an_evidence(), silence=silence), PUMP, Language.EN, SHANGHAI)
    assert (document["comparison"], document["limit"], document["clear_limit"]) == (None, None, None)
    assert document["silence"] is not None
