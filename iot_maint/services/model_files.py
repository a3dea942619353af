"""A trained model as it rests in its file, and the port to where the files are."""

from dataclasses import dataclass
from typing import Protocol

from iot_maint.domain.trained_models import ModelCard, ModelOwner
from iot_maint.models.detector import Parts


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredModel:
    """Whose it is, what it is, and the detector itself in parts."""

    owner: ModelOwner
    card: ModelCard
    parts: Parts


class ModelFiles(Protocol):
    """Where models rest, each under the name that its content gives it: the same model twice is one file."""

    def save(self, model: StoredModel) -> str:
        """Durable before it returns; the file's name.  `StoreUnavailable` where the disk does not take it."""
        ...

    def load(self, name: str) -> StoredModel:
        """`RefusedModel` names the file, what is wrong with it and what to do."""
        ...
