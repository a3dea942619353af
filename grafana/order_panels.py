"""Panels about work orders, for the overview and for each type."""

from collections.abc import Iterable, Mapping, Sequence

from grafana.influxql import Scope
from grafana.order_queries import (
    count_ended,
    count_open_orders,
    count_opened,
    newest_events,
    open_orders,
    opened_by_fault,
    opened_over_time,
    riskiest,
)
from grafana.panels import alarming_thresholds, cell, map_values, override, rows, series, stat, table, time_series
from grafana.words import EVENT_NAMES, URGENCY_COLOURS, VERDICT_NAMES, Json, board_link
from iot_maint.domain.catalog import EquipmentType, ServiceLevel

LEAST_URGENT = 4
# An order of urgency 1 weighs as much as eight that can wait.
WEIGHTS = ((1, 8), (2, 4), (3, 2), (4, 1))
_TOP = 10
_NEWEST = 50
_STANDS = "每台设备每种故障至多一张未关闭工单，以其最新事件判断；不受时间范围限制。"
_HIDDEN = ("Time", "time")


def count_tiles(scope: Scope) -> list[Json]:
    """How many orders are open, and how many were opened."""
    return [
        _count("未关闭：紧急度 1", count_open_orders(scope, most_urgent=1), _STANDS, "red"),
        _count("未关闭：紧急度 1–2", count_open_orders(scope, most_urgent=2), _STANDS, "orange"),
        _count("未关闭：全部", count_open_orders(scope, most_urgent=LEAST_URGENT), _STANDS, "yellow"),
        _count("时间范围内新开工单", count_opened(scope), "时间范围内开立的工单数。", "yellow"),
    ]


def open_orders_table(
    title: str, scope: Scope, types: Sequence[EquipmentType], levels: Mapping[int, ServiceLevel], *, most_urgent: int
) -> Json:
    """The orders that stand, newest event first."""
    return table(
        title,
        [rows(open_orders(scope, most_urgent=most_urgent))],
        description=_STANDS + "时间为最新事件的时间。点击设备可打开所属类型的看板。",
        columns=["Time", "urgency", "number", "title", "equipment", "fault_mode", "event", "site"],
        overrides=_order_columns(types, levels, time="最新事件"),
        sort_by=("最新事件", True),
    )


def newest_events_table(scope: Scope, types: Sequence[EquipmentType], levels: Mapping[int, ServiceLevel]) -> Json:
    """What happened to orders lately."""
    return table(
        "工单事件",
        [rows(newest_events(scope, limit=_NEWEST))],
        description=f"时间范围内最新的 {_NEWEST} 条工单事件。",
        columns=["Time", "event", "urgency", "number", "title", "equipment", "fault_mode", "site"],
        overrides=_order_columns(types, levels, time="时间"),
        sort_by=("时间", True),
    )


def opened_bars(scope: Scope, levels: Mapping[int, ServiceLevel]) -> Json:
    """When orders were opened."""
    return time_series(
        "新开工单",
        [series(opened_over_time(scope), alias="$tag_urgency")],
        description="每个时间间隔内开立的工单数，按开立时的紧急度分色。",
        defaults={"noValue": "0", "decimals": 0, "min": 0},
        custom={"drawStyle": "bars", "fillOpacity": 80, "stacking": {"mode": "normal", "group": "A"}},
        calcs=("sum",),
        overrides=[
            override(str(urgency), displayName=name, color={"mode": "fixed", "fixedColor": URGENCY_COLOURS[urgency]})
            for urgency, name in _urgency_names(levels).items()
        ],
        interval="10m",
    )


def verdict_tiles(scope: Scope) -> Json:
    """What people found where orders had sent them."""
    return stat(
        "预防性工单结论",
        [
            series(count_ended(verdict, scope), alias=name, ref=ref)
            for ref, (verdict, name) in zip("ABCDE", VERDICT_NAMES.items(), strict=True)
        ],
        description="时间范围内结束的预防性工单，按现场判定计数；重新打开后再次结束的计两次。"
        "精确率与覆盖率见 /api/v1/rules/precision。",
        defaults={"decimals": 0},
        no_value="0",
    )


def riskiest_table(scope: Scope, types: Sequence[EquipmentType]) -> Json:
    """Which equipment wants attention most."""
    weights = "、".join(f"紧急度 {urgency} 计 {weight} 分" for urgency, weight in WEIGHTS)
    return table(
        f"风险最高的设备（前 {_TOP}）",
        [rows(riskiest(scope, WEIGHTS, limit=_TOP))],
        description=f"时间范围内开立的工单，按开立时的紧急度加权：{weights}。",
        columns=["equipment", "risk"],
        hidden=_HIDDEN,
        overrides=[
            override("equipment", displayName="设备", links=_board_links(types)),
            override(
                "risk", displayName="风险分", decimals=0, min=0, color={"mode": "continuous-YlRd"}, **cell("gauge")
            ),
        ],
        sort_by=("风险分", True),
    )


def faults_table(scope: Scope, type_: EquipmentType) -> Json:
    """Which faults open the most orders."""
    return table(
        "故障分布",
        [rows(opened_by_fault(scope))],
        description="时间范围内开立的工单数，按故障模式，从多到少。",
        columns=["fault_mode", "orders"],
        hidden=_HIDDEN,
        overrides=[
            override("fault_mode", displayName="故障", mappings=[_fault_names([type_])]),
            override(
                "orders", displayName="工单数", decimals=0, min=0, color={"mode": "continuous-YlRd"}, **cell("gauge")
            ),
        ],
        sort_by=("工单数", True),
    )


def _count(title: str, query: str, description: str, colour: str) -> Json:
    return stat(
        title,
        [series(query, alias=title)],
        description=description,
        defaults={"thresholds": alarming_thresholds(colour), "decimals": 0},
        no_value="0",
    )


def _order_columns(types: Sequence[EquipmentType], levels: Mapping[int, ServiceLevel], *, time: str) -> list[Json]:
    urgencies: dict[str, Json] = {
        str(urgency): {"text": name, "color": URGENCY_COLOURS[urgency]}
        for urgency, name in _urgency_names(levels).items()
    }
    events: dict[str, Json] = {event: {"text": name} for event, name in EVENT_NAMES.items()}
    return [
        override("Time", displayName=time, custom__width=170),
        override("urgency", displayName="紧急度", mappings=[map_values(urgencies)], **cell("background")),
        override("number", displayName="工单号", custom__width=170),
        override("title", displayName="标题"),
        override("equipment", displayName="设备", links=_board_links(types)),
        override("fault_mode", displayName="故障", mappings=[_fault_names(types)]),
        override("event", displayName="事件", mappings=[map_values(events)]),
        override("site", displayName="站点"),
    ]


def _board_links(types: Iterable[EquipmentType]) -> list[Json]:
    """An event does not say the type: the reader chooses where there are several."""
    return [board_link(type_, f"在“{type_.label.zh}”看板查看", of="fields") for type_ in types]


def _fault_names(types: Iterable[EquipmentType]) -> Json:
    modes = {code: mode for type_ in types for code, mode in type_.fault_modes.items()}
    return map_values({code: {"text": mode.label.zh} for code, mode in modes.items()})


def _urgency_names(levels: Mapping[int, ServiceLevel]) -> dict[int, str]:
    """The four-level profile's words, without the deadlines behind the colon; those may be another profile's."""
    return {urgency: f"{urgency} {level.label.zh.partition(':')[0]}" for urgency, level in levels.items()}
