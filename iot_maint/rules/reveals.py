"""Which fault mode a metric that is too high or too low speaks of: the one that the type's limits name."""

from collections.abc import Mapping

from iot_maint.domain.catalog import Comparison, EquipmentType
from iot_maint.domain.equipment import Equipment

_SIDES: Mapping[int, Comparison] = {1: Comparison.ABOVE, -1: Comparison.BELOW}


def revealed_fault_mode(equipment_type: EquipmentType, equipment: Equipment, metric: str, direction: int) -> str | None:
    """That of the first limit of the metric on that side, for that equipment; else of its first limit; else None.

    A metric that no limit watches speaks of nothing in particular.
    """
    rules = [
        rule
        for rule in equipment_type.rules.values()
        if rule.metric == metric and rule.is_for(equipment.code, equipment.kind)
    ]
    on_that_side = [rule for rule in rules if rule.comparison is _SIDES.get(direction)]
    for rule in (*on_that_side, *rules):
        return rule.fault_mode
    return None
