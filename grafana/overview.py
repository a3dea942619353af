"""The first board of the day: what is open, who is silent, what happened."""

from collections.abc import Sequence

from grafana.fleet_panels import (
    arriving_values,
    newest_value_table,
    reporting_lately_tile,
    reporting_tile,
    unregistered_table,
)
from grafana.grid import Line, Section, line, lines, place
from grafana.influxql import ON_SITE
from grafana.order_panels import (
    count_tiles,
    newest_events_table,
    open_orders_table,
    opened_bars,
    riskiest_table,
    verdict_tiles,
)
from grafana.shell import board, links_between, variable
from grafana.telemetry_queries import sites
from grafana.words import OVERVIEW_UID, Json
from iot_maint.domain.catalog import Catalog, EquipmentType


def overview(catalog: Catalog) -> Json:
    """The board over all types of the catalog."""
    types = list(catalog.types.values())
    return board(
        OVERVIEW_UID,
        "设备维护总览",
        place([_orders(catalog, types), _reporting(types), _happened(catalog, types)]),
        description="未关闭的紧急工单、风险最高的设备、上报情况与工单事件。数据全部来自时序库。",
        variables=[variable("site", "站点", sites())],
        scope=ON_SITE,
        links=links_between(types, of=OVERVIEW_UID),
        time_from="now-24h",
    )


def _orders(catalog: Catalog, types: Sequence[EquipmentType]) -> Section:
    urgent = open_orders_table("未关闭的紧急工单（紧急度 1–2）", ON_SITE, types, catalog.service_levels, most_urgent=2)
    return Section(
        title="工单",
        lines=[
            line(*count_tiles(ON_SITE), height=4),
            Line(panels=[urgent, riskiest_table(ON_SITE, types)], height=9, widths=[17, 7]),
        ],
    )


def _reporting(types: Sequence[EquipmentType]) -> Section:
    tiles = [
        tile
        for type_ in types
        for tile in (reporting_tile(type_, ON_SITE, named=True), reporting_lately_tile(type_, ON_SITE, named=True))
    ]
    tables = [*(newest_value_table(type_, ON_SITE) for type_ in types), unregistered_table(ON_SITE)]
    return Section(
        title="设备上报",
        lines=[
            *lines(tiles, height=4, across=6),
            *lines(tables, height=9, across=4),
            line(arriving_values(types), height=8),
        ],
    )


def _happened(catalog: Catalog, types: Sequence[EquipmentType]) -> Section:
    return Section(
        title="工单事件",
        lines=[
            line(opened_bars(ON_SITE, catalog.service_levels), height=8),
            line(verdict_tiles(ON_SITE), height=4),
            line(newest_events_table(ON_SITE, types, catalog.service_levels), height=10),
        ],
    )
