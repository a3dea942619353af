"""The plot of a backtest: telemetry, limits and clear limits, alarms, known faults; a column a setting."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from iot_maint.domain.catalog import Language, Severity, Text
from iot_maint.domain.columns import Floats
from iot_maint.plots import Format
from iot_maint.plots.canvas import font, render, set_fonts
from iot_maint.services.backtest.picture import Numbers, Panel, Picture, SettingPanel
from iot_maint.services.backtest.text import say_label

_SIGNAL, _FAULT, _FALSE, _FOUND = "#2b5d8a", "#6b4a8a", "#c1553b", "#2a7f62"
_LIMITS = {Severity.WARNING: "#d98b1c", Severity.CRITICAL: "#b3261e"}
_SIZE = 8.0
_SHORTEST = 400  # of the span: a bar that is shorter would not be seen
_FARTHEST = 1e30  # beyond that the arithmetic of the axes overflows
_LONGEST_NAME = 24  # characters, Chinese ones too: a longer title would leave no room for the picture
_ROW_IN, _COLUMN_IN = 2.3, 6.4

_TITLE = Text(zh="回测 {rules} · {start} 至 {end}", en="Backtest {rules} · {start} to {end}")
_LEGEND = {
    "signal": Text(zh="遥测（区间最小—最大）", en="telemetry (lowest to highest)"),
    "warning": Text(zh="警告限值", en="warning limit"),
    "critical": Text(zh="严重限值", en="critical limit"),
    "clear": Text(zh="恢复限值", en="clear limit"),
    "found": Text(zh="告警（对应已知故障）", en="alarm, of a known fault"),
    "false": Text(zh="告警（误报）", en="alarm, false"),
    "fault": Text(zh="已知故障（起始—失效）", en="known fault, onset to failure"),
}
_NOTHING = Text(zh="没有可绘制的数据", en="nothing to show")
_RULES_NAMED = 3
# Numbers alone: they are the same in every language.
_TIMES = {
    "formats": ["%Y", "%Y-%m", "%m-%d", "%H:%M", "%H:%M", "%S.%f"],
    "zero_formats": ["", "%Y", "%Y-%m", "%m-%d", "%H:%M", "%H:%M"],
    "offset_formats": ["", "%Y", "%Y-%m", "%Y-%m-%d", "%Y-%m-%d", "%Y-%m-%d %H:%M"],
}


def draw_backtest(picture: Picture, language: Language, zone: ZoneInfo, form: Format) -> bytes:
    """PNG or SVG."""
    rows, columns = max(1, len(picture.panels)), len(picture.labels)
    figure = Figure(figsize=(_COLUMN_IN * max(columns, 1.5), 1.3 + _ROW_IN * rows), layout="constrained")
    figure.suptitle(_title(picture, language, zone), fontproperties=font(_SIZE + 3, bold=True))
    grid = figure.subplots(rows, columns, squeeze=False, sharex="all", sharey="row")
    if not picture.panels:
        for axes in grid[0]:
            axes.set_axis_off()
            axes.text(0.5, 0.5, _NOTHING.of(language), ha="center", fontproperties=font(_SIZE + 2))
    for row, panel in zip(grid, picture.panels, strict=False):
        for axes, label, setting in zip(row, picture.labels, panel.settings, strict=True):
            draw_panel(axes, panel, setting, picture, zone)
            told = [_name(panel), panel.metric.of(language), *([say_label(label, language)] if columns > 1 else [])]
            axes.set_title(" · ".join(told), loc="left", fontproperties=font(_SIZE + 0.5))
        row[0].set_ylabel(panel.unit, fontproperties=font(_SIZE))
    if picture.panels:
        figure.legend(handles=_legend(language), loc="outside lower center", ncols=4, prop=font(_SIZE), frameon=False)
    return render(figure, form)


def draw_panel(axes: Axes, panel: Panel, setting: SettingPanel, picture: Picture, zone: ZoneInfo) -> None:
    """One metric of one piece of equipment under one setting."""
    start, end = picture.start, picture.end
    lowest, highest = (_drawable(values) for values in (panel.lowest, panel.highest))
    spans = len(lowest)
    at = np.linspace(_number(start), _number(end), spans + 1)[:-1] + (_number(end) - _number(start)) / spans / 2
    shortest = (_number(end) - _number(start)) / _SHORTEST
    faults = [(_number(fault.onset), _number(fault.failure)) for fault in panel.faults]
    _bars(axes, faults, 1.0, _FAULT, 0.10)
    _bars(axes, [(failure, failure + shortest / 4) for _, failure in faults], 1.0, _FAULT, 1.0)
    for false, colour in ((False, _FOUND), (True, _FALSE)):
        alarms = [one for one in setting.alarms if one.false is false]
        stood = [(_number(one.since), max(_number(one.until or end), _number(one.since) + shortest)) for one in alarms]
        # A bar along the foot: it hides nothing, and a short one is still seen.
        _bars(axes, stood, 0.045, colour, 1.0)
        _bars(axes, stood, 1.0, colour, 0.13)
    axes.fill_between(at, lowest, highest, color=_SIGNAL, alpha=0.45, linewidth=0.6)
    axes.plot(at, (lowest + highest) / 2, color=_SIGNAL, linewidth=0.8)
    for line in setting.limits:
        axes.axhline(line.limit, color=_LIMITS[line.severity], linewidth=1.3)
        if line.clear_limit != line.limit:
            axes.axhline(line.clear_limit, color=_LIMITS[line.severity], linewidth=0.8, linestyle=(0, (4, 3)))
    locator = AutoDateLocator(tz=zone, minticks=3, maxticks=8)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator, tz=zone, **_TIMES))
    axes.set_xlim(_number(start), _number(end))
    axes.margins(y=0.12)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", linewidth=0.3, alpha=0.6)
    set_fonts(axes, _SIZE - 0.5)


def _bars(axes: Axes, spans: Iterable[tuple[float, float]], height: float, colour: str, alpha: float) -> None:
    """Spans of time as one shape, those that touch as one: a thousand are drawn as fast as one."""
    joined: list[tuple[float, float]] = []
    for begin, end in sorted(spans):
        if joined and begin <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((begin, end))
    # Of the axes' height, whatever its values are.
    axes.broken_barh(
        [(begin, end - begin) for begin, end in joined],
        (0.0, height),
        transform=axes.get_xaxis_transform(),
        facecolor=colour,
        alpha=alpha,
        linewidth=0,
    )


def _drawable(values: Numbers) -> Floats:
    """What lies beyond any scale, as a broken sensor may say it, stands at the scale's end."""
    return np.clip(np.array(values, dtype=np.float64), -_FARTHEST, _FARTHEST)


