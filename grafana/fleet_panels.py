"""Panels about who reports, and how lately."""

from collections.abc import Sequence

from grafana.influxql import ON_SITE, Scope
from grafana.panels import override, rows, series, stat, table, time_series
from grafana.telemetry_queries import (
    count_reporting,
    count_values,
    newest_time,
    newest_time_of_sites,
    newest_unregistered,
)
from grafana.words import ONLY_THIS, Json, board_link
from iot_maint.domain.catalog import EquipmentType

_LATELY = "15m"


def reporting_tile(type_: EquipmentType, scope: Scope, *, named: bool) -> Json:
    """How many pieces of equipment of the type sent anything in the time range; `named`: the title says of which."""
    title = f"{type_.label.zh}：上报设备" if named else "上报设备"
    return stat(
        title,
        [series(count_reporting(type_, scope), alias=title)],
        description="时间范围内至少上报过一个值的设备数。台账中的设备总数不在时序库内。",
        defaults={"decimals": 0},
        no_value="0",
    )


def reporting_lately_tile(type_: EquipmentType, scope: Scope, *, named: bool) -> Json:
    """The same for the last minutes: the difference is off line."""
    title = f"{type_.label.zh}：近 15 分钟上报" if named else "近 15 分钟上报"
    return stat(
        title,
        [series(count_reporting(type_, scope), alias=title)],
        description="最近 15 分钟内至少上报过一个值的设备数。少于“上报设备”的部分已离线。",
        defaults={"decimals": 0},
        no_value="0",
        time_from=_LATELY,
    )


def newest_value_table(type_: EquipmentType, scope: Scope) -> Json:
    """Who has been silent the longest."""
    return table(
        f"{type_.label.zh}：最近一次上报",
        [rows(newest_time(type_, scope))],
        description="每台设备在时间范围内最近一次上报任一指标的时间，最久未上报的在前。整个时间范围内无数据的设备不在表中。",
        columns=["site", "equipment", "Time"],
        hidden=["v"],
        overrides=[
            override("site", displayName="站点"),
            override("equipment", displayName="设备", links=[board_link(type_, ONLY_THIS, of="fields")]),
            override("Time", displayName="最近一次上报", unit="dateTimeFromNow"),
        ],
        sort_by=("最近一次上报", False),
    )


def newest_site_table(type_: EquipmentType) -> Json:
    """Of each site, how lately anything of the type reported."""
    return table(
        f"{type_.label.zh}：各站点最近上报",
        [rows(newest_time_of_sites(type_))],
        description="每个站点在时间范围内最近一次收到该类型任一设备数据的时间，最久未上报的在前。整个时间范围内无数据的站点不在表中。",
        columns=["site", "Time"],
        hidden=["v"],
        overrides=[
            override("site", displayName="站点"),
            override("Time", displayName="最近一次上报", unit="dateTimeFromNow"),
        ],
        sort_by=("最近一次上报", False),
    )


def unregistered_table(scope: Scope) -> Json:
    """Codes that send but are not in the register."""
    return table(
        "未登记设备：最近一次上报",
        [rows(newest_unregistered(scope))],
        description="正在上报但不在台账中的编码：请在服务中确认为新设备，或并入已有设备。未登记设备不产生工单。",
        columns=["site", "equipment", "Time"],
        overrides=[
            override("site", displayName="站点"),
            override("equipment", displayName="编码"),
            override("Time", displayName="最近一次上报", unit="dateTimeFromNow"),
        ],
        sort_by=("最近一次上报", True),
        only=True,
    )


def arriving_values(types: Sequence[EquipmentType]) -> Json:
    """How much arrives, by type: a gap in all of them is the service's or the broker's."""
    return time_series(
        "上报数据量",
        [
            series(count_values(type_, ON_SITE), alias=type_.label.zh, ref=_ref(index))
            for index, type_ in enumerate(types)
        ],
        description="每个时间间隔内入库的数值个数。全部类型同时中断，多为网络、消息服务器或本服务的问题。",
        defaults={"decimals": 0, "min": 0},
        custom={},
        calcs=("lastNotNull", "mean"),
        interval="2m",
    )


def _ref(index: int) -> str:
    return chr(ord("A") + index)
