"""The board about the data itself: does all of it arrive, what is refused, what waits."""

from collections.abc import Sequence

from grafana.fleet_panels import newest_site_table, unregistered_table
from grafana.grid import Section, line, lines, place
from grafana.panels import alarming_thresholds
from grafana.quality_panels import (
    connection_tile,
    connection_timeline,
    figures_table,
    growth_tile,
    label_bars,
    newest_tile,
    platform_timeline,
    site_curves,
    thresholds,
    worker_curves,
)
from grafana.quality_queries import by_site, gauge, mean, rate, workers
from grafana.reason_words import DROP_NAMES, REJECTION_NAMES, STORE_NAMES
from grafana.shell import board, links_between, variable
from grafana.words import QUALITY_TITLE, QUALITY_UID, Json
from iot_maint.domain.catalog import Catalog, EquipmentType

_SECONDS: Json = {"unit": "s"}
_BATCHES: Json = {"decimals": 0}
_ALARMING: Json = {"decimals": 0, "thresholds": alarming_thresholds("orange")}


def quality_board(catalog: Catalog) -> Json:
    """From the service's own counters, the figures of each equipment's data, and from how lately telemetry came."""
    types = list(catalog.types.values())
    return board(
        QUALITY_UID,
        QUALITY_TITLE,
        place([_glance(), _arriving(), _refused(), _quality(), _waiting(), _reporting(types)]),
        description="消息是否都到达、哪些被拒收或丢弃、多少在等待入库，数据是否可信。"
        "来自本服务写入时序库的自身计数（每 15 秒）和各设备的质量数字（每 5 分钟）。",
        variables=[variable("worker", "接收进程", workers())],
        scope=None,
        links=links_between(types, of=QUALITY_UID),
        time_from="now-6h",
    )


def _glance() -> Section:
    tiles = [
        connection_tile(),
        newest_tile(
            "待入库批次",
            "spool_batches",
            description="已安全落盘、尚未写入时序库的批次数。",
            defaults=_BATCHES,
        ),
        newest_tile(
            "最早待入库批次已等待",
            "spool_age_s",
            description="最早一个尚未入库的批次从接收到现在的时间。持续增长说明时序库不可用或太慢；数据在本地缓冲中不会丢失。",
            defaults=_SECONDS | {"thresholds": thresholds("green", "orange", 60)},
        ),
        growth_tile(
            "拒收的消息",
            "messages_rejected",
            description="时间范围内进入死信的消息数。用 iot-maint dead-letters list 查看原文。",
        ),
        growth_tile("丢弃的值", "values_dropped", description="时间范围内从其余部分正常的消息中丢弃的值的个数。"),
        growth_tile("存储失败", "store_failures", description="时间范围内访问时序库、关系数据库或本地缓冲失败的次数。"),
    ]
    return Section(title="概况", lines=[line(*tiles, height=4)])


def _arriving() -> Section:
    shown = [
        worker_curves(
            "接收速率",
            rate("messages_received"),
            description="每秒接收的 MQTT 消息数。",
            unit={"unit": "suffix:条/秒"},
        ),
        worker_curves(
            "入库速率",
            rate("points_stored"),
            description="每秒写入时序库的数据点数。长时间低于接收速率时，批次在本地缓冲中堆积。",
            unit={"unit": "suffix:点/秒"},
        ),
    ]
    return Section(
        title="接收与入库",
        lines=[line(*shown, height=8), line(connection_timeline(), height=5), line(platform_timeline(), height=8)],
    )


def _refused() -> Section:
    shown = [
        label_bars(
            "拒收原因", "messages_rejected", REJECTION_NAMES, description="每个时间间隔内进入死信的消息数，按原因。"
        ),
        label_bars("丢弃原因", "values_dropped", DROP_NAMES, description="每个时间间隔内丢弃的值的个数，按原因。"),
        label_bars(
            "存储失败的次数",
            "store_failures",
            STORE_NAMES,
            description="每个时间间隔内访问失败的次数，按存储。时序库不可用期间，本图的数据在其恢复后才有。",
        ),
    ]
    return Section(title="拒收与丢弃", lines=lines(shown, height=9))


def _quality() -> Section:
    tiles = [
        newest_tile(
            "无数据的传感器",
            "silent_sensors",
            description="设备仍在上报而自身超过若干采样间隔没有读数的测点数，各有告警；同一设备的合为一张工单。",
            defaults=_ALARMING,
        ),
        newest_tile(
            "无数据的网关",
            "silent_gateways",
            description="其下所有设备都没有数据的网关，或不经网关而全部测点都没有数据的设备。",
            defaults=_ALARMING,
        ),
        newest_tile(
            "冻结的测点",
            "frozen_series",
            description="数值在设定的时间内分毫不变的测量值。状态量、累计量、停机时的测点和读数为 0 的不算。",
            defaults=_ALARMING,
        ),
        newest_tile(
            "时钟不准的设备",
            "skewed_equipment",
            description="时钟偏差超过一分钟的设备数。",
            defaults=_ALARMING,
        ),
        growth_tile(
            "超出物理范围的读数",
            "readings_out_of_range",
            description="时间范围内不可能的读数个数：照常入库，但不作为任何告警的依据。",
        ),
        growth_tile(
            "不可能的跳变",
            "readings_jumped",
            description="时间范围内与前一读数相差大于可能值的读数个数。",
        ),
    ]
    curves = [
        site_curves(
            "各站点完整率",
            by_site("completeness", "mean"),
            description="收到的读数除以按采样间隔应有的读数，站点内各设备的平均。"
            "每 5 分钟一次；采样慢的指标按至少十个间隔计。",
            unit={"unit": "percentunit", "max": 1},
        ),
        site_curves(
            "各站点延迟 p95",
            by_site("lag_p95_s", "max"),
            description="各设备最近 32 条消息从取数到接收的时间的 95 分位，取站点内最大的一台。",
            unit=_SECONDS,
        ),
    ]
    return Section(
        title="数据质量",
        lines=[line(*tiles, height=4), *lines(curves, height=8, across=2), line(figures_table(), height=10)],
    )


def _waiting() -> Section:
    shown = [
        worker_curves(
            "待入库批次数",
            gauge("spool_batches", "max"),
            description="已安全落盘、尚未写入时序库的批次数，取每个时间间隔内的最大值。",
            unit=_BATCHES,
        ),
        worker_curves(
            "最早批次的等待时间",
            gauge("spool_age_s", "max"),
            description="最早一个尚未入库的批次从接收到当时的时间，取每个时间间隔内的最大值。",
            unit=_SECONDS,
        ),
        worker_curves(
            "每批判定时间",
            mean("decide_s", "batches_decided"),
            description="规则判定一个批次平均用的时间，包括保存告警和工单。",
            unit=_SECONDS,
        ),
        worker_curves(
            "接收到确认的时间",
            mean("acknowledgement_s", "batches_acknowledged"),
            description="从接收消息到向消息服务器确认的时间：每批取等待最久的一条，再对各批取平均。确认总在落盘之后。",
            unit=_SECONDS,
        ),
    ]
    return Section(title="排队与延迟", lines=lines(shown, height=8, across=2))


def _reporting(types: Sequence[EquipmentType]) -> Section:
    tables = [*(newest_site_table(type_) for type_ in types), unregistered_table(())]
    return Section(title="设备上报", lines=lines(tables, height=9, across=4))
