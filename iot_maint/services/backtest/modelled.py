"""Models in a backtest: one on each piece of equipment, beside the rules that are tried or alone."""

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

import numpy as np

from iot_maint.domain.catalog import Basis, BasisKind, Catalog, Comparison, Limit, Severity, ThresholdRule
from iot_maint.domain.equipment import LimitOverride, Monitored
from iot_maint.domain.errors import InvalidInput
from iot_maint.domain.history import HistoryRows
from iot_maint.rules.applicability import ActiveRule
from iot_maint.services.backtest.trials import Trial
from iot_maint.services.register.limits import LimitWish
from iot_maint.services.scoring.judging import rule_of_model, source_of
from iot_maint.services.scoring.live_models import LiveModel
from iot_maint.services.scoring.scorer import Scored

SCORE = "model.score"  # the score among the metrics of a plot; no metric has a dot


class ChosenModels:
    """`LiveModels` of a backtest: they never change."""

    revision = 1

    def __init__(self, models: Mapping[str, LiveModel]) -> None:
        self._models = models

    def of(self, equipment: str, /) -> Sequence[LiveModel]:
        """The one that is tried there."""
        one = self._models.get(equipment)
        return () if one is None else (one,)


def model_sources(models: Mapping[str, LiveModel]) -> tuple[str, ...]:
    """`model.tracker`, …, as `--set` and a wish name them."""
    return tuple(sorted({source_of(one.kind.name) for one in models.values()}))


def with_wishes(models: Mapping[str, LiveModel], trial: Trial) -> Mapping[str, LiveModel]:
    """The models with what the trial wishes of their limits; `InvalidInput` where a limit cannot be."""
    return {code: _wished(one, trial.wishes.get(source_of(one.kind.name))) for code, one in models.items()}


def metrics_of(model: LiveModel | None) -> frozenset[str]:
    """What it looks at."""
    return frozenset() if model is None else frozenset(model.detector.recipe.columns)


def score_rule(model: LiveModel) -> ActiveRule:
    """Its limit, as one on the score."""
    return replace(rule_of_model(model), metric=SCORE)


def rule_of_source(source: str, models: Mapping[str, LiveModel]) -> ThresholdRule:
    """The limit of a detector as a rule for which one is suggested; `InvalidInput` where its models differ."""
    limits = {(one.limit, one.clear_limit) for one in models.values() if source_of(one.kind.name) == source}
    if len(limits) != 1:
        raise InvalidInput("wish", f"the models of {source} have several limits: name equipment of which they are one")
    ((limit, clear_limit),) = limits
    return ThresholdRule(
        id=source,
        key=source,
        metric=SCORE,
        comparison=Comparison.ABOVE,
        limit=Limit(value=limit),
        clear_limit=Limit(value=clear_limit),
        for_duration=timedelta(0),
        occurrences=1,
        severity=Severity.WARNING,
        fault_mode="",
        kinds=frozenset(),
        gated=False,
        max_gap=None,
        basis=Basis(kind=BasisKind.ENGINEERING_DEFAULT),
    )


def keep_reveals(whole: Catalog, narrowed: Catalog) -> Catalog:
    """The whole catalog, in which the narrowed one's rules are as they stand there.

    A score says which fault it is of by the rules of its type, also by those that are not tried.
    """
    types = {name: replace(one, rules={**one.rules, **narrowed.types[name].rules}) for name, one in whole.types.items()}
    return replace(whole, types=types)


def switch_off_others(entry: Monitored, whole: Catalog, narrowed: Catalog) -> Monitored:
    """The equipment on which only the narrowed catalog's rules run."""
    code, name = entry.equipment.code, entry.equipment.type
    others = whole.types[name].rules.keys() - narrowed.types[name].rules.keys()
    off = {key: LimitOverride(equipment=code, rule_key=key, enabled=False) for key in sorted(others)}
    return replace(entry, overrides={**entry.overrides, **off})


def see_scores(see: Callable[[str, HistoryRows], None], scores: Sequence[Scored], beside: Collection[str]) -> None:
    """Scores as rows of one metric."""
    for one in scores:
        if one.equipment not in beside:
            values = np.array(one.scores).reshape(-1, 1)
            at_ms = np.array(one.at_ms, dtype=np.int64)
            see(one.equipment, HistoryRows(metrics=(SCORE,), at_ms=at_ms, values=values))


def _wished(model: LiveModel, wish: LimitWish | None) -> LiveModel:
    if wish is None:
        return model
    source = source_of(model.kind.name)
    limit = model.limit if wish.limit is None else _number(source, wish.limit)
    moved = model.clear_limit * limit / model.limit
    clear_limit = moved if wish.clear_limit is None else _number(source, wish.clear_limit)
    if clear_limit >= limit:
        raise InvalidInput(f"{source}.clear", f"{clear_limit:g} is not below the limit of {limit:g}")
    rows = model.dwell_rows
    if wish.for_duration is not None:
        rows = max(math.ceil(wish.for_duration.total_seconds() / model.detector.recipe.bin_s), 1)
    return replace(model, limit=limit, clear_limit=clear_limit, dwell_rows=rows)


def _number(source: str, limit: Limit) -> float:
    if limit.value is None or not limit.value > 0:
        raise InvalidInput(source, "a limit of a score is a number above 0")
    return limit.value
