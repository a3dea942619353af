"""Putting a source of findings into shadow, and promoting it: who, when and why is kept."""

import re

from iot_maint.domain.catalog import Catalog
from iot_maint.domain.errors import UnknownEquipment, UnknownThing
from iot_maint.domain.ports import Clock, Repositories
from iot_maint.domain.shadow import MODEL_SOURCE, ShadowChange
from iot_maint.services.rule_names import hint_at_rules

_DETECTOR = re.compile(rf"{re.escape(MODEL_SOURCE)}[a-z][a-z0-9_]*")


def switch_shadow(
    repositories: Repositories,
    catalog: Catalog,
    clock: Clock,
    source: str,
    *,
    equipment: str | None,
    shadow: bool | None,
    by: str,
    note: str = "",
) -> None:
    """From now on; `shadow` None: as it is declared.  Nothing is kept where nothing changes.

    An alarm that the source holds up in its former state is let go with the equipment's next telemetry.
    """
    types = _types_of(catalog, source)
    if equipment is not None:
        known = repositories.equipment.get(equipment)
        if known is None:
            raise UnknownEquipment(f"no equipment {equipment}")
        if types is not None and known.type not in types:
            raise UnknownThing(f"{equipment} is of the type {known.type}, which has no rule {source}")
    standing = {(one.source, one.equipment): one.shadow for one in repositories.shadows.switches()}
    old = standing.get((source, equipment))
    if old is shadow:
        return
    change = ShadowChange(
        source=source,
        equipment=equipment,
        changed_at=clock.now(),
        changed_by=by,
        old=old,
        new=shadow,
        note=note,
    )
    repositories.shadows.change(change, types)


def _types_of(catalog: Catalog, source: str) -> tuple[str, ...] | None:
    """The type of a rule; None for a model, which is for any.  `UnknownThing` for what finds nothing."""
    if _DETECTOR.fullmatch(source):
        return None
    type_name = source.partition(".")[0]
    declared = catalog.types.get(type_name)
    if declared is None or source not in {rule.id for rule in declared.rules.values()}:
        known = [rule.id for one in catalog.types.values() for rule in one.rules.values()]
        raise UnknownThing(f"no rule {source}, and no {MODEL_SOURCE}<detector>; {hint_at_rules(source, known)}")
    return (type_name,)
