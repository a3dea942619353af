"""Which rules are tried: by id, by glob, or all; and the catalog in which only those run."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

from iot_maint.domain.catalog import RUNNING, Catalog, EquipmentType, ThresholdRule
from iot_maint.domain.equipment import Monitored
from iot_maint.domain.errors import UnknownThing
from iot_maint.domain.signals import Comparing, Composite
from iot_maint.services.rule_names import hint_at_rules

ALL = "all"
_WORD = re.compile(r"[a-z][a-z0-9_]*")


def choose_rules(catalog: Catalog, patterns: Sequence[str]) -> tuple[str, ...]:
    """Ids of the rules that the patterns name, in the catalog's order; `UnknownThing` names near ones."""
    known = [rule.id for equipment_type in catalog.types.values() for rule in equipment_type.rules.values()]
    chosen: set[str] = set()
    for pattern in patterns:
        found = known if pattern == ALL else [rule for rule in known if fnmatchcase(rule, pattern)]
        if not found:
            raise UnknownThing(f"no rule {pattern}; {hint_at_rules(pattern, known)}")
        chosen.update(found)
    return tuple(rule for rule in known if rule in chosen)


def narrow(catalog: Catalog, rules: Iterable[str]) -> Catalog:
    """The catalog in which no other rules are declared, and these as if they were promoted.

    Rules that a composite is made of run beside it, in shadow: they are not what is tried.
    """
    chosen = frozenset(rules)
    types = {name: replace(one, rules=_narrowed(one, chosen)) for name, one in catalog.types.items()}
    return replace(catalog, types=types)


def _narrowed(equipment_type: EquipmentType, chosen: frozenset[str]) -> dict[str, ThresholdRule]:
    keys = {key for key, rule in equipment_type.rules.items() if rule.id in chosen}
    needed, new = set(keys), set(keys)
    while new:
        new = {part for key in new for part in _parts(equipment_type.rules[key])} & equipment_type.rules.keys() - needed
        needed |= new
    return {key: replace(rule, shadow=key not in keys) for key, rule in equipment_type.rules.items() if key in needed}


def _parts(rule: ThresholdRule) -> frozenset[str]:
    """Keys of the rules that a composite names, among other words."""
    return frozenset(_WORD.findall(rule.signal.when)) if isinstance(rule.signal, Composite) else frozenset()


def is_tried(entry: Monitored, codes: Sequence[str], catalog: Catalog) -> bool:
    """Whether the (narrowed) catalog has a rule for the equipment, and it is among the codes (empty: all)."""
    one = entry.equipment
    declared = catalog.types.get(one.type)
    if not one.registered or one.merged_into is not None or declared is None or (codes and one.code not in codes):
        return False
    return any(rule.is_for(one.code, one.kind) for rule in declared.rules.values())


def compared_metrics(catalog: Catalog) -> frozenset[str]:
    """What the (narrowed) rules compare with that of siblings or a parent."""
    rules = (rule for one in catalog.types.values() for rule in one.rules.values())
    return frozenset(rule.metric for rule in rules if isinstance(rule.signal, Comparing))


def metrics_for(equipment_type: EquipmentType, metrics: Mapping[str, object]) -> tuple[str, ...]:
    """What the type's (narrowed) rules look at, of `metrics`; all of them where a rule may look at any."""
    rules = equipment_type.rules.values()
    if not rules:
        return ()
    if any(rule.signal is not None or rule.metric in equipment_type.derived for rule in rules):
        return tuple(metrics)
    seen = {rule.metric for rule in rules} | ({RUNNING} if any(rule.gated for rule in rules) else set())
    return tuple(metric for metric in metrics if metric in seen)
