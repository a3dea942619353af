"""What the history of one piece of equipment says of its limits: which fault mode reaches one, and when.  Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import numpy as np

from iot_maint.domain.catalog import Comparison, EquipmentType, FaultMode
from iot_maint.domain.columns import Floats
from iot_maint.domain.equipment import Monitored
from iot_maint.domain.forecasts import Forecast
from iot_maint.models.degradation import Outlook, look_ahead
from iot_maint.models.degradation_history import daily_levels, worse_hours
from iot_maint.rules.applicability import ActiveRule, report_rules

_FRESH_DAYS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Prospect:
    """What became of one fault mode: its forecast, or None where nothing grows; unknown where nothing was heard."""

    forecast: Forecast | None
    heard: bool


def watched_limits(declared: EquipmentType, monitored: Monitored) -> Mapping[str, Sequence[ActiveRule]]:
    """By fault mode, the limits that growth may reach: of each metric and side the most severe."""
    worst: dict[tuple[str, str, Comparison], ActiveRule] = {}
    for report in report_rules(declared, monitored):
        rule = report.active
        if rule is None or rule.comparison is Comparison.IS or rule.fault_mode not in declared.fault_modes:
            continue
        if rule.shadow:
            continue  # nothing that it says may become an order
        if rule.signal is not None or rule.metric not in declared.metrics:
            continue  # not a level of a stored metric: a rate, a count, a deviation, an expression
        key = (rule.fault_mode, rule.metric, rule.comparison)
        if key not in worst or worst[key].severity.rank < rule.severity.rank:
            worst[key] = rule
    watched: dict[str, list[ActiveRule]] = {}
    for (mode, _, _), rule in worst.items():
        watched.setdefault(mode, []).append(rule)
    return watched


def foresee(
    declared: EquipmentType,
    watched: Mapping[str, Sequence[ActiveRule]],
    history: Mapping[str, Floats],
    *,
    code: str,
    day: date,
    now: datetime,
    standing: Mapping[str, Forecast],
    restarts: Mapping[str, datetime],
) -> dict[str, Prospect]:
    """By fault mode.  `history`: by metric (days, 24) up to `now`; `standing`: the forecasts of the day before."""
    return {
        mode: _prospect(
            declared.fault_modes[mode], rules, history, restarts.get(mode), standing.get(mode), code, day, now
        )
        for mode, rules in watched.items()
    }


def _prospect(
    mode: FaultMode,
    rules: Sequence[ActiveRule],
    history: Mapping[str, Floats],
    restart: datetime | None,
    before: Forecast | None,
    code: str,
    today: date,
    now: datetime,
) -> Prospect:
    drivers = [history[driver] for driver in mode.drivers if driver in history]
    forecasts: list[Forecast] = []
    heard = False
    for rule in rules:
        table = history[rule.metric]
        since = 0 if restart is None else max(0, len(table) - int((now - restart) / timedelta(days=1)))
        upward = rule.comparison is Comparison.ABOVE
        levels = daily_levels(table, drivers, since=since)
        heard = heard or bool(np.isfinite(levels[-_FRESH_DAYS:]).any())
        outlook = look_ahead(
            levels,
            rule.limit - worse_hours(table, levels, upward=upward),
            upward=upward,
            expected=before is not None and rule.metric in {before.metric, *before.also},
        )
        if outlook is not None:
            forecasts.append(_forecast(outlook, rule, code, today, now))
    forecasts.sort(key=lambda forecast: (forecast.p50, -forecast.severity.rank))
    if not forecasts:
        return Prospect(forecast=None, heard=heard)
    first, *others = forecasts
    return Prospect(forecast=replace(first, also=tuple(other.metric for other in others)), heard=True)


def _forecast(outlook: Outlook, rule: ActiveRule, code: str, today: date, now: datetime) -> Forecast:
    def at(days: float) -> datetime:
        return (now + timedelta(days=days)).replace(microsecond=0)

    return Forecast(
        equipment=code,
        fault_mode=rule.fault_mode,
        day=today,
        made_at=now,
        rule=rule.id,
        metric=rule.metric,
        comparison=rule.comparison,
        severity=rule.severity,
        basis=rule.basis,
        limit=rule.limit,
        healthy=round(outlook.healthy, 6),
        level=round(outlook.level, 6),
        indicator=round(outlook.indicator, 4),
        since=at(-outlook.since_days),
        p10=at(outlook.p10),
        p50=at(outlook.p50),
        p90=at(outlook.p90),
        confidence=round(outlook.confidence, 4),
    )
