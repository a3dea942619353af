"""The registry of trained models, where the database itself holds the line of one champion an owner."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, RowMapping, insert, select, update
from sqlalchemy.exc import IntegrityError

from iot_maint.domain.queries import Page, PageRequest
from iot_maint.domain.trained_models import (
    ModelCard,
    ModelCheck,
    ModelEvent,
    ModelOwner,
    ModelQuery,
    ModelScope,
    ModelStatus,
    TrainedModel,
)
from iot_maint.storage.relational import pages
from iot_maint.storage.relational.rows import from_json, from_row, to_json, to_row
from iot_maint.storage.relational.statements import insert_new
from iot_maint.storage.relational.tables.models import model_checks, model_events, model_revision, models

_SORTING = pages.Sorting(
    id=models.c.id, default="-created_at", keys={"created_at": (models.c.created_at, pages.BY_TIME)}
)
_IN_USE = (ModelStatus.CHAMPION.value, ModelStatus.SHADOW.value)


class SqlModels:
    """`ModelRepository` within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def revision(self) -> int:
        """A number that grows with every change of what is in use."""
        value: int = self._connection.execute(select(model_revision.c.value)).scalar_one()
        return value

    def add(self, model: TrainedModel) -> TrainedModel:
        """Stored, with its id."""
        values = {
            **to_row(model, without=("id", "owner", "card")),
            "scope": model.owner.scope.value,
            "subject": model.owner.subject,
            "card": to_json(model.card),
        }
        if model.status.value in _IN_USE:
            self._raise_revision()
        row = self._connection.execute(insert(models).values(values).returning(*models.c)).mappings().one()
        return _model(row)

    def get(self, model_id: int) -> TrainedModel | None:
        """The model of that id."""
        row = self._connection.execute(select(models).where(models.c.id == model_id)).mappings().first()
        return None if row is None else _model(row)

    def page(self, query: ModelQuery, request: PageRequest) -> Page[TrainedModel]:
        """Sorted by `created_at`, the newest first by default."""
        filters = {
            models.c.equipment_type: query.type,
            models.c.detector: query.detector,
            models.c.status: None if query.status is None else query.status.value,
            models.c.scope: None if query.scope is None else query.scope.value,
        }
        conditions = [column == value for column, value in filters.items() if value is not None]
        if query.equipment is not None:
            conditions += [models.c.scope == ModelScope.EQUIPMENT.value, models.c.subject == query.equipment]
        rows, next_cursor = pages.read_page(self._connection, select(models).where(*conditions), _SORTING, request)
        return Page(items=[_model(row) for row in rows], next_cursor=next_cursor)

    def champion(self, owner: ModelOwner) -> TrainedModel | None:
        """The owner's champion."""
        return next(iter(self._of(owner, ModelStatus.CHAMPION)), None)

    def shadows(self, owner: ModelOwner) -> list[TrainedModel]:
        """The newest first."""
        return self._of(owner, ModelStatus.SHADOW)

    def in_use(self) -> list[TrainedModel]:
        """Every champion and every shadow, by owner; the champion first, then the newest shadow."""
        statement = (
            select(models)
            .where(models.c.status.in_(_IN_USE))
            .order_by(models.c.scope, models.c.subject, models.c.status, models.c.id.desc())
        )
        return [_model(row) for row in self._connection.execute(statement).mappings()]

    def set_status(self, model_id: int, expected: ModelStatus, status: ModelStatus, at: datetime) -> bool:
        """Compare and set; false when another process was faster, or the owner has a champion already."""
        statement = (
            update(models)
            .where(models.c.id == model_id, models.c.status == expected.value)
            .values(status=status.value, retired_at=at if status is ModelStatus.RETIRED else None)
            .returning(models.c.id)
        )
        try:
            # A savepoint, so that the conflict costs only this statement, not the transaction.
            with self._connection.begin_nested():
                changed = self._connection.execute(statement).first() is not None
        except IntegrityError:
            return False
        if changed:
            self._raise_revision()
        return changed

    def note_promotion(self, model_id: int, at: datetime, by: str, replaced: int | None) -> None:
        """When and by whom it became the champion, and in whose place."""
        values = {"promoted_at": at, "promoted_by": by, "replaced": replaced}
        self._connection.execute(update(models).where(models.c.id == model_id).values(values))

    def forget_replaced(self, model_id: int) -> None:
        """It was rolled back: should it come again, it stands in another one's place."""
        self._connection.execute(update(models).where(models.c.id == model_id).values(replaced=None))

    def note_backtest(self, model_id: int, said: str) -> None:
        """Keep what a backtest said of it, as JSON."""
        self._connection.execute(update(models).where(models.c.id == model_id).values(backtest=said))

    def add_event(self, model_id: int, event: ModelEvent) -> None:
        """Append to the model's story."""
        self._connection.execute(insert(model_events).values({**to_row(event), "model_id": model_id}))

    def events(self, model_id: int) -> list[ModelEvent]:
        """Oldest first."""
        statement = select(model_events).where(model_events.c.model_id == model_id).order_by(model_events.c.id)
        return [from_row(row, ModelEvent) for row in self._connection.execute(statement).mappings()]

    def check_of(self, equipment: str) -> ModelCheck | None:
        """The last check of the equipment's champion."""
        statement = select(model_checks).where(model_checks.c.equipment == equipment)
        row = self._connection.execute(statement).mappings().first()
        return None if row is None else from_row(row, ModelCheck)

    def checks(self) -> Sequence[ModelCheck]:
        """The last check of every champion that ever had one."""
        statement = select(model_checks).order_by(model_checks.c.equipment)
        return [from_row(row, ModelCheck) for row in self._connection.execute(statement).mappings()]

    def claim_check(self, equipment: str, seen: ModelCheck | None, at: datetime) -> bool:
        """Take the check on; false when another process did since it was `seen`."""
        if seen is None:
            values = {"equipment": equipment, "claimed_at": at, "outcome": ""}
            return insert_new(self._connection, model_checks, values, unique=("equipment",)) is not None
        statement = (
            update(model_checks)
            .where(model_checks.c.equipment == equipment, model_checks.c.claimed_at == seen.claimed_at)
            .values(claimed_at=at)
            .returning(model_checks.c.equipment)
        )
        return self._connection.execute(statement).first() is not None

    def save_check(self, check: ModelCheck) -> None:
        """What came of it."""
        values = to_row(check, without=("equipment",))
        self._connection.execute(update(model_checks).where(model_checks.c.equipment == check.equipment).values(values))

    def _of(self, owner: ModelOwner, status: ModelStatus) -> list[TrainedModel]:
        """The newest first."""
        statement = (
            select(models)
            .where(
                models.c.scope == owner.scope.value,
                models.c.subject == owner.subject,
                models.c.status == status.value,
            )
            .order_by(models.c.id.desc())
        )
        return [_model(row) for row in self._connection.execute(statement).mappings()]

    def _raise_revision(self) -> None:
        # The row stays locked to the commit: whoever reads a revision sees all changes up to it.
        self._connection.execute(update(model_revision).values(value=model_revision.c.value + 1))


def _model(row: RowMapping) -> TrainedModel:
    owner = ModelOwner(scope=ModelScope(row["scope"]), subject=row["subject"])
    return from_row(row, TrainedModel, owner=owner, card=from_json(row["card"], ModelCard))
