"""What the reasons are called for which messages are refused, values dropped and stores not reached, and the alarms."""

from collections.abc import Mapping

from iot_maint.ingest.own_counters import OTHER

REJECTION_NAMES: Mapping[str, str] = {
    "ahead": "时间超前于接收时间",
    "bad_timestamp": "时间无法理解",
    "bad_topic": "主题不符合约定",
    "internal_error": "本服务内部错误",
    "no_values": "没有可用的值",
    "not_json": "不是 JSON",
    "not_line_protocol": "不是行协议",
    "not_sparkplug": "不是 Sparkplug B",
    "not_utf8": "字符编码错误",
    "register_unread": "台账尚未读到",
    "site_mismatch": "站点与台账不符",
    "store_refused": "时序库拒收",
    "too_deep": "嵌套过深",
    "too_large": "消息过大",
    "too_many_metrics": "未知指标过多",
    "too_many_unregistered": "未登记设备过多",
    "too_many_values": "一条消息中的值过多",
    "too_old": "数据过旧",
    "unkeepable": "无法保存",
    "unknown_alias": "别名未声明",
    "wrong_identity": "身份不符",
    "wrong_shape": "结构不符合格式",
    OTHER: "其他",
}
DROP_NAMES: Mapping[str, str] = {
    "bad_metric_name": "指标名不合法",
    "empty_text": "空文本",
    "long_text": "文本过长",
    "nested": "值是嵌套结构",
    "not_finite": "不是有限的数",
    "null": "空值",
    "sentinel": "表示无读数的约定值",
    "text": "文本不在枚举之内",
    "unknown_key": "未知的键",
    "unprintable_text": "文本含不可打印字符",
    OTHER: "其他",
}
PLATFORM_ALARM_NAMES: Mapping[str, str] = {
    "broker_away": "消息服务器不可达",
    "clock_wrong": "本服务时钟有误",
    "nothing_heard": "多数网关同时无数据",
    "database_away": "关系数据库不可用",
    "spool_full": "本地缓冲已满",
    "spool_nearly_full": "本地缓冲将满",
    "telemetry_store_away": "时序库不可用",
    "telemetry_store_refuses": "时序库拒绝访问",
}
STORE_NAMES: Mapping[str, str] = {
    "database": "关系数据库",
    "spool": "本地缓冲",
    "telemetry": "时序库",
    OTHER: "其他",
}
