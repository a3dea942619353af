"""A fitted detector becomes a model: its card, its file, its row in the registry."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from iot_maint.domain.catalog import DetectorSpec
from iot_maint.domain.ports import Clock, Database
from iot_maint.domain.trained_models import ModelCard, ModelOwner, ModelStatus, TrainedModel
from iot_maint.models.detector import Parts, Recipe
from iot_maint.services.model_files import ModelFiles, StoredModel
from iot_maint.services.model_registry import register_model
from iot_maint.services.training.asking import TrainingRequest
from iot_maint.services.training.fitting import Fitted, versions
from iot_maint.services.training.history import History


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeper:
    """Where models are kept."""

    database: Database
    files: ModelFiles
    clock: Clock

    def keep(
        self,
        request: TrainingRequest,
        owner: ModelOwner,
        equipment_type: str,
        kind: str | None,
        card: ModelCard,
        parts: Parts,
        status: ModelStatus,
    ) -> TrainedModel:
        """The file first: a row without its file would be worse than a file without its row."""
        file = self.files.save(StoredModel(owner=owner, card=card, parts=parts))
        model = TrainedModel(
            owner=owner,
            equipment_type=equipment_type,
            kind=kind,
            detector=card.detector,
            status=status,
            file=file,
            card=card,
            created_at=self.clock.now(),
            created_by=request.by,
        )
        with self.database.transaction() as repositories:
            return register_model(repositories, model, note=request.reason)


def card_of(
    request: TrainingRequest, detector: str, spec: DetectorSpec, recipe: Recipe, history: History, fitted: Fitted
) -> ModelCard:
    """The card of a model of one piece of equipment."""
    return make_card(
        request,
        detector,
        spec,
        recipe,
        fitted,
        span=history.span,
        rows=history.count,
        left_out=history.left_out,
        present=history.present,
    )


def make_card(
    request: TrainingRequest,
    detector: str,
    spec: DetectorSpec,
    recipe: Recipe,
    fitted: Fitted,
    *,
    span: tuple[datetime, datetime],
    rows: int,
    left_out: Mapping[str, int],
    present: Mapping[str, float],
) -> ModelCard:
    """What it was made of, and with what; limits and dwell are the type's."""
    return ModelCard(
        detector=detector,
        metrics=recipe.metrics,
        drivers=recipe.drivers,
        gate=recipe.gate,
        bin_s=recipe.bin_s,
        trained_from=span[0],
        trained_until=span[1],
        rows=rows,
        left_out=left_out,
        present=present,
        limit=spec.limit,
        clear_limit=spec.clear,
        dwell_rows=spec.dwell_rows,
        percentiles=fitted.percentiles,
        tail=fitted.tail,
        seed=request.seed,
        versions=versions(),
        reason=request.reason,
    )
