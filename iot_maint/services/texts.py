"""The words that no catalog holds: names of statuses, severities and steps, in both languages."""

from collections.abc import Mapping

from iot_maint.domain.alarms import AlarmStatus, Wait
from iot_maint.domain.catalog import BasisKind, Severity, Text
from iot_maint.domain.equipment import EquipmentStatus
from iot_maint.domain.feedback import Advice
from iot_maint.domain.platform_alarms import PlatformAlarmKind
from iot_maint.domain.sources import Source
from iot_maint.domain.verdicts import Verdict
from iot_maint.domain.work_orders import EntryKind, Origin, Transition, WorkOrderStatus
from iot_maint.rules.applicability import RuleStanding

SEVERITIES: Mapping[Severity, Text] = {
    Severity.WARNING: Text(zh="警告", en="warning"),
    Severity.CRITICAL: Text(zh="严重", en="critical"),
}

ORDER_STATUSES: Mapping[WorkOrderStatus, Text] = {
    WorkOrderStatus.PLANNED: Text(zh="已计划", en="planned"),
    WorkOrderStatus.OPEN: Text(zh="待派单", en="open"),
    WorkOrderStatus.DISPATCHED: Text(zh="已派单", en="dispatched"),
    WorkOrderStatus.ACKNOWLEDGED: Text(zh="已接单", en="acknowledged"),
    WorkOrderStatus.IN_PROGRESS: Text(zh="处理中", en="in progress"),
    WorkOrderStatus.PAUSED: Text(zh="已暂停", en="paused"),
    WorkOrderStatus.COMPLETED: Text(zh="已完工", en="completed"),
    WorkOrderStatus.VERIFIED: Text(zh="已验收", en="verified"),
    WorkOrderStatus.CLOSED: Text(zh="已关闭", en="closed"),
    WorkOrderStatus.CANCELLED: Text(zh="已取消", en="cancelled"),
}

TRANSITIONS: Mapping[Transition, Text] = {
    Transition.DISPATCH: Text(zh="派单", en="dispatched"),
    Transition.ACKNOWLEDGE: Text(zh="接单", en="acknowledged"),
    Transition.ARRIVE: Text(zh="到场", en="arrived"),
    Transition.PAUSE: Text(zh="暂停", en="paused"),
    Transition.RESUME: Text(zh="恢复", en="resumed"),
    Transition.COMPLETE: Text(zh="完工", en="completed"),
    Transition.VERIFY: Text(zh="验收", en="verified"),
    Transition.CLOSE: Text(zh="关闭", en="closed"),
    Transition.REOPEN: Text(zh="重新打开", en="reopened"),
    Transition.CANCEL: Text(zh="取消", en="cancelled"),
}

ENTRIES: Mapping[EntryKind, Text] = {
    EntryKind.OPENED: Text(zh="开单", en="opened"),
    EntryKind.EVIDENCE_ADDED: Text(zh="新增证据", en="evidence added"),
    EntryKind.URGENCY_RAISED: Text(zh="紧急程度升级", en="urgency raised"),
    EntryKind.ALARM_EASED: Text(zh="部分告警已恢复", en="alarm eased"),
    EntryKind.ALARM_CLEARED: Text(zh="告警已恢复", en="alarm cleared"),
    EntryKind.REOPENED: Text(zh="故障再现，重新打开", en="fault is back, reopened"),
    EntryKind.PLANNED: Text(zh="按预测计划", en="planned by a forecast"),
    EntryKind.MOVED: Text(zh="改期", en="moved"),
    EntryKind.MADE_DUE: Text(zh="已发生告警，立即处理", en="due: the alarm is here"),
    EntryKind.WITHDRAWN: Text(zh="趋势消失，撤销", en="withdrawn: the trend is gone"),
    EntryKind.FORECAST_ADDED: Text(zh="新增预测", en="forecast added"),
    EntryKind.TRANSITION: Text(zh="处理", en="step"),
    EntryKind.JUDGED: Text(zh="判定", en="judged"),
    EntryKind.ALARM_FLAPPING: Text(zh="告警反复抖动，合并为一条", en="the alarm comes and goes, kept as one"),
    EntryKind.SYMPTOM: Text(zh="并入本单", en="kept under this order"),
    EntryKind.FAULT_STAYED_AWAY: Text(zh="维修后观察期内故障未再现", en="the fault stayed away after the repair"),
    EntryKind.REPAIR_UNSEEN: Text(
        zh="维修后观察期内无相关遥测，未能确认", en="no telemetry after the repair, so nothing could be confirmed"
    ),
    EntryKind.FAULT_STANDS: Text(
        zh="维修后故障仍在，由同一故障的另一张工单处理", en="the fault still stands; another order of it is open"
    ),
}

