"""What is done to trained models: one step at a time, in the caller's transaction, kept with who did it and when."""

from collections.abc import Iterator
from datetime import datetime

from iot_maint.domain.errors import Conflict, UnknownThing
from iot_maint.domain.ports import Clock, Repositories
from iot_maint.domain.trained_models import (
    ModelEvent,
    ModelEventKind,
    ModelStatus,
    TrainedModel,
)

LARGEST_ID = 2**31 - 1  # what the column holds: a database may fail on more instead of finding nothing


def find_model(repositories: Repositories, model_id: int) -> TrainedModel:
    """The model of that id; `UnknownThing` when there is none."""
    model = repositories.models.get(model_id) if model_id <= LARGEST_ID else None
    if model is None:
        raise UnknownThing(f"no model {model_id}; `iot-maint models list` shows those that there are")
    return model


def register_model(repositories: Repositories, model: TrainedModel, note: str = "") -> TrainedModel:
    """Keep a model that was just trained.  A new shadow retires the owner's earlier ones of its detector."""
    _retire_shadows_before(repositories, model)
    stored = repositories.models.add(model)
    # Adding it waits for whoever changes what is in use: one that came meanwhile is only seen now.
    _retire_shadows_before(repositories, stored)
    event = ModelEvent(kind=ModelEventKind.TRAINED, at=model.created_at, by=model.created_by, note=note)
    repositories.models.add_event(stored.id, event)
    return stored


def promote_model(
    repositories: Repositories,
    model_id: int,
    *,
    by: str,
    clock: Clock,
    note: str = "",
    replaces: int | None = None,
) -> TrainedModel:
    """Make it the owner's champion; the one before is retired.  Promoting the champion changes nothing.

    `replaces`: the champion that the caller knows of.  `Conflict` when another one stands there, or when another
    process was faster.
    """
    model = find_model(repositories, model_id)
    if model.status is ModelStatus.CHAMPION:
        return model
    before = repositories.models.champion(model.owner)
    if replaces is not None and (before is None or before.id != replaces):
        standing = f"model {before.id}" if before is not None else "none"
        raise Conflict(f"the champion of {model.owner.subject} is {standing} by now, not model {replaces}; look again")
    now = clock.now()
    if before is not None:
        _retire(repositories, before, now, by, f"model {model_id} was promoted")
    _crown(repositories, model, now)
    repositories.models.note_promotion(model_id, now, by, before.id if before is not None else None)
    event = ModelEvent(kind=ModelEventKind.PROMOTED, at=now, by=by, note=note)
    repositories.models.add_event(model_id, event)
    return find_model(repositories, model_id)


def roll_back_model(
    repositories: Repositories, model_id: int, *, by: str, clock: Clock, note: str = ""
) -> TrainedModel:
    """Put the champion before this one back in its place; that one is returned.

    Rolling back again goes one further back.  `Conflict` where this is no champion, or the first that there was.
    """
    model = find_model(repositories, model_id)
    if model.status is not ModelStatus.CHAMPION:
        champion = repositories.models.champion(model.owner)
        who = f"its champion is model {champion.id}" if champion is not None else "it has none"
        raise Conflict(
            f"model {model_id} is {model.status}: only the champion of {model.owner.subject} can be rolled back; {who}"
        )
    target = repositories.models.get(model.replaced) if model.replaced is not None else None
    if target is None:
        raise Conflict(f"no champion of {model.owner.subject} stood before model {model_id}; promote another model")
    now = clock.now()
    _retire(repositories, model, now, by, f"rolled back to model {target.id}")
    repositories.models.forget_replaced(model_id)
    _crown(repositories, target, now)
    event = ModelEvent(kind=ModelEventKind.ROLLED_BACK, at=now, by=by, note=note or f"back from model {model_id}")
    repositories.models.add_event(target.id, event)
    return find_model(repositories, target.id)


def champions_before(repositories: Repositories, champion: TrainedModel) -> Iterator[TrainedModel]:
    """Those in whose place it came, the last first: what to score with while its own file cannot be read."""
    seen = {champion.id}
    number = champion.replaced
    while number is not None and number not in seen:
        seen.add(number)
        before = repositories.models.get(number)
        if before is None:
            return
        yield before
        number = before.replaced


def _retire_shadows_before(repositories: Repositories, model: TrainedModel) -> None:
    if model.status is not ModelStatus.SHADOW:
        return
    for older in repositories.models.shadows(model.owner):
        if older.detector == model.detector and older.id != model.id:
            _retire(repositories, older, model.created_at, model.created_by, "a newer shadow stands in its place")


def _retire(repositories: Repositories, model: TrainedModel, at: datetime, by: str, why: str) -> None:
    if not repositories.models.set_status(model.id, model.status, ModelStatus.RETIRED, at):
        raise _changed_meanwhile(model)
    repositories.models.add_event(model.id, ModelEvent(kind=ModelEventKind.RETIRED, at=at, by=by, note=why))


def _crown(repositories: Repositories, model: TrainedModel, at: datetime) -> None:
    if not repositories.models.set_status(model.id, model.status, ModelStatus.CHAMPION, at):
        raise _changed_meanwhile(model)


def _changed_meanwhile(model: TrainedModel) -> Conflict:
    return Conflict(
        f"another change of the models of {model.owner.subject} was faster; nothing was changed, look again"
    )
