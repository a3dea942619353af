"""What a detector of one piece of equipment looks at: of the type's declaration, what exists on its kind."""

from collections.abc import Sequence

from iot_maint.domain.catalog import EquipmentType
from iot_maint.models.detector import Recipe


def recipe_for(equipment_type: EquipmentType, kind: str | None) -> Recipe | None:
    """None where the type declares no detector, or nothing that it watches exists on that kind."""
    spec = equipment_type.detector
    if spec is None:
        return None

    def existing(names: Sequence[str]) -> tuple[str, ...]:
        declared = equipment_type.metrics
        return tuple(name for name in names if not declared[name].kinds or kind in declared[name].kinds)

    metrics = existing(spec.metrics)
    if not metrics:
        return None
    gate = existing((spec.gate,)) if spec.gate is not None else ()
    return Recipe(
        metrics=metrics,
        drivers=existing(spec.drivers),
        gate=gate[0] if gate else None,
        bin_s=spec.bin.total_seconds(),
    )