VERDICTS: Mapping[Verdict, Text] = {
    Verdict.REAL_FAULT: Text(zh="真故障", en="real fault"),
    Verdict.FALSE_ALARM: Text(zh="误报", en="false alarm"),
    Verdict.SENSOR_FAULT: Text(zh="传感器故障", en="sensor fault"),
    Verdict.NOT_FOUND: Text(zh="未发现", en="nothing found"),
}
REVIEW = Text(
    zh="近 {days} 天判定 {judged} 张工单，{confirmed} 张属实，精确率 {precision}，低于 {below}，请复核",
    en="of {judged} orders judged in {days} days {confirmed} were right: precision {precision}, below {below}",
)
ADVICE: Mapping[Advice, Text] = {
    Advice.SUGGESTED: Text(
        zh="建议限值 {limit}：{false} 张不属实工单中可避免 {avoided} 张，{kept} 张属实工单全部保留",
        en="suggested limit {limit}: it spares {avoided} of {false} false orders and keeps all {kept} right ones",
    ),
    Advice.SUGGESTED_BLINDLY: Text(
        zh="建议限值 {limit}：可避免全部 {false} 张不属实工单；期间没有属实工单，无从知道会不会漏报",
        en="suggested limit {limit} spares all {false} false orders; none was right: nothing tells what it misses",
    ),
    Advice.NO_LIMIT_PARTS: Text(
        zh="没有限值能区分：避免全部不属实工单的限值 {limit} 会漏掉 {real} 张属实工单中的 {lost} 张",
        en="no limit parts them: {limit}, which spares all false orders, would lose {lost} of {real} right ones",
    ),
    Advice.OWN_LIMITS: Text(
        zh="不属实工单出自比目录更严的自定限值，请检查相关设备的限值",
        en="the false orders came from limits of their own that are tighter than the catalog's: look at those",
    ),
    Advice.NOT_SOUND: Text(
        zh="限值 {limit} 可避免 {avoided} 张不属实工单，但不可用：{reason}",
        en="limit {limit} would spare {avoided} false orders, but cannot be set: {reason}",
    ),
    Advice.NO_LIMIT_TO_SET: Text(
        zh="此来源没有可调的限值，请检查其适用范围或模型",
        en="this source has no limit to set: look at where it applies, or at its model",
    ),
    Advice.NO_EVIDENCE: Text(zh="证据中没有可比较的数值", en="the evidence holds no values to compare"),
}

SOURCES: Mapping[Source, Text] = {
    Source.RULE: Text(zh="规则", en="rules"),
    Source.MODEL: Text(zh="检测模型", en="detectors"),
    Source.FORECAST: Text(zh="预测", en="forecasts"),
}
NOT_JUDGED = Text(zh="未判定", en="not judged")
ONCE_DUE = Text(zh="到期起计：{level}", en="{level}, counted once it is due")

ORIGINS: Mapping[Origin, Text] = {
    Origin.ALARM: Text(zh="告警", en="alarm"),
    Origin.FORECAST: Text(zh="预测", en="forecast"),
    Origin.PLAN: Text(zh="保养计划", en="maintenance plan"),
    Origin.REPORT: Text(zh="报修", en="report"),
    Origin.MANUAL: Text(zh="人工", en="manual"),
}

EQUIPMENT_STATUSES: Mapping[EquipmentStatus, Text] = {
    EquipmentStatus.UNREGISTERED: Text(zh="未登记", en="unregistered"),
    EquipmentStatus.IN_SERVICE: Text(zh="在用", en="in service"),
    EquipmentStatus.UNDER_MAINTENANCE: Text(zh="维修中", en="under maintenance"),
    EquipmentStatus.STOPPED: Text(zh="停用", en="stopped"),
    EquipmentStatus.RETIRED: Text(zh="报废", en="retired"),
}

