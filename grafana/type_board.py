"""The board of one equipment type, from nothing but its catalog entry."""

from collections.abc import Sequence

from grafana.fleet_panels import newest_value_table, reporting_lately_tile, reporting_tile
from grafana.grid import Line, Section, line, lines, place
from grafana.influxql import ON_EQUIPMENT
from grafana.metric_panels import fleet_table, is_rare, panel_of, running_tiles
from grafana.order_panels import LEAST_URGENT, count_tiles, faults_table, open_orders_table
from grafana.score_panels import score_table, score_trend
from grafana.sections import Group, group_metrics, shows_state
from grafana.shell import board, links_between, variable
from grafana.telemetry_queries import equipment_of, sites
from grafana.words import Json, board_uid
from iot_maint.domain.catalog import RUNNING, Catalog, EquipmentType


def type_board(catalog: Catalog, type_: EquipmentType) -> Json:
    """Orders and faults, the fleet at a glance, then every metric."""
    return board(
        board_uid(type_),
        f"{type_.label.zh}看板",
        place(
            [
                _glance(catalog, type_),
                _scores(type_),
                *(_group(type_, group) for group in group_metrics(type_)),
                _silence(type_),
            ]
        ),
        description=f"{type_.label.zh}的工单、设备一览与全部指标；色带和说明中的限值来自设备类型目录。",
        variables=[
            variable("site", "站点", sites(type_.name)),
            variable("equipment", "设备", equipment_of(type_.name)),
        ],
        scope=ON_EQUIPMENT,
        links=links_between(list(catalog.types.values()), of=board_uid(type_)),
        time_from="now-6h",
    )


def _glance(catalog: Catalog, type_: EquipmentType) -> Section:
    tiles = [
        reporting_tile(type_, ON_EQUIPMENT, named=False),
        reporting_lately_tile(type_, ON_EQUIPMENT, named=False),
        *count_tiles(ON_EQUIPMENT),
    ]
    orders = open_orders_table("未关闭工单", ON_EQUIPMENT, [type_], catalog.service_levels, most_urgent=LEAST_URGENT)
    shown = [
        line(*tiles, height=4),
        Line(panels=[orders, faults_table(ON_EQUIPMENT, type_)], height=9, widths=[17, 7]),
    ]
    if RUNNING in type_.metrics:
        shown.append(line(running_tiles(type_), height=5))
    return Section(title="概况", lines=shown)


def _group(type_: EquipmentType, group: Group) -> Section:
    at_a_glance = [metric for metric in group.metrics if not is_rare(metric)]
    shown: list[Line] = []
    if len(at_a_glance) > 1:
        shown.append(line(fleet_table(type_, f"{group.title}：设备一览", at_a_glance), height=8))
    states = [panel_of(type_, metric) for metric in group.metrics if shows_state(metric)]
    others = [panel_of(type_, metric) for metric in group.metrics if not shows_state(metric)]
    return Section(
        title=group.title,
        lines=[*shown, *lines(states, height=6), *lines(others, height=9)],
        collapsed=group.background,
    )


def _scores(type_: EquipmentType) -> Section:
    return Section(
        title="异常检测", lines=[Line(panels=[score_trend(type_), score_table(type_)], height=9, widths=[14, 10])]
    )


def _silence(type_: EquipmentType) -> Section:
    panels: Sequence[Json] = [newest_value_table(type_, ON_EQUIPMENT)]
    return Section(title="上报情况", lines=[line(*panels, height=9)])
