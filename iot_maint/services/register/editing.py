"""One piece of equipment registered or changed by hand."""

from iot_maint.domain.catalog import Catalog
from iot_maint.domain.equipment import Equipment
from iot_maint.domain.errors import Conflict, UnknownEquipment
from iot_maint.domain.ports import Repositories
from iot_maint.services.register.checks import require_sound
from iot_maint.services.register.rows import Draft, equipment_of


def register_equipment(repositories: Repositories, catalog: Catalog, draft: Draft) -> Equipment:
    """Add it; `Conflict` when the code is taken."""
    standing = repositories.equipment.get(draft.code)
    if standing is not None and not standing.registered:
        raise Conflict(f"{draft.code} is known by its telemetry; confirm it")
    new = equipment_of(draft, None)
    require_sound(repositories, catalog, new, None)
    if standing is not None or not repositories.equipment.add(new):
        raise Conflict(f"{draft.code} is registered already")
    return new


def change_equipment(repositories: Repositories, catalog: Catalog, draft: Draft) -> Equipment:
    """Change what the draft names.  Unregistered equipment must be confirmed first: its points have to follow."""
    old = repositories.equipment.get(draft.code)
    if old is None:
        raise UnknownEquipment(f"no equipment {draft.code}")
    if not old.registered:
        raise Conflict(f"{draft.code} is not registered; confirm it first")
    new = equipment_of(draft, old)
    require_sound(repositories, catalog, new, old)
    if new != old:
        repositories.equipment.update(new)
    return new
