"""A detector of all equipment of a type and kind, and a place in it for each whose own history is too short."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from iot_maint.domain.catalog import DetectorSpec, EquipmentType
from iot_maint.domain.ports import Database
from iot_maint.domain.trained_models import ModelStatus, TrainedModel, owner_of_equipment, owner_of_fleet
from iot_maint.models.detector import DetectorKind, Parts, Recipe
from iot_maint.models.placing import PlacedDetector, learn_placing
from iot_maint.services.training.asking import (
    ENOUGH_DAYS,
    PLACE_DAYS,
    TrainingOutcome,
    TrainingRequest,
    Way,
    fleet_of,
    outcome_of,
    status_of,
)
from iot_maint.services.training.fanning import FanOut
from iot_maint.services.training.fitting import FitJob, Fitted, NotFitted, fit, measured
from iot_maint.services.training.history import History, HistoryReader
from iot_maint.services.training.keeping import Keeper, card_of, make_card
from iot_maint.services.training.pooling import MOST_ROWS, aligned, common_recipe, pool


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """Who is pooled: all in use of a type and kind, with what the type declares for that kind."""

    type: EquipmentType
    kind: str | None
    spec: DetectorSpec
    declared: Recipe


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetTrainer:
    """Trains one fleet after the other."""

    database: Database
    reader: HistoryReader
    keeper: Keeper
    fan_out: FanOut

    def train(
        self, request: TrainingRequest, fleet: Fleet, detector: DetectorKind, short: Sequence[History]
    ) -> Iterator[TrainingOutcome]:
        """The fleet's model, then one of each whose history was too `short` for its own."""
        everyone = self._histories(fleet)
        recipe = common_recipe(everyone, fleet.declared)
        pooled_days = sum(history.days for history in everyone)
        if recipe is None or pooled_days < ENOUGH_DAYS:
            trouble = f"{len(everyone)}: {pooled_days:.1f} d"
            yield from (replace(outcome_of(history, Way.TOO_SHORT), trouble=trouble) for history in short)
            return
        rows = pool(everyone, recipe)
        [fitted] = self.fan_out(fit, [FitJob(kind=detector, rows=rows, recipe=recipe, seed=request.seed)])
        if isinstance(fitted, NotFitted):
            yield from (replace(outcome_of(history, Way.NOT_FITTED), trouble=fitted.reason) for history in short)
            return
        model = self._keep_fleet(request, fleet, detector, recipe, everyone, len(rows), fitted)
        yield TrainingOutcome(
            subject=model.owner.subject, way=Way.FLEET_ITSELF, days=pooled_days, rows=len(rows), model=model
        )
        for history in short:
            yield self._place(request, history, detector, fleet.spec, recipe, fitted.parts, model)

    def _histories(self, fleet: Fleet) -> list[History]:
        """Of all that can be placed, each one's newest rows, so that all fit into memory together."""
        with self.database.reading() as repositories:
            members = fleet_of(repositories, fleet.type.name, fleet.kind)
        share = MOST_ROWS // max(len(members), 1)
        histories = (self.reader.read(equipment, fleet.type, fleet.declared).newest(share) for equipment in members)
        return [history for history in histories if history.days >= PLACE_DAYS and history.recipe.metrics]

    def _keep_fleet(
        self,
        request: TrainingRequest,
        fleet: Fleet,
        detector: DetectorKind,
        recipe: Recipe,
        everyone: Sequence[History],
        rows: int,
        fitted: Fitted,
    ) -> TrainedModel:
        spans = [history.span for history in everyone]
        shares = {
            name: round(sum(one.present.get(name, 0.0) for one in everyone) / len(everyone), 4)
            for name in recipe.columns
        }
        card = make_card(
            request,
            detector.name,
            fleet.spec,
            recipe,
            fitted,
            span=(min(start for start, _ in spans), max(end for _, end in spans)),
            rows=rows,
            left_out={},
            present=shares,
        )
        card = replace(card, members=tuple(history.equipment.code for history in everyone))
        owner = owner_of_fleet(fleet.type.name, fleet.kind)
        # Nothing is scored with it directly: it stands behind the models of its equipment.
        status = ModelStatus.CANDIDATE
        return self.keeper.keep(request, owner, fleet.type.name, fleet.kind, card, fitted.parts, status)

    def _place(
        self,
        request: TrainingRequest,
        history: History,
        detector: DetectorKind,
        spec: DetectorSpec,
        recipe: Recipe,
        parts: Parts,
        fleet: TrainedModel,
    ) -> TrainingOutcome:
        equipment = history.equipment
        rows = aligned(history.rows, recipe.columns)
        placed = PlacedDetector(fleet=detector.restore(parts), placing=learn_placing(rows, recipe.gate))
        fitted = measured(placed, rows)
        card = card_of(request, detector.name, spec, recipe, history, fitted)
        card = replace(card, fleet_file=fleet.file, members=fleet.card.members)
        owner = owner_of_equipment(equipment.code)
        model = self.keeper.keep(request, owner, equipment.type, equipment.kind, card, fitted.parts, status_of(request))
        return replace(outcome_of(history, Way.FLEET), model=model)
