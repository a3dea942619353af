"""Grafana's own alert rules: few, because faults are the service's to judge, and its silence is not."""

from collections.abc import Sequence

from grafana.order_queries import urgent_orders
from grafana.telemetry_queries import silent_sites
from grafana.words import DATASOURCE, Json
from iot_maint.domain.catalog import EquipmentType

# Not the boards' folder: that one is made with a uid of its own, and by whom first is not ours to say.
FOLDER = "设备维护告警"
_EXPRESSION: Json = {"type": "__expr__", "uid": "__expr__"}


def alert_rules(types: Sequence[EquipmentType]) -> Json:
    """The provisioning file."""
    return {
        "apiVersion": 1,
        "groups": [
            _group("上报", "5m", [_silent_site(types)]),
            _group("工单", "1m", [_urgent_order()]),
        ],
    }


def _silent_site(types: Sequence[EquipmentType]) -> Json:
    return _rule(
        uid="iot-maint-site-silent",
        title="站点停止上报",
        query=silent_sites(types),
        look_back_s=6 * 3600,
        reducer="last",
        evaluator={"type": "lt", "params": [0.1]},
        # With every site silent there is no series left to be low.
        no_data="Alerting",
        wait="5m",
        severity="critical",
        summary="站点 {{ $labels.site }} 已有 10 分钟以上没有任何设备上报",
        description="检查站点网络、网关和消息服务器；6 小时仍无数据时，本告警会因没有序列而自行恢复。",
    )


def _urgent_order() -> Json:
    return _rule(
        uid="iot-maint-urgent-order",
        title="紧急度 1 的工单",
        query=urgent_orders(),
        look_back_s=900,
        reducer="sum",
        evaluator={"type": "gt", "params": [0]},
        no_data="OK",
        wait="0s",
        severity="critical",
        summary="{{ $labels.site }} {{ $labels.equipment }} 出现紧急度 1 的工单（{{ $labels.fault_mode }}）",
        description="危及人身安全：30 分钟内到场。本告警在事件后 15 分钟内保持。",
    )


def _group(name: str, interval: str, rules: Sequence[Json]) -> Json:
    return {"orgId": 1, "name": name, "folder": FOLDER, "interval": interval, "rules": list(rules)}


def _rule(
    *,
    uid: str,
    title: str,
    query: str,
    look_back_s: int,
    reducer: str,
    evaluator: Json,
    no_data: str,
    wait: str,
    severity: str,
    summary: str,
    description: str,
) -> Json:
    """A: the query; B: one number a series; C: the condition."""
    span: Json = {"from": look_back_s, "to": 0}
    return {
        "uid": uid,
        "title": title,
        "condition": "C",
        "data": [
            {
                "refId": "A",
                "relativeTimeRange": span,
                "datasourceUid": DATASOURCE["uid"],
                "model": {
                    "refId": "A",
                    "datasource": DATASOURCE,
                    "rawQuery": True,
                    "resultFormat": "time_series",
                    "query": query,
                    "intervalMs": 60_000,
                    "maxDataPoints": 43_200,
                },
            },
            _expression("B", span, {"type": "reduce", "expression": "A", "reducer": reducer}),
            _expression("C", span, {"type": "threshold", "expression": "B", "conditions": [{"evaluator": evaluator}]}),
        ],
        "noDataState": no_data,
        "execErrState": "Error",
        "for": wait,
        "annotations": {"summary": summary, "description": description},
        "labels": {"severity": severity, "source": "iot-maint"},
    }


def _expression(ref: str, span: Json, model: Json) -> Json:
    return {
        "refId": ref,
        "relativeTimeRange": span,
        "datasourceUid": "__expr__",
        "model": {"refId": ref, "datasource": _EXPRESSION, **model},
    }