def _number(at: datetime) -> float:
    return float(date2num(at))


def _name(panel: Panel) -> str:
    name = panel.name if len(panel.name) <= _LONGEST_NAME else f"{panel.name[:_LONGEST_NAME]}…"
    return panel.equipment if panel.name == panel.equipment else f"{panel.equipment} {name}"


def _title(picture: Picture, language: Language, zone: ZoneInfo) -> str:
    more = len(picture.rules) - _RULES_NAMED
    rules = ", ".join(picture.rules[:_RULES_NAMED]) + (f" +{more}" if more > 0 else "")
    start, end = (f"{at.astimezone(zone):%Y-%m-%d}" for at in (picture.start, picture.end - timedelta(milliseconds=1)))
    return _TITLE.of(language).format(rules=rules, start=start, end=end)


def _legend(language: Language) -> list[Line2D | Patch]:
    said = {name: text.of(language) for name, text in _LEGEND.items()}
    return [
        Patch(color=_SIGNAL, alpha=0.6, label=said["signal"]),
        Line2D([], [], color=_LIMITS[Severity.WARNING], label=said["warning"]),
        Line2D([], [], color=_LIMITS[Severity.CRITICAL], label=said["critical"]),
        Line2D([], [], color="#555555", linestyle=(0, (4, 3)), linewidth=0.8, label=said["clear"]),
        Patch(color=_FOUND, label=said["found"]),
        Patch(color=_FALSE, label=said["false"]),
        Patch(facecolor=_FAULT, alpha=0.3, label=said["fault"]),
    ]
