"""The board about the data itself: does all of it arrive, what is refused, what waits."""

from collections.abc import Sequence

from grafana.fleet_panels import newest_site_table, unregistered_table
from grafana.grid import Section, line, lines, place
from grafana.quality_panels import (
    connection_tile,
    connection_timeline,
    growth_tile,
    label_bars,
    newest_tile,
    platform_timeline,
    thresholds,
    worker_curves,
)
from grafana.quality_queries import gauge, mean, rate, workers
from grafana.reason_words import DROP_NAMES, REJECTION_NAMES, STORE_NAMES
from grafana.shell import board, links_between, variable
from grafana.words import QUALITY_TITLE, QUALITY_UID, Json
from iot_maint.domain.catalog import Catalog, EquipmentType

_SECONDS: Json = {"unit": "s"}
_BATCHES: Json = {"decimals": 0}


def quality_board(catalog: Catalog) -> Json:
    """From the service's own counters, and from how lately telemetry came."""
    types = list(catalog.types.values())
    return board(
        QUALITY_UID,
        QUALITY_TITLE,
        place([_glance(), _arriving(), _refused(), _waiting(), _reporting(types)]),
        description="消息是否都到达、哪些被拒收或丢弃、多少在等待入库。数据来自本服务每 15 秒写入时序库的自身计数。",
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
