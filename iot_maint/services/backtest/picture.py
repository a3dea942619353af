"""What a plot of a backtest shows, as plain data: it can be kept, and drawn later in either language."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from iot_maint.domain.catalog import Catalog, EquipmentType, Severity, Text
from iot_maint.domain.columns import Floats
from iot_maint.domain.equipment import Equipment
from iot_maint.rules.applicability import ActiveRule
from iot_maint.services.backtest.envelopes import Envelope
from iot_maint.services.backtest.modelled import SCORE
from iot_maint.services.backtest.result import BacktestResult, SettingResult
from iot_maint.services.backtest.verdicts import Episode

PANELS = 8
_DIGITS = 5
_SCORE = Text(zh="异常评分", en="Anomaly score")

Numbers = tuple[float | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitLine:
    """One limit of one rule on one piece of equipment, with the limit at which it clears."""

    rule: str
    limit: float
    clear_limit: float
    severity: Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmBand:
    """When an alarm stood (until None: to the end), and whether it found nothing that is known."""

    since: datetime
    until: datetime | None
    false: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultBand:
    """When a known fault was there."""

    onset: datetime
    failure: datetime
    fault_mode: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingPanel:
    """What one setting says of a panel's metric."""

    limits: tuple[LimitLine, ...]
    alarms: tuple[AlarmBand, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One metric of one piece of equipment: the lowest and the highest value of each of many equal spans."""

    equipment: str
    name: str
    metric: Text
    unit: str
    lowest: Numbers
    highest: Numbers
    settings: tuple[SettingPanel, ...]
    faults: tuple[FaultBand, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A row a panel, a column a setting."""

    start: datetime
    end: datetime
    rules: tuple[str, ...]
    labels: tuple[str, ...]
    panels: tuple[Panel, ...]


def picture_of(
    result: BacktestResult,
    catalog: Catalog,
    equipment: Mapping[str, Equipment],
    codes: Sequence[str] | None = None,
    panels: int = PANELS,
) -> Picture:
    """Of these pieces of equipment (None: those with most to show), the metrics on which a rule has a limit."""
    chosen = most_to_show(result) if codes is None else codes
    found = [panel for code in chosen for panel in _panels(result, catalog, equipment[code])]
    return Picture(
        start=result.start,
        end=result.end,
        rules=result.rules,
        labels=tuple(setting.label for setting in result.settings),
        panels=tuple(found[:panels]),
    )


def most_to_show(result: BacktestResult) -> list[str]:
    """Equipment with known faults first, then by the number of its alarms; that of which nothing came is left out."""
    shown: dict[str, tuple[bool, int]] = defaultdict(lambda: (False, 0))
    for setting in result.settings:
        faulty = {found.fault.equipment for found in setting.faults}
        for one in setting.equipment:
            code = one.coverage.equipment
            has_fault, alarms = shown[code]
            shown[code] = (has_fault or code in faulty, max(alarms, one.alarms))
    return sorted(shown, key=lambda code: (not shown[code][0], -shown[code][1], code))


def _panels(result: BacktestResult, catalog: Catalog, equipment: Equipment) -> list[Panel]:
    declared = catalog.types[equipment.type]
    metrics = sorted({metric for code, metric in result.envelopes if code == equipment.code})
    return [
        _panel(result, equipment, *_named(declared, metric), metric)
        for metric in metrics
        if any(rule.metric == metric for setting in result.settings for rule in _rules(setting, equipment.code))
    ]


def _named(declared: EquipmentType, metric: str) -> tuple[Text, str]:
    """(label, unit)."""
    if metric == SCORE:
        return _SCORE, "1"
    return declared.metrics[metric].label, declared.metrics[metric].unit


def _panel(result: BacktestResult, equipment: Equipment, label: Text, unit: str, metric: str) -> Panel:
    envelope: Envelope = result.envelopes[equipment.code, metric]
    return Panel(
        equipment=equipment.code,
        name=equipment.name,
        metric=label,
        unit="" if unit == "1" else unit,
        lowest=_numbers(envelope.lowest),
        highest=_numbers(envelope.highest),
        settings=tuple(_setting(one, equipment.code, metric) for one in result.settings),
        faults=tuple(
            FaultBand(onset=one.fault.onset, failure=one.fault.failure, fault_mode=one.fault.fault_mode)
            for one in result.settings[0].faults
            if one.fault.equipment == equipment.code
        ),
    )


def _setting(setting: SettingResult, code: str, metric: str) -> SettingPanel:
    rules = [rule for rule in _rules(setting, code) if rule.metric == metric]
    ids = {rule.id for rule in rules}
    return SettingPanel(
        limits=tuple(
            LimitLine(rule=rule.id, limit=rule.limit, clear_limit=rule.clear_limit, severity=rule.severity)
            for rule in rules
            if rule.signal is None  # the limit of another signal is in no unit of the metric
        ),
        alarms=tuple(
            _band(one, ids) for one in setting.episodes if one.key.equipment == code and not ids.isdisjoint(one.rules)
        ),
    )


def _rules(setting: SettingResult, code: str) -> Sequence[ActiveRule]:
    return setting.active.get(code, ())


def _band(episode: Episode, rules: AbstractSet[str]) -> AlarmBand:
    """From when a rule on this metric held it up."""
    since = min(at for rule, at in episode.joined.items() if rule in rules)
    return AlarmBand(since=since, until=episode.cleared_at, false=episode.is_false)


def _numbers(values: Floats) -> Numbers:
    return tuple(None if np.isnan(value) else float(f"{value:.{_DIGITS}g}") for value in values.tolist())
