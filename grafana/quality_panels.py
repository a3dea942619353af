"""Panels about the service itself: what it receives, refuses and keeps waiting."""

from collections.abc import Mapping

from grafana.panels import (
    alarming_thresholds,
    map_values,
    override,
    plain_thresholds,
    rows,
    series,
    stat,
    state_timeline,
    table,
)
from grafana.panels import time_series as curves
from grafana.quality_queries import (
    WORKER_ALIAS,
    column_of,
    gauge,
    growth,
    growth_by_label,
    newest,
    newest_figures,
    worst_by_label,
)
from grafana.reason_words import PLATFORM_ALARM_NAMES
from grafana.words import Json

# Counters come every 15 seconds; four of them make an interval.
INTERVAL = "1m"
# Figures of the data's quality come every five minutes.
FIGURES_INTERVAL = "10m"
FIGURES: Mapping[str, str] = {
    "completeness": "完整率",
    "lag_p95_s": "延迟 p95",
    "skew_s": "时钟偏差",
    "silent": "无数据",
    "frozen": "冻结",
    "out_of_range": "超出物理范围",
    "jumps": "跳变",
}
_UNITS: Mapping[str, Json] = {
    "completeness": {"unit": "percentunit", "decimals": 1},
    "lag_p95_s": {"unit": "s"},
    "skew_s": {"unit": "s"},
}
_CONNECTION = map_values({"0": {"text": "断开", "color": "red"}, "1": {"text": "已连接", "color": "green"}})

_ALARM = map_values({"0": {"text": "正常", "color": "green"}, "1": {"text": "告警", "color": "red"}})


def thresholds(below: str, colour: str, start: float) -> Json:
    """One colour, and another from `start` on."""
    return {"mode": "absolute", "steps": [{"color": below, "value": None}, {"color": colour, "value": start}]}


def connection_tile() -> Json:
    """Whether each worker is connected now."""
    return stat(
        "消息服务器连接",
        [series(newest("broker_connected"), alias=WORKER_ALIAS)],
        description="各接收进程最近一次报告的连接状态。进程已停止时，这里仍是它最后的状态。",
        defaults={
            "mappings": [_CONNECTION],
            "thresholds": thresholds("red", "green", 1),
        },
        color_mode="background",
    )


def connection_timeline() -> Json:
    """When it was not; the worst of each interval."""
    return state_timeline(
        "消息服务器连接状态",
        [series(gauge("broker_connected", "min"), alias=WORKER_ALIAS)],
        description="每个时间间隔内只要断开过就显示断开。空白表示接收进程没有报告：已停止，或时序库不可用。",
        mappings=[_CONNECTION],
        links=[],
        interval=INTERVAL,
    )


def platform_timeline() -> Json:
    """Which alarms of the platform itself stood; of any worker."""
    names = {f"max_platform_alarm_{kind}": text for kind, text in PLATFORM_ALARM_NAMES.items()}
    return state_timeline(
        "平台告警",
        [series(worst_by_label("platform_alarm"), alias="$col")],
        description="本服务自身的告警：消息服务器、存储、本地缓冲或时钟。任一接收进程有告警即显示；时序库不可用期间为空白。",
        mappings=[_ALARM],
        links=[],
        interval=INTERVAL,
        overrides=[override(column, displayName=text) for column, text in names.items()],
    )


def newest_tile(title: str, field: str, *, description: str, defaults: Json) -> Json:
    """The newest value of a gauge, one tile a worker."""
    return stat(
        title,
        [series(newest(field), alias=WORKER_ALIAS)],
        description=description,
        defaults=defaults,
    )


def growth_tile(title: str, counter: str, *, description: str) -> Json:
    """What was counted in the time range, by all workers together."""
    return stat(
        title,
        [series(growth(counter), alias=title)],
        description=description,
        defaults={"decimals": 0, "thresholds": alarming_thresholds("orange")},
        no_value="0",
    )


def worker_curves(title: str, query: str, *, description: str, unit: Json) -> Json:
    """A curve per worker."""
    return curves(
        title,
        [series(query, alias=WORKER_ALIAS)],
        description=description,
        defaults={"min": 0} | unit,
        custom={},
        calcs=("lastNotNull", "mean", "max"),
        interval=INTERVAL,
    )


def site_curves(title: str, query: str, *, description: str, unit: Json) -> Json:
    """A curve per site."""
    return curves(
        title,
        [series(query, alias="$tag_site")],
        description=description,
        defaults={"min": 0} | unit,
        custom={},
        calcs=("lastNotNull", "mean", "max"),
        interval=FIGURES_INTERVAL,
    )


def figures_table() -> Json:
    """How good the data of each piece of equipment is, the least complete first."""
    return table(
        "各设备的数据质量",
        [rows(newest_figures(FIGURES))],
        description="每台设备在时间范围内最近一次的质量数字，最不完整的在前。完整率为收到的读数除以应有的读数；"
        "时钟偏差为正表示设备的时钟快。各测点的明细见接口 /api/v1/equipment/{编码}/quality。",
        columns=["site", "equipment", *FIGURES],
        hidden=["Time"],
        overrides=[
            override("site", displayName="站点"),
            override("equipment", displayName="设备"),
            *(override(figure, displayName=text) for figure, text in FIGURES.items() if figure not in _UNITS),
            *(override(figure, displayName=FIGURES[figure], **unit) for figure, unit in _UNITS.items()),
        ],
        sort_by=(FIGURES["completeness"], False),
    )


def label_bars(title: str, counter: str, names: Mapping[str, str], *, description: str) -> Json:
    """Stacked bars by label, of all workers together; only labels that ever occurred."""
    return curves(
        title,
        [series(growth_by_label(counter), alias="$col")],
        description=description,
        defaults={"decimals": 0, "min": 0, "thresholds": plain_thresholds()},
        custom={"drawStyle": "bars", "fillOpacity": 80, "stacking": {"mode": "normal", "group": "A"}},
        calcs=("sum", "max"),
        overrides=[override(column_of(counter, label), displayName=text) for label, text in names.items()],
        interval=INTERVAL,
    )
