"""Backtests of an installation: its equipment cut into clusters, through processes, put together again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from pathlib import Path

from iot_maint.bootstrap.backtest_cluster import Cluster, run_cluster
from iot_maint.bootstrap.backtest_models import chosen_models
from iot_maint.bootstrap.backtest_progress import begin_progress
from iot_maint.bootstrap.backtest_scope import labels_in_orders, say_what_there_is, span_of_files, tried_equipment
from iot_maint.bootstrap.backtest_suggestion import suggest_limit
from iot_maint.bootstrap.spreading import map_by
from iot_maint.catalog import load_catalog
from iot_maint.domain.catalog import Catalog, ThresholdRule
from iot_maint.domain.equipment import Monitored
from iot_maint.domain.errors import InvalidInput, MaintError
from iot_maint.domain.instants import epoch_ms
from iot_maint.rules.applicability import ActiveRule, report_rules
from iot_maint.services.backtest.choosing import choose_rules, narrow
from iot_maint.services.backtest.modelled import model_sources, rule_of_source, score_rule, with_wishes
from iot_maint.services.backtest.result import BacktestResult, Tried, put_together
from iot_maint.services.backtest.suggesting import rule_to_suggest_for
from iot_maint.services.backtest.trials import AS_IT_STANDS, Trial, apply_wishes
from iot_maint.services.feedback.faults import KnownFault, Labels
from iot_maint.services.scoring.live_models import LiveModel
from iot_maint.services.training.fanning import FanOut
from iot_maint.settings import Settings

_NAMED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is to be tried.

    `start` and `end` (half open) may be None with `files`: then all of them.  `equipment` empty: all.  `register`: of
    the files, else the installation's.  `models`: ids or statuses of the registry, beside the rules.  `wish`: false
    alarms per device-month, to suggest a limit for.  `plotted`: keep what a plot needs.  `progress`: a folder in which
    each cluster writes the share that it has done.
    """

    rules: tuple[str, ...]
    start: datetime | None
    end: datetime | None
    trials: tuple[Trial, ...] = (Trial(label=AS_IT_STANDS, wishes={}),)
    equipment: tuple[str, ...] = ()
    files: tuple[Path, ...] = ()
    register: Path | None = None
    models: tuple[str, ...] = ()
    faults: tuple[KnownFault, ...] = ()
    wish: float | None = None
    plotted: bool = False
    progress: Path | None = None


def run_backtest(settings: Settings, asked: Asked, map_over: FanOut | None = None) -> BacktestResult:
    """The whole of it; `MaintError` says what is wrong with what was asked, or how much history there is.

    `map_over`: None is what the settings say, a cluster or the cores of this machine.
    """
    map_over = map_over or map_by(settings)
    catalog = load_catalog(settings.catalog_dir, settings.service_levels)
    rules = choose_rules(catalog, asked.rules)
    if not asked.rules and not asked.models:
        raise InvalidInput("rules", "what is to be tried? Name rules, or models with --model")
    narrowed = narrow(catalog, rules)
    models = chosen_models(settings, asked.models, asked.equipment)
    tried_ones = (*rules, *model_sources(models))
    start, end = _span(settings, asked)
    entries, beside = tried_equipment(settings, asked.register, asked.equipment, narrowed, models)
    models = {code: one for code, one in models.items() if any(entry.equipment.code == code for entry in entries)}
    rule = None if asked.wish is None else _rule_to_suggest_for(catalog, rules, models)
    tried = [_try(trial, tried_ones, narrowed, entries, models) for trial in asked.trials]
    labels = Labels() if asked.files else labels_in_orders(settings, entries)
    labels = replace(labels, faults=(*asked.faults, *labels.faults))
    clusters = _clusters(settings, asked, rules, entries, beside, models, labels, start, end)
    begin_progress([one.progress for one in clusters if one.progress is not None])
    runs = list(map_over(run_cluster, clusters))
    if not any(one.coverage for one in runs):
        nothing = "the files hold nothing of this equipment in the asked time"
        raise MaintError(nothing if asked.files else say_what_there_is(settings, entries, narrowed, models))
    result = BacktestResult(
        rules=tried_ones,
        start=start,
        end=end,
        settings=put_together(tried, runs, labels, settings.zone),
        envelopes={key: one for cluster in runs for key, one in cluster.envelopes.items()},
        models=models,
    )
    if rule is None or asked.wish is None:
        return result
    months = result.settings[0].figures.device_months
    return replace(result, suggestion=suggest_limit(rule, narrowed, clusters, months, asked.wish, map_over))


def _span(settings: Settings, asked: Asked) -> tuple[datetime, datetime]:
    start, end = asked.start, asked.end
    if start is None or end is None:
        if not asked.files:
            raise InvalidInput("--from, --to", "which time? Both are needed, unless --files tells all of it")
        first, last = span_of_files(settings, asked.files)
        start, end = start or first, end or last
    if end <= start:
        raise InvalidInput("--to", f"{end.isoformat()} is not after --from {start.isoformat()}")
    return start, end


def _rule_to_suggest_for(catalog: Catalog, rules: Sequence[str], models: Mapping[str, LiveModel]) -> ThresholdRule:
    """The one rule or detector that is tried; `InvalidInput` for several."""
    sources = model_sources(models)
    if rules or len(sources) != 1:
        return rule_to_suggest_for(catalog, (*rules, *sources))
    return rule_of_source(sources[0], models)


def _try(
    trial: Trial,
    rules: Sequence[str],
    catalog: Catalog,
    entries: Sequence[Monitored],
    models: Mapping[str, LiveModel],
) -> Tried:
    """What would run; `InvalidInput` where a limit cannot be."""
    for rule in trial.wishes:
        if rule not in rules:
            raise InvalidInput("--set", f"{rule} is not among what is tried: {', '.join(rules[:_NAMED])}")
    active: dict[str, tuple[ActiveRule, ...]] = {}
    scored = with_wishes(models, trial)
    for entry in entries:
        reports = report_rules(catalog.types[entry.equipment.type], apply_wishes(catalog, entry, trial.wishes))
        code = entry.equipment.code
        limits = (score_rule(scored[code]),) if code in scored else ()
        active[code] = (*(report.active for report in reports if report.active is not None), *limits)
    return Tried(label=trial.label, active=active)


def _clusters(
    settings: Settings,
    asked: Asked,
    rules: tuple[str, ...],
    entries: Sequence[Monitored],
    beside: Sequence[Monitored],
    models: Mapping[str, LiveModel],
    labels: Labels,
    start: datetime,
    end: datetime,
) -> list[Cluster]:
    """A site each: equipment of one site may depend on each other, of two sites never.  Files are one cluster."""
    ordered = sorted((*entries, *beside), key=lambda entry: (entry.equipment.site, entry.equipment.code))
    groups = [ordered] if asked.files else [list(of) for _, of in groupby(ordered, lambda one: one.equipment.site)]
    return [
        Cluster(
            settings=settings,
            rules=rules,
            trials=asked.trials,
            entries=tuple(group),
            beside=frozenset(one.equipment.code for one in beside),
            start_ms=epoch_ms(start),
            end_ms=epoch_ms(end),
            # A process that works for others stands where it was started, not where this one does.
            files=tuple(file.absolute() for file in asked.files),
            models={one.equipment.code: models[one.equipment.code] for one in group if one.equipment.code in models},
            labels=labels,
            plotted=asked.plotted,
            progress=None if asked.progress is None else asked.progress / str(number),
        )
        for number, group in enumerate(groups)
    ]
