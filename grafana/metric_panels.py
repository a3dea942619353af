"""A panel for one metric, and a row of cells for many: what the catalog says decides how they look."""

from collections.abc import Sequence
from datetime import timedelta

from grafana.bands import bands_of, rules_of
from grafana.descriptions import describe
from grafana.panels import bar_gauge, cell, map_values, override, rows, series, stat, state_timeline, table, time_series
from grafana.sections import shows_state
from grafana.telemetry_queries import newest_of_each, one_value, trend
from grafana.words import ONLY_THIS, SEVERITY_COLOURS, Json, board_link, short
from iot_maint.domain.catalog import RUNNING, EquipmentType, Metric, MetricKind, Occurs

_SLOW = timedelta(minutes=5)
_DAILY = timedelta(days=1)
_RARE_RANGE = "30d"
_EVENT_INTERVAL = "10s"


def is_rare(metric: Metric) -> bool:
    """Comes too seldom for the board's usual time range."""
    return metric.occurs is Occurs.TEST or (metric.interval is not None and metric.interval >= _DAILY)


def panel_of(type_: EquipmentType, metric: Metric) -> Json:
    """States as a timeline, counters as what was added, all else as a curve between its limits."""
    if shows_state(metric):
        return _state(type_, metric)
    return _counter(type_, metric) if metric.kind is MetricKind.COUNTER else _curve(type_, metric)


def running_tiles(type_: EquipmentType) -> Json:
    """One tile per equipment: does it run."""
    metric = type_.metrics[RUNNING]
    return stat(
        f"{metric.label.zh}：每台设备的最新值",
        [series(one_value(type_.name, RUNNING), alias="$tag_equipment")],
        description="时间范围内最后一次上报的运行状态。点击可只看该设备。",
        defaults={"mappings": _mappings(type_, metric), "links": [board_link(type_, ONLY_THIS, of="labels")]},
        color_mode="background",
        text_mode="value_and_name",
    )


def fleet_table(type_: EquipmentType, title: str, metrics: Sequence[Metric]) -> Json:
    """A heat map: a row per equipment, a column per metric, coloured beyond a limit."""
    return table(
        title,
        [rows(newest_of_each(type_.name, [metric.name for metric in metrics]))],
        description=(
            "时间范围内每台设备的最新值，按目录中的绝对限值着色：橙色为警告，红色为严重。"
            "限值随设备参数变化或随类别不同的指标不着色；“–”表示未上报。点击设备可只看该设备。"
        ),
        columns=["site", "equipment", *(metric.name for metric in metrics)],
        hidden=["Time", "time"],
        overrides=[
            override("site", displayName="站点"),
            override("equipment", displayName="设备", links=[board_link(type_, ONLY_THIS, of="fields")]),
            *(_column(type_, metric) for metric in metrics),
        ],
        sort_by=("设备", False),
    )


def _curve(type_: EquipmentType, metric: Metric) -> Json:
    bands = bands_of(type_, metric)
    custom: Json = {}
    if bands.exist:
        custom["thresholdsStyle"] = {"mode": "dashed" if bands.lines else "area"}
    # The axis reaches to the limits, so that one sees how far away they are.
    custom |= {"axisSoftMin": bands.lowest} if bands.lowest is not None else {}
    custom |= {"axisSoftMax": bands.highest} if bands.highest is not None else {}
    remarks = []
    if metric.interval is None or is_rare(metric):
        # Between two trips or tests there is nothing that a line could show.
        custom |= {"drawStyle": "points", "showPoints": "always"}
    elif metric.interval >= _SLOW:
        custom["showPoints"] = "always"
    if is_rare(metric):
        remarks.append("很少上报，因此总是显示最近 30 天。")
    return time_series(
        metric.label.zh,
        [series(trend(type_.name, metric.name), alias="$tag_equipment")],
        description=describe(type_, metric, *remarks),
        defaults={
            **_unit(metric),
            "thresholds": bands.thresholds(),
            "links": [board_link(type_, ONLY_THIS, of="labels")],
        },
        custom=custom,
        calcs=("lastNotNull", "min") if bands.highest is None and bands.lowest is not None else ("lastNotNull", "max"),
        interval=_interval(metric),
        time_from=_RARE_RANGE if is_rare(metric) else None,
    )


