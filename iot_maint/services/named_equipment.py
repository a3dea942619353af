"""Equipment that rules name by its code, held against the register: a code that is wrong makes a rule run nowhere."""

from collections.abc import Iterator, Mapping

from iot_maint.domain.catalog import Catalog, ThresholdRule
from iot_maint.domain.equipment import Equipment
from iot_maint.services.register.columns import nearest


def misnamed_equipment(catalog: Catalog, register: Mapping[str, Equipment]) -> Iterator[str]:
    """A line for each code that a rule names in vain: `pump.x names BP-71, which …`."""
    for declared in catalog.types.values():
        for rule in declared.rules.values():
            for code in sorted(rule.equipment):
                if (problem := _problem(rule, declared.name, code, register)) is not None:
                    yield f"{rule.id} names {code}, {problem}"


def _problem(rule: ThresholdRule, type_name: str, code: str, register: Mapping[str, Equipment]) -> str | None:
    found = register.get(code)
    if found is None:
        return f"which is not in the register{nearest(code, register)}"
    if found.merged_into is not None:
        return f"which is {found.merged_into} now"
    if found.type != type_name:
        return f"which is of the type {found.type}"
    return None if rule.is_for(code, found.kind) else f"which is of the kind {found.kind}, for which it is not"
