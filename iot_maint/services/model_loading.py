"""From a row of the registry to the detector itself: file verified, owner compared, kind known, parts whole."""

from collections.abc import Mapping
from dataclasses import dataclass

from iot_maint.domain.errors import MaintError, RefusedModel
from iot_maint.domain.trained_models import ModelCard, TrainedModel
from iot_maint.models.detector import Detector, DetectorKind
from iot_maint.models.placing import PlacedKind
from iot_maint.services.model_files import ModelFiles


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedModel:
    """A model that can score."""

    id: int
    kind: DetectorKind
    detector: Detector
    card: ModelCard


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelLoader:
    """`kinds`: the detectors of this release, by name."""

    files: ModelFiles
    kinds: Mapping[str, DetectorKind]

    def load(self, model: TrainedModel) -> LoadedModel:
        """`RefusedModel` names the model and its file, what is wrong, and what to do."""
        stored = self.files.load(model.file)
        if stored.owner != model.owner:
            raise _refused(model, f"its file is of {stored.owner.subject}, not of {model.owner.subject}")
        kind = self.kinds.get(stored.card.detector)
        if kind is None:
            raise _refused(model, f"this release has no detector {stored.card.detector}")
        if stored.card.fleet_file is not None:
            kind = PlacedKind(kind)
        try:
            detector = kind.restore(stored.parts)
        except MaintError as error:
            raise _refused(model, str(error)) from error
        return LoadedModel(id=model.id, kind=kind, detector=detector, card=stored.card)


def _refused(model: TrainedModel, reason: str) -> RefusedModel:
    return RefusedModel(
        f"model {model.id} ({model.file}): {reason}; the champion before it stays in use; "
        f"train {model.owner.subject} again"
    )
