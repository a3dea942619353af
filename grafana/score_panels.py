"""What the detectors say of a type's equipment: the scores over time, and what drives the newest ones."""

from grafana.influxql import IN_RANGE, ON_EQUIPMENT, call, name, select
from grafana.panels import override, rows, series, table, time_series
from grafana.telemetry_queries import trend
from grafana.words import ONLY_THIS, Json, board_link
from iot_maint.domain.catalog import EquipmentType

MEASUREMENT = "anomaly"
_SCALE = (
    "刻度对所有检测器相同：评分 3 表示健康时约 1000 次中才有 1 次这么高，4 表示 10000 次中 1 次。没有模型的设备不出现。"
)


def score_trend(type_: EquipmentType) -> Json:
    """A curve per equipment."""
    return time_series(
        "异常评分",
        [series(trend(MEASUREMENT, "score", function="max"), alias="$tag_equipment")],
        description=f"各设备在用模型的异常评分，每个时间段取最大值。{_SCALE}",
        defaults={"links": [board_link(type_, ONLY_THIS, of="labels")], "min": 0},
        custom={"axisSoftMax": 4},
        calcs=("lastNotNull", "max"),
        interval="5m",
    )


def score_table(type_: EquipmentType) -> Json:
    """A row per equipment: its newest score and the metric that drove it most."""
    newest = select(
        [call("last", "score", named="score"), name("top_metric")],
        name(MEASUREMENT),
        where=(*ON_EQUIPMENT, IN_RANGE),
        group_by=[name("site"), name("equipment"), name("detector")],
    )
    labels = {metric.name: {"text": metric.label.zh} for metric in type_.metrics.values()}
    return table(
        "异常评分：最近一次",
        [rows(newest)],
        description=f"时间范围内每台设备最近一次大于 0 的评分，以及影响最大的测点。{_SCALE}",
        columns=["site", "equipment", "detector", "score", "top_metric"],
        hidden=["Time"],
        overrides=[
            override("site", displayName="站点"),
            override("equipment", displayName="设备", links=[board_link(type_, ONLY_THIS, of="fields")]),
            override("detector", displayName="检测器"),
            override("score", displayName="评分", decimals=2),
            override("top_metric", displayName="主要测点", mappings=[{"type": "value", "options": labels}]),
        ],
        sort_by=("评分", True),
    )
