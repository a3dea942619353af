"""Signals for readers: what a rule looks at, and what a signal said when its limit was crossed."""

import math
from collections.abc import Mapping
from datetime import timedelta

from iot_maint.domain.catalog import Language, Metric, Text
from iot_maint.domain.json_value import JsonObject
from iot_maint.domain.signals import (
    Baseline,
    Comparing,
    Composite,
    Duration,
    Rate,
    Sensed,
    Sequence,
    Share,
    Signal,
    SignalKind,
    Starts,
)
from iot_maint.services.quantities import say_number, say_quantity, say_span

KINDS: Mapping[SignalKind, Text] = {
    SignalKind.THRESHOLD: Text(zh="限值", en="threshold"),
    SignalKind.BASELINE: Text(zh="相对自身基线的偏差", en="deviation from its own base"),
    SignalKind.RATE: Text(zh="变化速率", en="rate of change"),
    SignalKind.STARTS: Text(zh="每小时启动次数", en="starts per hour"),
    SignalKind.SHARE: Text(zh="超限比例", en="share outside a range"),
    SignalKind.DURATION: Text(zh="窗口内持续时间", en="duration within a window"),
    SignalKind.SEQUENCE: Text(zh="事件顺序", en="sequence of states"),
    SignalKind.SIBLING: Text(zh="与同组设备比较", en="comparison with siblings"),
    SignalKind.PARENT: Text(zh="与上级设备比较", en="comparison with its parent"),
    SignalKind.COMPOSITE: Text(zh="组合条件", en="combination of rules"),
    SignalKind.EXPRESSION: Text(zh="派生量", en="derived metric"),
}


def signal_document(signal: Signal | None, language: Language) -> JsonObject:
    """What the limit stands over, by kind."""
    kind = SignalKind.THRESHOLD if signal is None else signal.kind
    window = signal.window if isinstance(signal, Rate | Starts | Share | Duration) else None
    if isinstance(signal, Composite):
        window = signal.within
    return {
        "kind": kind.value,
        "kind_label": KINDS[kind].of(language),
        "text": say_signal(signal, language),
        "window_s": window.total_seconds() if window is not None else None,
        "learn_days": signal.learn if isinstance(signal, Baseline) else None,
    }


def say_signal(signal: Signal | None, language: Language) -> str:
    """One phrase: what it is made of."""
    zh = language is Language.ZH_CN
    if signal is None:
        return "测量值" if zh else "the value itself"
    name = KINDS[signal.kind].of(language)
    match signal:
        case Baseline():
            detail = f"{signal.days} 天日中位数的中位数" if zh else f"the median of {signal.days} daily medians"
            if signal.hold:
                detail += f"，满 {signal.days} 天后保持不变" if zh else ", held once they are known"
        case Rate() | Starts():
            detail = f"窗口 {say_span(signal.window)}" if zh else f"over {say_span(signal.window)}"
        case Share() | Duration():
            outside = _say_outside(signal.lowest, signal.highest, language)
            span = say_span(signal.window)
            detail = f"{span} 内{outside}" if zh else f"{outside}, within {span}"
        case Sequence():
            detail = f"{signal.after} 之后，直到 {signal.until}" if zh else f"after {signal.after} until {signal.until}"
        case Comparing():
            detail = signal.measure.value if not zh else ("百分比" if signal.unit("") == "%" else "差值")
        case Composite():
            span = say_span(signal.within) if signal.within else ""
            detail = signal.when + ((f"，{span} 内" if zh else f" within {span}") if span else "")
    return f"{name}（{detail}）" if zh else f"{name} ({detail})"


def sensed_document(sensed: Sensed, language: Language) -> JsonObject:
    """The numbers of a signal at the instant of a finding."""
    return {
        "kind": sensed.kind.value,
        "kind_label": KINDS[sensed.kind].of(language),
        "value": sensed.value,
        "unit": sensed.unit,
        "base": sensed.base,
        "over_s": sensed.over_s,
        "of": sensed.of,
    }


# By kind: what was measured, and what it was compared with.
_SENSED: Mapping[SignalKind, Text] = {
    SignalKind.THRESHOLD: Text(zh="{name} {reading}", en="{name} {reading}"),
    SignalKind.BASELINE: Text(
        zh="{name} {reading}，比自身基线 {base}（{span} 中位数）{way} {size}",
        en="{name} {reading}, {size} {way} its own base of {base} (median of {span})",
    ),
    SignalKind.RATE: Text(
        zh="{name} {reading}，{span} 前为 {base}，变化速率 {signal}",
        en="{name} {reading}, {base} {span} before: a rate of {signal}",
    ),
    SignalKind.STARTS: Text(zh="{name}：{span} 内启动频次 {signal}", en="{name}: {signal} starts over {span}"),
    SignalKind.SHARE: Text(
        zh="{name} {reading}，{span} 内 {count} 次读数中超限占 {signal}",
        en="{name} {reading}, outside its range in {signal} of {count} readings within {span}",
    ),
    SignalKind.DURATION: Text(
        zh="{name} {reading}，{span} 内累计 {held}", en="{name} {reading}, for {held} within {span}"
    ),
    SignalKind.SEQUENCE: Text(
        zh="{name} {reading}：{held} 后仍未满足 {of}", en="{name} {reading}: {held} later still not {of}"
    ),
    SignalKind.SIBLING: Text(
        zh="{name} {reading}，与 {of} 的 {base} 相差 {signal}", en="{name} {reading}, {signal} from the {base} of {of}"
    ),
    SignalKind.PARENT: Text(
        zh="{name} {reading}，与上级 {of} 的 {base} 相差 {signal}",
        en="{name} {reading}, {signal} from the {base} of its parent {of}",
    ),
    SignalKind.COMPOSITE: Text(zh="同时成立：{of}", en="standing together: {of}"),
    SignalKind.EXPRESSION: Text(zh="{name} {signal}（{of}）", en="{name} {signal} ({of})"),
}


def say_sensed(sensed: Sensed, name: str, value: float, metric: Metric | None, language: Language) -> str:
    """The signal in words a technician can check.  `value`: the reading that led to it."""
    high, low = (Text(zh="高", en="above"), Text(zh="低", en="below"))
    return (
        _SENSED[sensed.kind]
        .of(language)
        .format(
            name=name,
            reading=say_quantity(value, metric, language),
            signal=_with_unit(sensed.value, sensed.unit),
            size=_with_unit(abs(sensed.value), sensed.unit),
            way=(high if sensed.value >= 0 else low).of(language),
            base="" if sensed.base is None else say_quantity(sensed.base, metric, language),
            count="" if sensed.base is None else say_number(sensed.base),
            span="" if sensed.over_s is None else say_span(timedelta(seconds=sensed.over_s)),
            held=say_span(timedelta(seconds=round(sensed.value))),
            of=sensed.of,
        )
    )


def say_signal_value(value: float, sensed: Sensed) -> str:
    """A limit of a signal, in the signal's unit."""
    return _with_unit(value, sensed.unit)


def _with_unit(value: float, unit: str) -> str:
    return say_number(value) if unit == "1" else f"{say_number(value)} {unit}"


def _say_outside(lowest: float, highest: float, language: Language) -> str:
    zh = language is Language.ZH_CN
    if math.isinf(lowest):
        return f"高于 {say_number(highest)}" if zh else f"above {say_number(highest)}"
    if math.isinf(highest):
        return f"低于 {say_number(lowest)}" if zh else f"below {say_number(lowest)}"
    span = f"{say_number(lowest)} – {say_number(highest)}"
    return f"超出 {span}" if zh else f"outside {span}"
