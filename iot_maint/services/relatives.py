"""Who is compared with whom: siblings of one parent, and the parent, by the register."""

from collections.abc import Iterable, Mapping

from iot_maint.domain.catalog import EquipmentType
from iot_maint.domain.equipment import Equipment, EquipmentStatus, Relatives
from iot_maint.domain.signals import Comparing

Family = tuple[str, str, str, str | None]


class Families:
    """The register by site, parent, type and kind; of equipment in service alone, since no other is a measure."""

    def __init__(self, register: Iterable[Equipment]) -> None:
        self._siblings: dict[Family, list[str]] = {}
        self._sites: dict[str, str] = {}
        for one in register:
            if one.status is EquipmentStatus.IN_SERVICE and one.merged_into is None:
                self._sites[one.code] = one.site
                if one.parent is not None:
                    self._siblings.setdefault(_family(one, one.parent), []).append(one.code)

    def of(self, equipment: Equipment) -> Relatives:
        """Nobody without a parent at the same site."""
        parent = equipment.parent
        if parent is None:
            return Relatives()
        siblings = self._siblings.get(_family(equipment, parent), ())
        return Relatives(
            siblings=tuple(sorted(code for code in siblings if code != equipment.code)),
            parent=parent if self._sites.get(parent) == equipment.site else None,
        )


def compares(equipment_type: EquipmentType | None) -> bool:
    """Whether any rule of the type looks at others."""
    return equipment_type is not None and any(
        isinstance(rule.signal, Comparing) for rule in equipment_type.rules.values()
    )


def listeners(relatives: Mapping[str, Relatives]) -> Mapping[str, tuple[str, ...]]:
    """Who hears each code's messages, given the relatives of those that compare."""
    heard_by: dict[str, list[str]] = {}
    for code, own in relatives.items():
        for other in (*own.siblings, *([own.parent] if own.parent is not None else [])):
            heard_by.setdefault(other, []).append(code)
    return {other: tuple(sorted(codes)) for other, codes in heard_by.items()}


def _family(equipment: Equipment, parent: str) -> Family:
    return equipment.site, parent, equipment.type, equipment.kind
