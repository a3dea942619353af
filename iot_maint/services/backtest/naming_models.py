"""Which models of the registry are meant: by id, or the newest of a status on each piece of equipment."""

from collections.abc import Mapping, Sequence
from functools import partial

from iot_maint.domain.errors import InvalidInput, UnknownThing
from iot_maint.domain.ports import Repositories
from iot_maint.domain.queries import PageRequest
from iot_maint.domain.trained_models import ModelQuery, ModelStatus, TrainedModel
from iot_maint.services.model_registry import find_model
from iot_maint.services.paging import every_item

STATUSES = tuple(status.value for status in ModelStatus)
_PAGE = 200


def models_named(repositories: Repositories, words: Sequence[str], codes: Sequence[str]) -> Mapping[str, TrainedModel]:
    """By equipment; of `codes` only, where a status is named (empty: of all).

    `UnknownThing` or `InvalidInput` name what is none, and two that are of one equipment.
    """
    chosen: dict[str, TrainedModel] = {}
    for word in words:
        for model in _named(repositories, word, codes):
            code = model.owner.subject
            other = chosen.setdefault(code, model)
            if other.id != model.id:
                raise InvalidInput("model", f"{other.id} and {model.id} are both of {code}: try one at a time")
    return dict(sorted(chosen.items()))


def _named(repositories: Repositories, word: str, codes: Sequence[str]) -> list[TrainedModel]:
    if word.isdecimal():
        model = find_model(repositories, int(word))
        if model.equipment is None:
            raise InvalidInput("model", f"{word} stands behind a fleet and scores nothing: name those of its equipment")
        return [model]
    if word not in STATUSES:
        raise UnknownThing(f"no model {word}; an id of `iot-maint models list`, or one of {', '.join(STATUSES)}")
    newest: dict[str, TrainedModel] = {}
    query = ModelQuery(status=ModelStatus(word))
    for model in every_item(partial(repositories.models.page, query), PageRequest(limit=_PAGE)):
        code = model.equipment
        if code is not None and (not codes or code in codes) and (code not in newest or newest[code].id < model.id):
            newest[code] = model
    if not newest:
        raise UnknownThing(f"there is no {word} of this equipment; `iot-maint models list` shows all")
    return list(newest.values())
