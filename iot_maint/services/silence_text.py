"""Silences for readers: who, expected how often, last heard when."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from iot_maint.domain.catalog import Language, Metric
from iot_maint.domain.findings import Evidence, FindingKind, Silence
from iot_maint.domain.instants import instant
from iot_maint.domain.json_value import JsonObject
from iot_maint.services.quantities import say_clock_time, say_instant, say_quantity, say_span

_NAMED = 10  # pieces of equipment in a sentence


def silence_document(silence: Silence, zone: ZoneInfo) -> JsonObject:
    """The numbers of a silence."""
    return {
        "heard_at": say_instant(instant(silence.heard_at_ms), zone),
        "silent_s": silence.silent_s,
        "interval_s": silence.interval_s,
        "gateway": silence.gateway,
        "equipment": list(silence.equipment),
    }


def say_silence(
    evidence: Evidence,
    silence: Silence,
    metric: Metric | None,
    language: Language,
    *,
    kind: FindingKind,
    zone: ZoneInfo | None,
) -> str:
    """One sentence: who fell silent, how long, expected how often, and the last that was heard; or that it is back."""
    zh = language is Language.ZH_CN
    name = metric.label.of(language) if metric is not None else evidence.metric
    who = name if not silence.equipment else _who(silence, language)
    if kind is FindingKind.CLEARED:
        return who + ("：重新收到数据，或不再需要监视" if zh else ": heard again, or no longer watched")
    span, interval = say_span(_whole(silence.silent_s)), say_span(timedelta(seconds=silence.interval_s))
    said = (
        f"{who}：已 {span} 无数据（应每 {interval} 一次）"
        if zh
        else f"{who}: no data for {span} (one every {interval})"
    )
    if zone is not None:
        at = say_clock_time(instant(silence.heard_at_ms), zone)
        said += f"，最后收到 {at}" if zh else f", last heard {at}"
    if evidence.readings:
        value = say_quantity(evidence.readings[-1][1], metric, language)
        last = value if not silence.equipment else f"{name} {value}"
        said += f"，最后读数 {last}" if zh else f", last reading {last}"
    return said


def _who(silence: Silence, language: Language) -> str:
    zh = language is Language.ZH_CN
    codes = ("、" if zh else ", ").join(silence.equipment[:_NAMED])
    more = len(silence.equipment) - _NAMED
    if more > 0:
        codes += f" 等 {len(silence.equipment)} 台" if zh else f" and {more} more"
    if silence.gateway is None or silence.equipment == (silence.gateway,):
        return f"{codes} 的全部测点" if zh else f"all metrics of {codes}"
    return f"网关 {silence.gateway}（{codes}）" if zh else f"gateway {silence.gateway} ({codes})"


def _whole(seconds: float) -> timedelta:
    """Of a long time the seconds are noise."""
    return timedelta(seconds=round(seconds) if seconds < 3600 else round(seconds / 60) * 60)
