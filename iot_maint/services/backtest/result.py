"""What a backtest came to, put together from the runs of its clusters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from iot_maint.domain.findings import Finding
from iot_maint.domain.work_orders import WorkOrder
from iot_maint.rules.applicability import ActiveRule
from iot_maint.services.backtest.coverage import Coverage
from iot_maint.services.backtest.envelopes import Envelope
from iot_maint.services.backtest.running import Run
from iot_maint.services.backtest.suggesting import Suggestion
from iot_maint.services.backtest.verdicts import (
    Episode,
    EquipmentFigures,
    FaultFound,
    Figures,
    episodes_of,
    faults_found,
    figures_by_equipment,
    figures_of,
)
from iot_maint.services.feedback.faults import Labels
from iot_maint.services.scoring.live_models import LiveModel


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterRuns:
    """One cluster's runs, one a setting, and what its history was; `envelopes` by (equipment, metric)."""

    runs: tuple[Run, ...]
    coverage: tuple[Coverage, ...]
    envelopes: Mapping[tuple[str, str], Envelope]


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingResult:
    """What one setting came to.  `found` counts findings, of which `findings` are the first.

    `active` are the rules that ran, by equipment, with their numbers.
    """

    label: str
    findings: tuple[Finding, ...]
    found: int
    episodes: tuple[Episode, ...]
    faults: tuple[FaultFound, ...]
    orders: tuple[WorkOrder, ...]
    equipment: tuple[EquipmentFigures, ...]
    figures: Figures
    active: Mapping[str, tuple[ActiveRule, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestResult:
    """A whole backtest; `start` and `end` bound the asked time, half open.  `models`: those tried, by equipment."""

    rules: tuple[str, ...]
    start: datetime
    end: datetime
    settings: tuple[SettingResult, ...]
    envelopes: Mapping[tuple[str, str], Envelope]
    suggestion: Suggestion | None = None
    models: Mapping[str, LiveModel] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A setting's name, and the rules that it makes run on each piece of equipment."""

    label: str
    active: Mapping[str, tuple[ActiveRule, ...]]


def put_together(
    trials: Sequence[Tried], clusters: Sequence[ClusterRuns], labels: Labels, zone: ZoneInfo
) -> tuple[SettingResult, ...]:
    """One result a setting; the order of the clusters makes no difference."""
    coverage = sorted((one for cluster in clusters for one in cluster.coverage), key=lambda c: (c.site, c.equipment))
    tried = {one.equipment for one in coverage}
    known = replace(labels, faults=tuple(fault for fault in labels.faults if fault.equipment in tried))
    return tuple(
        _setting(trial, [cluster.runs[index] for cluster in clusters], coverage, known, zone)
        for index, trial in enumerate(trials)
    )


def _setting(
    trial: Tried, runs: Sequence[Run], coverage: Sequence[Coverage], labels: Labels, zone: ZoneInfo
) -> SettingResult:
    episodes = episodes_of((event for run in runs for event in run.events), labels)
    found = faults_found(labels.faults, episodes)
    equipment = figures_by_equipment(coverage, episodes)
    findings = sorted(
        (finding for run in runs for finding in run.findings), key=lambda one: (one.at, one.equipment, one.rule)
    )
    return SettingResult(
        label=trial.label,
        active=trial.active,
        findings=tuple(findings),
        found=sum(run.found for run in runs),
        episodes=episodes,
        faults=found,
        orders=_numbered([order for run in runs for order in run.orders], zone),
        equipment=equipment,
        figures=figures_of(equipment, found),
    )


def _numbered(orders: Sequence[WorkOrder], zone: ZoneInfo) -> tuple[WorkOrder, ...]:
    """In the order of their alarms, numbered as one installation would have; opened when their alarm was raised."""
    numbered: list[WorkOrder] = []
    of_day: dict[str, int] = {}
    last: dict[tuple[str, str], str] = {}
    for order in sorted(orders, key=lambda one: (one.raised_at, one.equipment, one.fault_mode)):
        day = f"{order.raised_at.astimezone(zone):%Y%m%d}"
        of_day[day] = of_day.get(day, 0) + 1
        number = f"WO-{day}-{of_day[day]:04}"
        opened = order.raised_at - order.opened_at
        numbered.append(
            replace(
                order,
                number=number,
                opened_at=order.raised_at,
                deadlines={name: at + opened for name, at in order.deadlines.items()},
                previous=last.get((order.equipment, order.fault_mode)),
            )
        )
        last[order.equipment, order.fault_mode] = number
    return tuple(numbered)
