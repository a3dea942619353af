"""Names and texts that several boards share."""

from collections.abc import Mapping

from iot_maint.domain.catalog import EquipmentType, Severity
from iot_maint.domain.verdicts import Verdict
from iot_maint.domain.work_orders import EntryKind, Transition

Json = dict[str, object]

# The data source of provisioning/datasources, by the identity that it is given there.
DATASOURCE: Json = {"type": "influxdb", "uid": "iot-maint-influxdb"}
OVERVIEW_UID = "iot-maint-overview"
QUALITY_UID, QUALITY_TITLE = "iot-maint-data-quality", "数据质量"
NO_DATA = "无数据"
ONLY_THIS = "只看此设备"
UNKNOWN_COLOUR = "transparent"

SEVERITY_COLOURS: Mapping[Severity, str] = {Severity.WARNING: "orange", Severity.CRITICAL: "red"}
SEVERITY_NAMES: Mapping[Severity, str] = {Severity.WARNING: "警告", Severity.CRITICAL: "严重"}
URGENCY_COLOURS: Mapping[int, str] = {1: "red", 2: "orange", 3: "yellow", 4: "blue"}

# A person's steps and what rules do to an order are both events of it; two of them are called alike in English only.
EVENT_NAMES: Mapping[str, str] = {
    EntryKind.OPENED: "开立",
    EntryKind.EVIDENCE_ADDED: "补充证据",
    EntryKind.URGENCY_RAISED: "紧急度升高",
    EntryKind.ALARM_EASED: "告警减轻",
    EntryKind.ALARM_CLEARED: "告警解除",
    EntryKind.REOPENED: "故障再现，重新打开",
    EntryKind.JUDGED: "判定",
    EntryKind.ALARM_FLAPPING: "告警抖动",
    EntryKind.FAULT_STAYED_AWAY: "故障未再现",
    EntryKind.REPAIR_UNSEEN: "维修后无遥测",
    EntryKind.FAULT_STANDS: "故障仍在",
    EntryKind.PLANNED: "按预测计划",
    EntryKind.MOVED: "改期",
    EntryKind.MADE_DUE: "计划到期",
    EntryKind.WITHDRAWN: "撤销计划",
    EntryKind.FORECAST_ADDED: "新增预测",
    Transition.DISPATCH: "派工",
    Transition.ACKNOWLEDGE: "接单",
    Transition.ARRIVE: "到场",
    Transition.PAUSE: "暂停",
    Transition.RESUME: "恢复",
    Transition.COMPLETE: "完工",
    Transition.VERIFY: "验收",
    Transition.CLOSE: "关闭",
    Transition.REOPEN: "人工重新打开",
    Transition.CANCEL: "取消",
}
# As the points of an order's end carry it.
VERDICT_NAMES: Mapping[str, str] = {
    Verdict.REAL_FAULT.value: "真故障",
    Verdict.FALSE_ALARM.value: "误报",
    Verdict.SENSOR_FAULT.value: "传感器故障",
    Verdict.NOT_FOUND.value: "未发现",
    "unjudged": "未判定",
}
# After one of these an order is no longer open.
ENDING_EVENTS = (Transition.CLOSE.value, Transition.CANCEL.value, EntryKind.WITHDRAWN.value)


def board_uid(type_: EquipmentType) -> str:
    """Grafana takes at most 40 characters; ValueError beyond, and for what another board is called."""
    uid = f"iot-maint-{type_.name.replace('_', '-')}"
    if len(uid) > 40:
        raise ValueError(f"{type_.name}: a board's uid has at most 40 characters, {uid} has {len(uid)}")
    if uid in (OVERVIEW_UID, QUALITY_UID):
        raise ValueError(f"{type_.name}: {uid} is another board's uid, and two files with one stop Grafana's loading")
    return uid


def short(text: str) -> str:
    """A name without its remarks in brackets: for column heads and inside sentences."""
    return text.partition("(")[0].strip()


def board_link(type_: EquipmentType, title: str, *, of: str) -> Json:
    """To the type's board with that one piece of equipment; `of` a series' `labels` or a table row's `fields`."""
    equipment = "${__field.labels.equipment}" if of == "labels" else "${__data.fields.equipment}"
    url = f"/d/{board_uid(type_)}?${{site:queryparam}}&var-equipment={equipment}&${{__url_time_range}}"
    return {"title": title, "url": url, "targetBlank": False}
