"""Forecasts for readers: from what to what since when, which limit is reached when, and how sure that is."""

from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from iot_maint.domain.catalog import EquipmentType, Language, Metric
from iot_maint.domain.findings import Evidence, Projection
from iot_maint.domain.forecasts import Forecast
from iot_maint.domain.instants import instant
from iot_maint.domain.json_value import JsonObject
from iot_maint.services.quantities import say_clock_time, say_instant, say_known_instant, say_number, say_quantity

_DAYS_WITH_HOURS = timedelta(days=3)


def projection_document(projection: Projection, zone: ZoneInfo) -> JsonObject:
    """The dates of a projection, and what was planned by it."""
    said = partial(say_known_instant, zone=zone)
    return {
        "p10": said(projection.p10),
        "p50": said(projection.p50),
        "p90": said(projection.p90),
        "confidence": projection.confidence,
        "planned_for": said(projection.planned_for),
        "planned_until": said(projection.planned_until),
        "p10_before": said(projection.p10_before),
        "p50_before": said(projection.p50_before),
        "p90_before": said(projection.p90_before),
        "planned_before": said(projection.planned_before),
        "missed": projection.missed,
        "also": list(projection.also),
        "gone": projection.gone,
    }


def forecast_document(
    forecast: Forecast, equipment_type: EquipmentType | None, language: Language, zone: ZoneInfo, *, standing: bool
) -> JsonObject:
    """One day's forecast; `standing`: it is of the last day that was looked at, so the growth is seen now."""
    metric = equipment_type.metrics.get(forecast.metric) if equipment_type is not None else None
    mode = equipment_type.fault_modes.get(forecast.fault_mode) if equipment_type is not None else None
    return {
        "day": forecast.day.isoformat(),
        "fault_mode": forecast.fault_mode,
        "fault_mode_label": mode.label.of(language) if mode is not None else forecast.fault_mode,
        "standing": standing,
        "made_at": say_instant(forecast.made_at, zone),
        "rule": forecast.rule,
        "metric": forecast.metric,
        "metric_label": metric.label.of(language) if metric is not None else forecast.metric,
        "unit": metric.unit if metric is not None else None,
        "comparison": forecast.comparison.value,
        "severity": forecast.severity.value,
        "basis": forecast.basis,
        "limit": forecast.limit,
        "healthy": forecast.healthy,
        "level": forecast.level,
        "indicator": forecast.indicator,
        "since": say_instant(forecast.since, zone),
        "p10": say_instant(forecast.p10, zone),
        "p50": say_instant(forecast.p50, zone),
        "p90": say_instant(forecast.p90, zone),
        "confidence": forecast.confidence,
        "also": list(forecast.also),
    }


def say_projection(
    evidence: Evidence,
    projection: Projection,
    metric: Metric | None,
    equipment_type: EquipmentType | None,
    language: Language,
    *,
    basis: str,
    zone: ZoneInfo | None,
) -> str:
    """One sentence or two: the culprit's growth, the date with its uncertainty, and what moved or ended the plan."""
    zh = language is Language.ZH_CN
    name = metric.label.of(language) if metric is not None else evidence.metric
    (since_ms, healthy), (_, level) = evidence.readings[0], evidence.readings[-1]
    since = _day(instant(since_ms), zone)
    before, now = say_number(round(healthy, 2)), say_quantity(round(level, 2), metric, language)
    limit = say_quantity(evidence.limit, metric, language)
    p10, p50, p90 = (_day(at, zone) for at in (projection.p10, projection.p50, projection.p90))
    if zh:
        said = (
            f"{name}自 {since} 起由 {before} 变为 {now}，预计 {p50}（10 %：{p10}，90 %：{p90}）达到 {limit}（{basis}）"
        )
    else:
        said = (
            f"{name} has gone from {before} to {now} since {since}; expected to reach {limit} ({basis}) "
            f"on {p50} (10 %: {p10}, 90 %: {p90})"
        )
    if projection.also:
        names = [_label(one, equipment_type, language) for one in projection.also]
        said += f"；同时变化：{'、'.join(names)}" if zh else f"; also growing: {', '.join(names)}"
    return said + _what_followed(projection, language, zone)


def _what_followed(projection: Projection, language: Language, zone: ZoneInfo | None) -> str:
    zh = language is Language.ZH_CN
    if projection.gone:
        return "；趋势已消失，撤销计划" if zh else "; the trend is gone, the plan is withdrawn"
    if projection.planned_for is None:
        return ""
    window = _moment(projection.planned_for, zone)
    if projection.planned_until is not None:
        window += f"–{_moment(projection.planned_until, zone)}"
    if projection.planned_before is None or projection.p50_before is None:
        return f"；计划于 {window} 处理" if zh else f"; planned for {window}"
    span = projection.planned_for - projection.planned_before
    later = span >= timedelta(0)
    by = _span(abs(span), language)
    old = (
        _day(at, zone) for at in (projection.p10_before, projection.p50_before, projection.p90_before) if at is not None
    )
    dates = " / ".join(old)
    if zh:
        why = "原时段已过，" if projection.missed else ""
        return f"；{why}计划{'推迟' if later else '提前'} {by}至 {window}（原预计 10/50/90 %：{dates}）"
    why = "its window went by, " if projection.missed else ""
    return f"; {why}moved {by} {'later' if later else 'earlier'}, to {window} (10/50/90 % were {dates})"


def _label(name: str, equipment_type: EquipmentType | None, language: Language) -> str:
    metric = equipment_type.metrics.get(name) if equipment_type is not None else None
    return metric.label.of(language) if metric is not None else name


def _day(at: datetime, zone: ZoneInfo | None) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d}"


def _moment(at: datetime, zone: ZoneInfo | None) -> str:
    return say_clock_time(at, zone) if zone is not None else f"{at:%Y-%m-%d %H:%M}"


def _span(span: timedelta, language: Language) -> str:
    zh = language is Language.ZH_CN
    if span < _DAYS_WITH_HOURS:
        hours = round(span / timedelta(hours=1))
        return f"{hours} 小时" if zh else f"{hours} h"
    days = round(span / timedelta(days=1))
    return f"{days} 天" if zh else f"{days} days"
