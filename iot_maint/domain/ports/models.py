"""The registry of trained models, within one transaction."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from iot_maint.domain.queries import Page, PageRequest
from iot_maint.domain.trained_models import (
    ModelCheck,
    ModelEvent,
    ModelOwner,
    ModelQuery,
    ModelStatus,
    TrainedModel,
)


class ModelRepository(Protocol):
    """Models with their stories; one champion an owner, by the database."""

    def revision(self) -> int:
        """A number that grows with every change of what is in use."""
        ...

    def add(self, model: TrainedModel) -> TrainedModel:
        """Stored, with its id."""
        ...

    def get(self, model_id: int) -> TrainedModel | None: ...

    def page(self, query: ModelQuery, request: PageRequest) -> Page[TrainedModel]: ...

    def champion(self, owner: ModelOwner) -> TrainedModel | None: ...

    def shadows(self, owner: ModelOwner) -> list[TrainedModel]:
        """The newest first."""
        ...

    def in_use(self) -> list[TrainedModel]:
        """Every champion and every shadow, by owner; the champion first."""
        ...

    def set_status(self, model_id: int, expected: ModelStatus, status: ModelStatus, at: datetime) -> bool:
        """Compare and set; false when another process was faster, or the owner has a champion already."""
        ...

    def note_promotion(self, model_id: int, at: datetime, by: str, replaced: int | None) -> None:
        """When and by whom it became the champion, and in whose place; a rollback keeps what stood there."""
        ...

    def forget_replaced(self, model_id: int) -> None:
        """It was rolled back: should it come again, it stands in another one's place."""
        ...

    def note_backtest(self, model_id: int, said: str) -> None:
        """Keep what a backtest said of it, as JSON."""
        ...

    def add_event(self, model_id: int, event: ModelEvent) -> None: ...

    def events(self, model_id: int) -> list[ModelEvent]:
        """Oldest first."""
        ...

    def check_of(self, equipment: str) -> ModelCheck | None: ...

    def checks(self) -> Sequence[ModelCheck]: ...

    def claim_check(self, equipment: str, seen: ModelCheck | None, at: datetime) -> bool:
        """Take the check on; false when another process did since it was `seen`."""
        ...

    def save_check(self, check: ModelCheck) -> None:
        """What came of it."""
        ...
