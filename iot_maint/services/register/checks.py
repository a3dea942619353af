"""What makes a piece of equipment sound, whether it comes from a file or over the API."""

from collections.abc import Callable, Iterator

from iot_maint.domain.catalog import Catalog
from iot_maint.domain.equipment import Equipment
from iot_maint.domain.errors import InvalidInput
from iot_maint.domain.ports import Repositories
from iot_maint.services.register.columns import TEXTS, code_problem, nearest, parameter_problem, text_problem

_CODES = ("code", "site")
Problem = tuple[str, str]  # the field, and what is wrong with it


def find_problems(equipment: Equipment, catalog: Catalog) -> Iterator[Problem]:
    """Everything wrong with one piece of equipment by itself."""
    for name in TEXTS:
        text = getattr(equipment, name)
        reason = (code_problem(text) if name in _CODES else text_problem(text)) if text is not None else None
        if reason is not None:
            yield name, reason
    if not equipment.name:
        yield "name", "must not be empty"
    equipment_type = catalog.types.get(equipment.type)
    if equipment_type is None:
        yield "type", f"no type {equipment.type!r} in the catalog{nearest(equipment.type, catalog.types)}"
        return
    if equipment.kind is not None and equipment.kind not in equipment_type.kinds:
        kinds = ", ".join(equipment_type.kinds) or "none"
        yield "kind", f"{equipment.kind!r} is no kind of {equipment.type}; its kinds: {kinds}"
    for name, value in equipment.parameters.items():
        reason = parameter_problem(name, value, equipment_type)
        if reason is not None:
            yield name, reason


def find_change_problems(repositories: Repositories, old: Equipment, new: Equipment) -> Iterator[Problem]:
    """What may not change of equipment that is there already."""
    if old.merged_into is not None:
        yield "code", f"{old.code} was merged into {old.merged_into}; change that one"
    if not old.registered:
        if new.site != old.site:
            yield "site", f"{old.code} reports from site {old.site}, not {new.site}"
        return
    changed = [name for name in ("type", "site") if getattr(old, name) != getattr(new, name)]
    if changed and has_reported(repositories, old):
        reason = f"{old.code} has reported already; give it a new code and merge {old.code} into that"
        yield from ((name, reason) for name in changed)


def has_reported(repositories: Repositories, equipment: Equipment) -> bool:
    """Whether telemetry of it was ever seen; its type and its site are fixed from then on.

    Known from the rule states, which are saved every few seconds: a change within these seconds still passes.
    """
    return equipment.first_seen_at is not None or repositories.checkpoints.load_state(equipment.code) is not None


def find_parent_problem(equipment: Equipment, parent_of: Callable[[str], Equipment | None]) -> Problem | None:
    """Its parent must exist, and must not hang on it."""
    seen = {equipment.code}
    parent = equipment.parent
    while parent is not None:
        if parent in seen:
            return "parent", f"{equipment.code} would hang on itself by way of {equipment.parent}"
        seen.add(parent)
        above = parent_of(parent)
        if above is None:
            # A chain that breaks further up is the fault of the row up there.
            return ("parent", f"no equipment {parent}") if parent == equipment.parent else None
        parent = above.parent
    return None


def require_sound(repositories: Repositories, catalog: Catalog, new: Equipment, old: Equipment | None) -> None:
    """`InvalidInput` with the first problem of one piece of equipment, new or changed."""
    for field, reason in find_problems(new, catalog):
        raise InvalidInput(field, reason)
    if old is not None:
        for field, reason in find_change_problems(repositories, old, new):
            raise InvalidInput(field, reason)
    problem = find_parent_problem(new, repositories.equipment.get)
    if problem is not None:
        raise InvalidInput(*problem)