def _state(type_: EquipmentType, metric: Metric) -> Json:
    bad = _bad_value(type_, metric)
    # Several reports in one interval: a short fault must not vanish behind the good value after it.
    function = "last" if bad is None else "max" if bad else "min"
    # What comes on change stays true until the next report; what comes by the clock is unknown without one.
    by_clock = metric.interval is not None
    fill = "null" if by_clock else "previous"
    remark = "空白处为未上报。" if by_clock else "仅在变化等事件时上报，状态保持到下一次上报。"
    return state_timeline(
        metric.label.zh,
        [series(trend(type_.name, metric.name, function=function, fill=fill), alias="$tag_equipment")],
        description=describe(type_, metric, remark),
        mappings=_mappings(type_, metric),
        links=[board_link(type_, ONLY_THIS, of="labels")],
        interval=_interval(metric),
    )


def _counter(type_: EquipmentType, metric: Metric) -> Json:
    return bar_gauge(
        f"{metric.label.zh}：时间范围内增加",
        [series(one_value(type_.name, metric.name, function="spread"), alias="$tag_equipment")],
        description=describe(
            type_, metric, "时间范围内最大值与最小值之差；计数器若在其间清零，此值偏大。累计值见上表。"
        ),
        defaults={**_unit(metric), "links": [board_link(type_, ONLY_THIS, of="labels")]},
    )


def _column(type_: EquipmentType, metric: Metric) -> Json:
    bands = bands_of(type_, metric)
    # Without it an absent value has the colour of the lowest step, which may be red.
    absent: Json = {"type": "special", "options": {"match": "null", "result": {"text": "–", "color": "transparent"}}}
    properties: Json = {"displayName": short(metric.label.zh), **_unit(metric)}
    if shows_state(metric):
        return override(metric.name, **properties, mappings=[*_mappings(type_, metric), absent], **cell("background"))
    properties["mappings"] = [absent]
    if bands.exist and not bands.lines:
        properties |= {"thresholds": bands.thresholds(), "color": {"mode": "thresholds"}, **cell("background")}
    return override(metric.name, **properties)


def _mappings(type_: EquipmentType, metric: Metric) -> list[Json]:
    if metric.kind is MetricKind.ENUM:
        return [map_values({str(index): {"text": member} for index, member in enumerate(metric.members)})]
    if metric.name == RUNNING:
        return [map_values({"0": {"text": "停", "color": "gray"}, "1": {"text": "运行", "color": "green"}})]
    bad = _bad_value(type_, metric)
    colours = {0: "blue", 1: "purple"} if bad is None else {bad: _bad_colour(type_, metric), 1 - bad: "green"}
    return [map_values({str(value): {"text": text, "color": colours[value]} for value, text in ((0, "否"), (1, "是"))})]


def _bad_value(type_: EquipmentType, metric: Metric) -> int | None:
    """The state that some rule raises."""
    return next((int(rule.limit.value) for rule in rules_of(type_, metric) if rule.limit.value is not None), None)


def _bad_colour(type_: EquipmentType, metric: Metric) -> str:
    worst = max((rule.severity for rule in rules_of(type_, metric)), key=lambda severity: severity.rank)
    return SEVERITY_COLOURS[worst]


def _unit(metric: Metric) -> Json:
    return {} if metric.unit == "1" else {"unit": f"suffix:{metric.unit}"}


def _interval(metric: Metric) -> str:
    """The shortest `$__interval`: a bucket that no sample falls into would look like an outage."""
    if metric.interval is None or is_rare(metric):
        return _EVENT_INTERVAL
    span = metric.interval if metric.interval >= _SLOW else 2 * metric.interval
    return f"{int(span.total_seconds())}s"