ALARM_STATUSES: Mapping[AlarmStatus, Text] = {
    AlarmStatus.ACTIVE: Text(zh="未确认", en="active"),
    AlarmStatus.ACKNOWLEDGED: Text(zh="已确认", en="acknowledged"),
    AlarmStatus.CLEARED_UNACKNOWLEDGED: Text(zh="已恢复，未确认", en="cleared, never acknowledged"),
    AlarmStatus.CLEARED: Text(zh="已恢复", en="cleared"),
}

HELD_BACK: Mapping[Wait, Text] = {
    Wait.CAUSE: Text(zh="已并入其他工单，暂不单独派单", en="kept under another order, none of its own yet"),
    Wait.LOCKOUT: Text(zh="设备维修中，暂不派单", en="the equipment is under repair, no order yet"),
}

PLATFORM_ALARMS: Mapping[PlatformAlarmKind, Text] = {
    PlatformAlarmKind.BROKER_AWAY: Text(zh="消息代理不可达", en="broker away"),
    PlatformAlarmKind.TELEMETRY_STORE_AWAY: Text(zh="时序库不可用", en="telemetry store away"),
    PlatformAlarmKind.TELEMETRY_STORE_REFUSES: Text(zh="时序库拒绝访问", en="telemetry store refuses us"),
    PlatformAlarmKind.DATABASE_AWAY: Text(zh="关系数据库不可用", en="database away"),
    PlatformAlarmKind.SPOOL_NEARLY_FULL: Text(zh="暂存将满", en="spool nearly full"),
    PlatformAlarmKind.SPOOL_FULL: Text(zh="暂存已满，停止接收", en="spool full, nothing is taken in"),
    PlatformAlarmKind.CLOCK_WRONG: Text(zh="本服务时钟有误", en="this service's clock is wrong"),
    PlatformAlarmKind.NOTHING_HEARD: Text(zh="多数网关同时无数据", en="most gateways fell silent at once"),
}

STANDINGS: Mapping[RuleStanding, Text] = {
    RuleStanding.RUNNING: Text(zh="运行中", en="running"),
    RuleStanding.LEARNING: Text(zh="学习自身基线中：已有 {detail} 天", en="learning its own base: {detail} days known"),
    RuleStanding.OTHER_KIND: Text(zh="仅适用于 {detail}", en="only for {detail}"),
    RuleStanding.OTHER_EQUIPMENT: Text(zh="仅用于设备 {detail}", en="only for equipment {detail}"),
    RuleStanding.MISSING_PARAMETER: Text(
        zh="未运行：缺少参数 {detail}", en="not running: parameter {detail} is missing"
    ),
    RuleStanding.DISABLED: Text(zh="已停用", en="switched off"),
    RuleStanding.ALONE: Text(
        zh="未运行：没有可比较的同组或上级设备", en="not running: no sibling or parent to compare with"
    ),
    RuleStanding.SAMPLED_TOO_SLOWLY: Text(zh="未运行：采样过慢", en="not running: sampled too slowly"),
}

DEADLINES: Mapping[str, Text] = {
    "dispatch": Text(zh="派单", en="dispatch"),
    "acknowledge": Text(zh="接单", en="acknowledge"),
    "arrive": Text(zh="到场", en="arrive"),
    "finish": Text(zh="完成", en="finish"),
}

YES, NO = Text(zh="是", en="yes"), Text(zh="否", en="no")
BASES: Mapping[str, Text] = {
    BasisKind.ENGINEERING_DEFAULT.value: Text(zh="工程经验值", en="engineering default"),
    BasisKind.OWN_LIMIT.value: Text(zh="本设备自定限值", en="this equipment's own limit"),
}
ASSUMED_RUNNING = Text(zh="运行状态未知，按运行中判断", en="the running state was unknown and taken as running")
# An alarm may also clear because its rule was switched off, lost its parameter, or its code was merged.
NO_LONGER_JUDGED = Text(zh="此规则在该设备上不再运行", en="the rule no longer runs on this equipment")
NO_LONGER_DECLARED = Text(zh="型号目录中已无 {code} 的说明", en="the catalog no longer describes {code}")
