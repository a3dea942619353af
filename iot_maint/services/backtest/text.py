"""A backtest for people: the figures of each setting side by side, the faults, the limit that is suggested."""

from collections.abc import Iterator
from datetime import timedelta
from zoneinfo import ZoneInfo

from iot_maint.domain.catalog import Language, Text
from iot_maint.services.backtest.result import BacktestResult
from iot_maint.services.backtest.suggesting import Suggestion
from iot_maint.services.backtest.trials import AS_IT_STANDS, CHANGED
from iot_maint.services.backtest.verdicts import FaultFound, Figures
from iot_maint.services.quantities import say_clock_time, say_number

LABELS = {AS_IT_STANDS: Text(zh="现行限值", en="as it stands"), CHANGED: Text(zh="改后", en="changed")}
_NAMED = 8
_AFTER_FALSE = 2  # rows
_ROWS = (
    Text(zh="告警", en="alarms"),
    Text(zh="其中误报", en="of them false"),
    Text(zh="误报/设备·月", en="false per device-month"),
    Text(zh="（95 % 置信上限）", en="(at most, 95 % confidence)"),
    Text(zh="告警时间占比", en="share of time in alarm"),
    Text(zh="已知故障发现", en="known faults found"),
    Text(zh="提前量中位数", en="median lead time"),
)
_UNDECIDED = Text(zh="其中工单未判定", en="of them undecided")
_MONTHS = Text(zh="{months} 设备·月 · {from_} 至 {to}", en="{months} device-months · {from_} to {to}")
_MISSED = Text(zh="未发现", en="not found")
_FOUND = Text(zh="{at} 发现（{rules}），提前 {lead}", en="found {at} ({rules}), {lead} ahead")
_ANY = Text(zh="任意故障", en="any fault")
_SUGGESTED = Text(
    zh="建议限值 {limit}（规则 {rule}，目标 ≤ {wish}/设备·月）：这段历史中误报 {false} 次。",
    en="Suggested limit {limit} (rule {rule}, wished ≤ {wish} per device-month): {false} false alarms in this history.",
)
_NONE = Text(
    zh="规则 {rule}：这段历史中没有限值能达到 ≤ {wish}/设备·月。",
    en="Rule {rule}: no limit keeps ≤ {wish} per device-month in this history.",
)
_BOUND = Text(
    zh="{months} 设备·月的历史只能说明：真实误报率（95 % 置信）不高于 {at_most}/设备·月。",
    en="{months} device-months of history show this much: the true rate is at most {at_most} per device-month (95 %).",
)
_TOO_SHORT = Text(
    zh="要证实目标，需要 {needed} 设备·月没有误报的历史。",
    en="To show that the wish is kept takes {needed} device-months without a false alarm.",
)


def backtest_lines(result: BacktestResult, language: Language, zone: ZoneInfo) -> Iterator[str]:
    """Lines for a terminal, without the orders' texts."""
    more = len(result.rules) - _NAMED
    yield ", ".join(result.rules[:_NAMED]) + (f", … (+{more})" if more > 0 else "")
    months = say_number(result.settings[0].figures.device_months)
    yield _MONTHS.of(language).format(
        months=months, from_=say_clock_time(result.start, zone), to=say_clock_time(result.end, zone)
    )
    yield from _table(result, language)
    for setting in result.settings:
        for found in setting.faults:
            yield f"  [{say_label(setting.label, language)}] {_fault(found, language, zone)}"
    if result.suggestion is not None:
        yield from _suggestion(result.suggestion, language)


def say_label(label: str, language: Language) -> str:
    """A setting's name."""
    return LABELS[label].of(language) if label in LABELS else label


def say_lead(lead: timedelta | None) -> str:
    """Days for what is slow, hours and minutes for what is not."""
    if lead is None:
        return "—"
    hours = lead.total_seconds() / 3600
    return f"{hours / 24:.1f} d" if hours >= 48 else f"{hours:.1f} h" if hours >= 1 else f"{hours * 60:.0f} min"


def _table(result: BacktestResult, language: Language) -> Iterator[str]:
    undecided = [str(setting.figures.undecided) for setting in result.settings]
    columns = [_cells(setting.figures) for setting in result.settings]
    labels = [say_label(setting.label, language) for setting in result.settings]
    names = [row.of(language) for row in _ROWS]
    if any(setting.figures.undecided for setting in result.settings):
        names.insert(_AFTER_FALSE, _UNDECIDED.of(language))
        columns = [(*one[:_AFTER_FALSE], n, *one[_AFTER_FALSE:]) for one, n in zip(columns, undecided, strict=True)]
    first = max(map(_width, names))
    widths = [max(_width(label), 14) for label in labels]
    yield "  ".join([" " * first, *(_right(label, width) for label, width in zip(labels, widths, strict=True))])
    for number, name in enumerate(names):
        cells = [_right(column[number], width) for column, width in zip(columns, widths, strict=True)]
        yield "  ".join([name + " " * (first - _width(name)), *cells])


def _cells(figures: Figures) -> tuple[str, ...]:
    return (
        str(figures.alarms),
        str(figures.false_alarms),
        _rate(figures.false_per_month),
        _rate(figures.false_per_month_at_most),
        f"{figures.share_in_alarm:.2%}",
        f"{figures.found}/{figures.faults}",
        say_lead(figures.median_lead),
    )


def _rate(rate: float | None) -> str:
    return "—" if rate is None else say_number(rate)


def _fault(found: FaultFound, language: Language, zone: ZoneInfo) -> str:
    fault = found.fault
    said = f"{fault.equipment} {fault.fault_mode or _ANY.of(language)} {say_clock_time(fault.onset, zone)}"
    if found.by is None:
        return f"{said}: {_MISSED.of(language)}"
    at = say_clock_time(found.by.key.raised_at, zone)
    rules = ", ".join(found.by.rules)
    return f"{said}: {_FOUND.of(language).format(at=at, rules=rules, lead=say_lead(found.lead))}"


def _suggestion(suggestion: Suggestion, language: Language) -> Iterator[str]:
    wish = say_number(suggestion.wish)
    if suggestion.limit is None:
        yield _NONE.of(language).format(rule=suggestion.rule, wish=wish)
        return
    limit = suggestion.limit
    said = (
        say_number(limit.value) if limit.value is not None else f"{limit.parameter} × {limit.times:g} {limit.plus:+g}"
    )
    yield _SUGGESTED.of(language).format(limit=said, rule=suggestion.rule, wish=wish, false=suggestion.false_alarms)
    yield _BOUND.of(language).format(months=say_number(suggestion.device_months), at_most=_rate(suggestion.at_most))
    if not suggestion.shown:
        yield _TOO_SHORT.of(language).format(needed=say_number(suggestion.months_needed))


def _width(text: str) -> int:
    return sum(2 if ord(letter) > 0x2E80 else 1 for letter in text)


def _right(text: str, width: int) -> str:
    return " " * max(0, width - _width(text)) + text
