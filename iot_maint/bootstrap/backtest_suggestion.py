"""A limit for a wished rate of false alarms, tried on the history of a backtest by the live path itself."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from iot_maint.bootstrap.backtest_cluster import Cluster, run_cluster, sample_cluster
from iot_maint.domain.alarms import AlarmEvent
from iot_maint.domain.catalog import Catalog, ThresholdRule
from iot_maint.domain.columns import Floats
from iot_maint.domain.equipment import Monitored
from iot_maint.domain.errors import InvalidInput
from iot_maint.services.backtest.coverage import Coverage
from iot_maint.services.backtest.modelled import with_wishes
from iot_maint.services.backtest.suggesting import MOST_IN_ALARM, Suggestion, shifted, suggest
from iot_maint.services.backtest.trials import Trial, apply_wishes
from iot_maint.services.backtest.verdicts import episodes_of, figures_by_equipment, figures_of
from iot_maint.services.feedback.faults import Labels
from iot_maint.services.register.limits import LimitWish
from iot_maint.services.scoring.live_models import LiveModel
from iot_maint.services.training.fanning import FanOut


def suggest_limit(
    rule: ThresholdRule,
    catalog: Catalog,
    clusters: Sequence[Cluster],
    device_months: float,
    wish: float,
    map_over: FanOut,
) -> Suggestion:
    """`catalog` is the one that is narrowed to the rule."""
    entries = {entry.equipment.code: entry for cluster in clusters for entry in cluster.entries}
    models = {code: one for cluster in clusters for code, one in cluster.models.items()}

    def count(shifts: Sequence[float]) -> Mapping[float, int | None]:
        trials = {
            shift: Trial(label=repr(shift), wishes={rule.id: LimitWish(limit=shifted(rule, shift))}) for shift in shifts
        }
        possible = [shift for shift in shifts if _is_possible(catalog, trials[shift], entries.values(), models)]
        if not possible:
            return {}
        wanted = tuple(trials[shift] for shift in possible)
        parts = [
            replace(one, trials=wanted, allowed=int(wish * device_months + 1e-9), plotted=False) for one in clusters
        ]
        told: dict[float, list[AlarmEvent]] = {shift: [] for shift in possible}
        given_up: set[float] = set()
        coverage: list[Coverage] = []
        for part in map_over(run_cluster, parts):
            coverage += part.coverage
            for shift, run in zip(possible, part.runs, strict=True):
                told[shift] += run.events
                given_up |= {shift} if run.given_up else set()
        labels = clusters[0].labels
        return {shift: None if shift in given_up else _false(told[shift], coverage, labels) for shift in possible}

    return suggest(rule, _distances(rule, clusters, entries, map_over), device_months, wish, count)


def _false(events: Sequence[AlarmEvent], coverage: Sequence[Coverage], labels: Labels) -> int | None:
    """How many alarms were false; None where they stood for too long."""
    wrong = [episode for episode in episodes_of(events, labels) if episode.is_false]
    figures = figures_of(figures_by_equipment(coverage, wrong), ())
    return None if figures.share_in_alarm > MOST_IN_ALARM else figures.false_alarms


def _distances(
    rule: ThresholdRule, clusters: Sequence[Cluster], entries: Mapping[str, Monitored], map_over: FanOut
) -> Floats:
    """A sample of the values, from the limit that the catalog has for each piece of equipment."""
    distances = [
        values - limit
        for sample in map_over(sample_cluster, clusters)
        for code, values in sorted(sample.items())
        if (limit := rule.limit.resolve(entries[code].equipment.parameters)) is not None
    ]
    return np.concatenate(distances) if distances else np.zeros(0)


def _is_possible(catalog: Catalog, trial: Trial, entries: Iterable[Monitored], models: Mapping[str, LiveModel]) -> bool:
    """Whether every piece of equipment can have such a limit: one beyond the metric's range is none."""
    try:
        for entry in entries:
            apply_wishes(catalog, entry, trial.wishes)
        with_wishes(models, trial)
    except InvalidInput:
        return False
    return True
