"""Champions held against their calibration every so often; one that has drifted gets a challenger in its shadow.

What is due follows from the database and the clock alone, and each check is claimed before it begins: a restart loses
none, and of several processes one does it.  A claim whose process died is free again after an hour.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np

from iot_maint.domain.errors import MaintError, RefusedModel, StoreUnavailable
from iot_maint.domain.ports import Clock, Database
from iot_maint.domain.trained_models import ModelCheck, ModelStatus, TrainedModel
from iot_maint.models.detector import Rows
from iot_maint.services.model_loading import LoadedModel, ModelLoader
from iot_maint.services.training.asking import LOOK_BACK, TrainingRequest
from iot_maint.services.training.fitting import confident_scores, tail_of
from iot_maint.services.training.history import HistoryReader
from iot_maint.services.training.pooling import aligned
from iot_maint.services.training.recipes import recipe_for
from iot_maint.services.training.trainer import Trainer

log = logging.getLogger(__name__)

CLAIM_HELD = timedelta(hours=1)
# Fewer rows than a day of them say nothing of a share of one in a hundred.
LEAST_ROWS = 200
# In powers of ten: five times as many of the recent healthy rows beyond some score as in training, or a fifth.
DRIFTED = 0.7
# Of an old model's seasons half are missing: a challenger is trained even without drift.
OLD_AFTER = timedelta(days=90)
BY = "model check"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelChecker:
    """`every` is the setting's period; `reader` makes a reader of a span's history."""

    database: Database
    clock: Clock
    loader: ModelLoader
    trainer: Trainer
    every: timedelta
    reader: Callable[[datetime, datetime], HistoryReader]

    def run_due(self) -> int:
        """Do what is due, one equipment after the other; how many were checked."""
        done = 0
        for champion in self._due():
            claim = self._claim(champion)
            if claim is not None:
                self._save(self._check(champion, claim))
                done += 1
        return done

    def _due(self) -> list[TrainedModel]:
        """Champions of equipment whose last check, or else promotion, is a period old and that nobody works on."""
        now = self.clock.now()
        with self.database.reading() as repositories:
            checks = {check.equipment: check for check in repositories.models.checks()}
            champions = [
                model
                for model in repositories.models.in_use()
                if model.equipment is not None and model.promoted_at is not None and not _is_shadow(model)
            ]
        return [one for one in champions if _is_due(one, checks.get(one.owner.subject), now, self.every)]

    def _claim(self, champion: TrainedModel) -> ModelCheck | None:
        code, now = champion.owner.subject, self.clock.now()
        with self.database.transaction() as repositories:
            seen = repositories.models.check_of(code)
            # Asked again: another process may have done it since.
            if not _is_due(champion, seen, now, self.every):
                return None
            if not repositories.models.claim_check(code, seen, now):
                return None
        return ModelCheck(equipment=code, claimed_at=now)

    def _save(self, check: ModelCheck) -> None:
        with self.database.transaction() as repositories:
            repositories.models.save_check(check)
        log.info("the model of %s: %s", check.equipment, check.outcome)

    def _check(self, champion: TrainedModel, claim: ModelCheck) -> ModelCheck:
        now = self.clock.now()
        try:
            loaded = self.loader.load(champion)
            drift = self._drift(champion, loaded, now)
        except RefusedModel as error:
            return replace(claim, checked_at=now, outcome=str(error))
        reason = _reason(champion, drift, now)
        if reason is None:
            said = "too little healthy time since" if drift is None else f"as calibrated (drift {drift:.2f})"
            return replace(claim, checked_at=now, drift=drift, outcome=said)
        return replace(
            claim, checked_at=now, drift=drift, outcome=f"{reason}: {self._challenge(champion, reason, now)}"
        )

    def _drift(self, champion: TrainedModel, loaded: LoadedModel, now: datetime) -> float | None:
        """Of the healthy time of the last period; None where there is too little of it."""
        rows = self._recent(champion, loaded, now)
        if rows is None or len(rows) < LEAST_ROWS:
            return None
        scores = confident_scores(loaded.detector, rows)
        if len(scores) < LEAST_ROWS:
            return None
        return drift_between(loaded.card.tail, tail_of(scores), len(scores))

    def _recent(self, champion: TrainedModel, loaded: LoadedModel, now: datetime) -> Rows | None:
        with self.database.reading() as repositories:
            equipment = repositories.equipment.get(champion.owner.subject)
        type_ = self.trainer.catalog.types.get(equipment.type) if equipment is not None else None
        if equipment is None or type_ is None or recipe_for(type_, equipment.kind) is None:
            return None
        recipe = loaded.detector.recipe
        if not set(recipe.columns) <= type_.metrics.keys():
            return None
        start = max(now - self.every, champion.card.trained_until)
        history = self.reader(start, now).read(equipment, type_, recipe)
        return aligned(history.rows, recipe.columns)

    def _challenge(self, champion: TrainedModel, reason: str, now: datetime) -> str:
        request = TrainingRequest(
            start=now - LOOK_BACK,
            until=now,
            by=BY,
            codes=(champion.owner.subject,),
            detector=champion.detector,
            shadow=True,
            reason=reason,
        )
        try:
            outcomes = list(self.trainer.train(request))
        except StoreUnavailable:
            raise
        except MaintError as error:
            return f"no challenger: {error}"
        for outcome in outcomes:
            if outcome.model is not None and outcome.model.equipment == champion.owner.subject:
                return f"challenger {outcome.model.id} scores in its shadow"
        return f"no challenger: {outcomes[-1].days:.1f} d of healthy history" if outcomes else "no challenger"


def drift_between(calibrated: tuple[float, ...], recent: tuple[float, ...], rows: int) -> float:
    """The largest distance between the two tails, in powers of ten; where either has rows enough to tell.

    Shares are compared down to one that ten of the recent rows would make.
    """
    least = 10 / rows
    distances = [
        abs(float(np.log10(max(now, least) / max(then, least)))) for then, now in zip(calibrated, recent, strict=True)
    ]
    return round(max(distances, default=0.0), 4)


def _reason(champion: TrainedModel, drift: float | None, now: datetime) -> str | None:
    if drift is not None and drift >= DRIFTED:
        return f"drifted ({drift:.2f})"
    if now - champion.card.trained_until >= OLD_AFTER:
        return f"trained on data up to {champion.card.trained_until:%Y-%m-%d}"
    return None


def _is_due(champion: TrainedModel, check: ModelCheck | None, now: datetime, every: timedelta) -> bool:
    if check is not None and (check.checked_at is None or check.checked_at < check.claimed_at):
        return now - check.claimed_at >= CLAIM_HELD  # under way, or its process died
    since = max(filter(None, (champion.promoted_at, check.checked_at if check is not None else None)))
    return now - since >= every


def _is_shadow(model: TrainedModel) -> bool:
    return model.status is ModelStatus.SHADOW
